package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.protocol.Training;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A gang whose ranks are lost at moments that are drawn, and replaced, ends with the bytes of one that nothing happened
 * to. Its workers are threads of this process; the one that is lost has its connections cut, like a node that is cut
 * off.
 */
class RecoveryTest {
    private static final int EPOCHS = Integer.getInteger("epochs", 12);
    private static final long SEED = Long.getLong("seed", System.nanoTime());

    private static final int FOREVER = 1_000_000;

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);

    static Stream<Arguments> trainings() {
        return Stream.of(
                Arguments.of(
                        "convolutions and batch normalization",
                        Training.Engine.DEEPLEARNING4J,
                        RecoverableJobs.CONVOLUTIONS),
                Arguments.of("an RecoverableJobs.LSTM", Training.Engine.DEEPLEARNING4J, RecoverableJobs.LSTM),
                Arguments.of("dropout, by LibTorch", Training.Engine.LIBTORCH, RecoverableJobs.DROPOUT));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("trainings")
    void whoeverIsLostWheneverTheModelHasTheBytesOfAnUndisturbedTraining(
            String name, Training.Engine engine, List<Layer> layers) throws Exception {
        System.out.println("-Dseed=" + SEED);
        var undisturbed = workers(job("undisturbed", layers, engine, null)).outcome();
        try (var workers = workers(job("disturbed", layers, engine, 120), 0, 3)) {
            workers.lose(List.of(0), 1);
            assertTrue(workers.recover(1));
            // What rank 0 has been given it now gives to all others; if the training isn't over already.
            if (workers.lose(List.of(1, 2), 1) && workers.recover(0) && workers.lose(List.of(0), 0)) {
                Thread.sleep(random.nextInt(100));
                workers.loseAgain(0);
                if (workers.recover(1)) {
                    workers.next();
                    System.out.println("also by a term that nobody needed: " + workers.recover(1));
                }
            }
            var outcome = workers.outcome();
            assertEquals(undisturbed.artifact().digest(), outcome.artifact().digest());
            assertEquals(undisturbed.artifact().metrics(), outcome.artifact().metrics());
            assertEquals(undisturbed.message(), outcome.message());
            // The third was never needed.
            var left = workers.spares.getFirst();
            assertEquals(Stage.STANDBY, left.session.board().progress().stage());
            assertFalse(left.session.askToStop());
            assertEquals(Reason.NotNeeded, left.end.get().reason());
        }
    }

    @Test
    void whoIsNotReplacedInTimeIsReportedAndTheStateIsKept() throws Exception {
        try (var workers = workers(job("alone", RecoverableJobs.DROPOUT, Training.Engine.DEEPLEARNING4J, 1, FOREVER))) {
            while (workers.members[0].session.board().progress().step() == 0) {
                Thread.sleep(10);
            }
            workers.members[2].cutOff();
            for (int rank : new int[] {0, 1}) {
                var outcome = workers.members[rank].end.get();
                assertEquals(Reason.PeerLost, outcome.reason());
                assertTrue(outcome.message().startsWith("rank 2 ("), outcome.message());
                assertTrue(outcome.message().contains("; the gang was not whole again within 1 s"), outcome.message());
            }
            assertTrue(workers.members[0].end.get().checkpoint().step() > 0);
        }
    }

    /** One doesn't come to the first meeting, and its substitute is lost before all have read their data. */
    @Test
    void whoIsLostBeforeTheyHaveBegunIsReplacedAsWell() throws Exception {
        var undisturbed = workers(job("all", RecoverableJobs.DROPOUT, Training.Engine.DEEPLEARNING4J, null))
                .outcome();
        try (var workers = workers(job("late", RecoverableJobs.DROPOUT, Training.Engine.DEEPLEARNING4J, 120), 1, 0)) {
            workers.take(0);
            assertTrue(workers.next());
            while (workers.members[0].session.gang().all() == null) {
                Thread.sleep(1);
            }
            workers.members[0].cutOff();
            workers.replace(0);
            assertTrue(workers.next());
            assertTrue(workers.recover(1));
            assertEquals(
                    undisturbed.artifact().digest(),
                    workers.outcome().artifact().digest());
        }
    }

    /** Rank 0 is a process here, and is killed as the kernel kills one. */
    @Test
    void aKilledProcessIsReplaced() throws Exception {
        int epochs = 2 * EPOCHS;
        var undisturbed = workers(job("whole", RecoverableJobs.DROPOUT, Training.Engine.DEEPLEARNING4J, null, epochs))
                .outcome();
        var job = job("killed", RecoverableJobs.DROPOUT, Training.Engine.DEEPLEARNING4J, 120, epochs);
        try (var first = WorkerProcess.start(folder, Files.readString(job), 0);
                var workers = workers(job, 1, 0)) {
            first.await(progress -> progress.stage().compareTo(Stage.TRAINING) >= 0);
            Thread.sleep(random.nextInt(50));
            first.kill();
            workers.take(0);
            assertTrue(workers.next());
            assertTrue(workers.recover(1));
            assertEquals(
                    undisturbed.artifact().digest(),
                    workers.outcome().artifact().digest());
        }
    }

    private Path job(String uid, List<Layer> layers, Training.Engine engine, Integer regroup) throws Exception {
        return job(uid, layers, engine, regroup, EPOCHS);
    }

    private Path job(String uid, List<Layer> layers, Training.Engine engine, Integer regroup, int epochs)
            throws Exception {
        return RecoverableJobs.write(folder, uid, layers, engine, regroup, epochs);
    }

    private Workers workers(Path job) throws Exception {
        return workers(job, 0, 0);
    }

    /** Who is cut off ends at once. */
    private Workers workers(Path job, int from, int waiting) throws Exception {
        return new Workers(job, from, waiting, 0, random);
    }
}
