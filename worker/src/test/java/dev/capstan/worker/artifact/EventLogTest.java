package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.Progress.Epoch;
import dev.capstan.worker.Events;
import dev.capstan.worker.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others see of a training that goes on, on a volume; BucketOutputTest has the same of a bucket. */
class EventLogTest {
    private static final String SHOWN = ".capstan-uid-1-1-events.out.tfevents.0.capstan";

    @TempDir
    Path folder;

    static List<EndedEpoch> epochs(int first, int last) {
        return IntStream.rangeClosed(first, last)
                .mapToObj(epoch -> new EndedEpoch(new Epoch(epoch, 1.0 / epoch, null, null, null), epoch))
                .toList();
    }

    private JobFile job(String uid, int attempt) throws Exception {
        return Fixtures.job(folder, uid, attempt, 1, 1);
    }

    private Path out(String name) {
        return folder.resolve("out").resolve(name);
    }

    private static void show(OutputFolder output, List<List<EndedEpoch>> told) {
        try (var log = output.events().orElseThrow()) {
            told.forEach(log::show);
        }
    }

    @Test
    void eachEpochIsThereOnceWhoeverWritesIt() throws Exception {
        var job = job("uid-1", 1);
        var output = OutputFolder.open(job, Fixtures.NO_SCRATCH);
        show(output, List.of(epochs(1, 1), epochs(1, 2), epochs(1, 3)));
        assertEquals(List.of(1L, 2L, 3L), Events.steps(out(SHOWN)));

        // Another process of the same attempt, which has taken the state of the epoch before.
        show(output, List.of(epochs(1, 2), epochs(1, 4)));
        assertEquals(List.of(1L, 2L, 3L, 4L), Events.steps(out(SHOWN)));

        var next = OutputFolder.open(job("uid-1", 2), Fixtures.NO_SCRATCH);
        show(next, List.of(epochs(3, 5)));
        assertEquals(List.of(3L, 4L, 5L), Events.steps(Events.shown(folder.resolve("out"))));
        assertTrue(Events.of(Events.shown(folder.resolve("out"))).get(1).started(), "nothing seen before counts");
    }

    /** Two files of a folder would be one training to whoever reads them. */
    @Test
    void nothingIsShownBesideAnotherModel() throws Exception {
        new Publisher(
                        job("uid-1", 1),
                        OutputFolder.open(job("uid-1", 1), Fixtures.NO_SCRATCH),
                        OutputFolderTest.SOFTWARE,
                        Clock.systemUTC())
                .publish(OutputFolderTest.result(OutputFolderTest.network(), Fixtures.PREPROCESSING));
        var later = job("uid-2", 1);
        later = new JobFile(
                later.version(),
                later.job(),
                later.work(),
                later.checkpoints(),
                later.peers(),
                new JobFile.Output(later.output().path(), later.output().uri(), IfExists.OVERWRITE),
                later.timeouts());
        assertTrue(OutputFolder.open(later, Fixtures.NO_SCRATCH).events().isEmpty());
    }

    @Test
    void noTrainingFailsByIt() throws Exception {
        var output = OutputFolder.open(job("uid-1", 1), Fixtures.NO_SCRATCH);
        Files.createSymbolicLink(out(SHOWN), Path.of("/dev/full"));
        show(output, List.of(epochs(1, 1), epochs(1, 2)));
        Files.delete(out(SHOWN));
        show(output, List.of(epochs(1, 2)));
        assertEquals(List.of(1L, 2L), Events.steps(out(SHOWN)));
    }
}
