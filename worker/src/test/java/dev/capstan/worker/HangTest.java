package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.protocol.Timeouts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers that get nowhere, and end nevertheless. */
class HangTest {
    @TempDir
    Path folder;

    private List<WorkerProcess> workers = List.of();

    @BeforeEach
    void writeData() throws Exception {
        Fixtures.writeIdx(folder.resolve("train"), Fixtures.images(61, 5));
        Fixtures.writeIdx(folder.resolve("test"), Fixtures.images(40, 6));
    }

    @AfterEach
    void stop() {
        workers.forEach(WorkerProcess::close);
    }

    /** The pipe that nobody writes into is as a file on an NFS volume whose server is away. */
    @Test
    void storageThatHangsEndsTheGangAndIsNamed() throws Exception {
        var labels = folder.resolve("test/some-labels-idx1-ubyte.gz");
        Files.delete(labels);
        assertEquals(0, new ProcessBuilder("mkfifo", labels.toString()).start().waitFor());
        workers = List.of(start(0, 1, new Timeouts(30, 1800, 4)), start(1, 1, new Timeouts(30, 1800, 4)));
        // Both wait for the same file: whoever misses it first tells the other, if that hasn't missed it, too.
        for (var worker : workers) {
            var outcome = worker.outcome();
            assertEquals(Reason.StorageUnavailable, outcome.reason(), outcome.message());
            assertTrue(
                    outcome.message()
                            .replaceFirst("^rank [01] ended: ", "")
                            .startsWith(
                                    "data.train pvc://data/train or data.test pvc://data/test hasn't answered for 4 s"),
                    outcome.message());
        }
    }

    @Test
    void aPeerThatIsFrozenIsSilent() throws Exception {
        var timeouts = new Timeouts(3, 1800, 600);
        workers = List.of(start(0, 1_000_000, timeouts), start(1, 1_000_000, timeouts));
        workers.get(0).await(progress -> progress.stage() == Stage.TRAINING && progress.step() > 0);
        workers.get(1).freeze();
        var outcome = workers.get(0).outcome();
        assertEquals(Reason.PeerLost, outcome.reason());
        assertTrue(outcome.message().contains(") sent nothing for 3 s"), outcome.message());
    }

    private JobFile job;

    private WorkerProcess start(int rank, int epochs, Timeouts timeouts) throws Exception {
        if (job == null) {
            var made = Fixtures.job(folder, "uid-1", 1, 2, epochs);
            job = new JobFile(
                    made.version(), made.job(), made.work(), made.checkpoints(), made.peers(), made.output(), timeouts);
        }
        return WorkerProcess.start(folder, Json.write(job), rank);
    }
}
