package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of workers that are asked to stop: one alone is replaced, and all together keep their state and end. */
class LeavingTest {
    private static final int FOREVER = 1_000_000;

    @TempDir
    Path folder;

    private final Random random = new Random();

    /** As a pod that is evicted, or deleted: rank 1, and then the one that writes. */
    @Test
    void whoAloneIsAskedToStopWorksOnAndLeavesAndTheOthersGoOn() throws Exception {
        int epochs = 60;
        var undisturbed = workers(job("calm", null, epochs), 0).outcome();
        try (var workers = workers(job("asked", 120, epochs), 1)) {
            for (int rank : new int[] {1, 0}) {
                var leaver = workers.members[rank];
                assertTrue(leaver.trains());
                assertTrue(leaver.session.askToStop(), "it has a state");
                var left = leaver.end.get();
                assertEquals(Reason.Left, left.reason(), left.message());
                assertTrue(left.message().contains("has left them after step"), left.message());
                workers.replace(rank);
                assertTrue(workers.next());
                assertTrue(workers.recover(2));
            }
            var outcome = workers.outcome();
            assertEquals(undisturbed.artifact().digest(), outcome.artifact().digest());
            assertEquals(undisturbed.message(), outcome.message());
        }
    }

    /** As when the whole job is to end: all pods are told so, one a little after the other. */
    @Test
    void whenAllAreAskedToStopTheyKeepTheirStateAndEndAtTheSameStep() throws Exception {
        try (var workers = workers(job("ends", 120, FOREVER), 360)) {
            for (var each : workers.members) {
                assertTrue(each.trains());
            }
            for (var each : workers.members) {
                assertTrue(each.session.askToStop());
                Thread.sleep(random.nextInt(50));
            }
            var first = workers.members[0].end.get();
            for (var each : workers.members) {
                assertEquals(
                        Reason.Terminated,
                        each.end.get().reason(),
                        each.end.get().message());
                assertEquals(first.message(), each.end.get().message());
            }
            assertTrue(first.message().contains("; its state is kept in "), first.message());
            assertTrue(first.checkpoint().step() > 0);
        }
    }

    /** As when nodes are drained one after the other, and nobody comes in the place of those that have left. */
    @Test
    void whenAllLeaveOneAfterTheOtherTheStateIsKeptAsTheFirstOfThemLeftIt() throws Exception {
        try (var workers = workers(job("drained", 120, FOREVER), 0)) {
            for (int rank : new int[] {0, 2, 1}) {
                var each = workers.members[rank];
                assertTrue(each.trains());
                each.session.askToStop();
                assertEquals(
                        Reason.Left, each.end.get().reason(), each.end.get().message());
            }
            long kept = workers.members[0].end.get().checkpoint().step();
            for (var each : workers.members) {
                long done = each.session.board().progress().step();
                assertTrue(done - kept <= 1 && kept - done <= 1, done + " steps, and the state of " + kept);
            }
        }
    }

    /** As when the leader's node is gone, and the job is suspended before another has come. */
    @Test
    void whereTheLeaderIsLostAndAllOthersAreAskedToStopTheStateIsKept() throws Exception {
        try (var workers = workers(job("headless", 120, FOREVER), 0)) {
            while (workers.members[1].session.board().progress().step() == 0) {
                Thread.sleep(1);
            }
            workers.members[0].cutOff();
            for (int rank : new int[] {2, 1}) {
                var each = workers.members[rank];
                each.session.askToStop();
                assertEquals(
                        Reason.Left, each.end.get().reason(), each.end.get().message());
            }
            assertEquals(
                    workers.members[1].session.board().progress().step(),
                    workers.members[1].end.get().checkpoint().step());
            assertNull(workers.members[2].end.get().checkpoint());
        }
    }

    private Path job(String uid, Integer regroup, int epochs) throws Exception {
        return RecoverableJobs.write(
                folder, uid, RecoverableJobs.DROPOUT, Training.Engine.DEEPLEARNING4J, regroup, epochs);
    }

    private Workers workers(Path job, int grace) throws Exception {
        return new Workers(job, 0, 0, grace, random);
    }
}
