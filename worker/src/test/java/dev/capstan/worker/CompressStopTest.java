package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compressions as processes, which are stopped and killed. */
class CompressStopTest {
    /** Steps by the hundred, every fourth of which is kept: time to stop it in the middle. */
    private static final List<CompressionStep> LONG = List.of(
            Compressions.prune(Prune.Granularity.UNIT, 50, Fixtures.training(40, 32, Fixtures.ADAM, 3)),
            Compressions.INT8);

    @TempDir
    Path folder;

    private WorkerProcess worker;

    @AfterEach
    void stop() {
        if (worker != null) {
            worker.close();
        }
    }

    @Test
    void whoIsAskedToStopAndThenKilledLeavesTheSameBytesInTheEnd() throws Exception {
        var place = new Compressions(folder);
        place.base();
        var undisturbed = place.run(place.job(1, 1, LONG, null)).getFirst();
        assertEquals(Reason.Succeeded, undisturbed.reason(), undisturbed.message());
        Files.move(folder.resolve("out"), folder.resolve("undisturbed"));

        start(place, 1);
        var seen = fineTuning();
        assertEquals(1, seen.compression().at().step());
        assertEquals(2, seen.compression().at().steps());
        assertNotNull(seen.compression().baseline().metric(), "what is known is told on the way");
        worker.terminate();
        var stopped = worker.outcome();
        assertEquals(Reason.Terminated, stopped.reason());
        assertTrue(
                stopped.message()
                        .matches("asked to stop, and did so after step \\d+ of epoch \\d+; its state is kept in"
                                + " pvc://models/out/checkpoints/uid-1/step-\\d+"),
                stopped.message());

        start(place, 2);
        var resumed = fineTuning();
        assertTrue(resumed.lastCheckpoint().step() >= stopped.checkpoint().step(), "it goes on from there");
        worker.kill();

        start(place, 3);
        Outcome whole = worker.outcome();
        assertEquals(Reason.Succeeded, whole.reason(), whole.message());
        assertEquals(undisturbed.artifact(), whole.artifact());
    }

    private void start(Compressions place, int attempt) throws Exception {
        worker = WorkerProcess.start(folder, Json.write(place.job(attempt, 1, LONG, null)), 0, variables());
    }

    private Map<String, String> variables() throws Exception {
        return Map.of(
                "CAPSTAN_SCRATCH", Files.createTempDirectory(folder, "scratch-").toString());
    }

    private Progress fineTuning() throws Exception {
        return worker.await(progress -> progress.stage() == Stage.TRAINING && progress.step() > 0);
    }
}
