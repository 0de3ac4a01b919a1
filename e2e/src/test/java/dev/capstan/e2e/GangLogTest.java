package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What random faults and the recovery's benchmark read off the workers' logs. */
class GangLogTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final GangLog log = new GangLog();

    private static Instant at(double seconds) {
        return START.plusMillis(Math.round(seconds * 1000));
    }

    /** A line that its worker wrote at a time, and that was read a second later. */
    private void says(String process, double seconds, String text) {
        log.add(process, "%s stdout F %s INFO Some - %s".formatted(at(seconds + 1), at(seconds), text));
    }

    /** Rank 0 lives, rank 1 is killed at 3 s in its fourth step, another comes. */
    private void oneIsReplaced() {
        for (int step = 1; step <= 3; step++) {
            says("old-0.0", step * 0.9, "step " + step + " is done");
            says("old-1.0", step * 0.9, "step " + step + " is done");
        }
        says("old-0.0", 3.2, "rank 1 (a:29400) is lost; another term is waited for");
        says("new-1.0", 5.0, "rank 1 of 2, attempt 1 of job a/b, HTTP on port 8080");
        says("old-0.0", 6.0, "term 2: [Member[pod=a, address=b]]");
        says("old-0.0", 6.5, "all ranks are there again in term 2, after 3.3 s");
        says("new-1.0", 6.6, "all ranks are there again in term 2, after 0.5 s");
        says("new-1.0", 6.8, "step 4 is done");
        says("old-0.0", 6.9, "step 4 is done");
    }

    @Test
    void theNextStepIsTheFirstThatAWholeGangHasDone() {
        says("old-0.0", 0.1, "step 0 is done");
        assertFalse(log.next(at(3)).isPresent());
        oneIsReplaced();
        assertEquals(Optional.of(new GangLog.Next(at(6.8), 4)), log.next(at(3)));
        assertEquals(0, log.lost(at(3), log.next(at(3)).orElseThrow()));
        assertEquals(Optional.of(at(3.2)), log.first(GangLog.Kind.MISSED, at(3)));
        assertEquals(Optional.of(at(5)), log.started(at(3)));
        assertEquals(4, log.step());
    }

    @Test
    void whatAKilledWorkerAloneHadDoneIsLost() {
        oneIsReplaced();
        // Its log comes late.
        says("old-1.0", 2.95, "step 4 is done");
        assertEquals(1, log.lost(at(3), log.next(at(3)).orElseThrow()));
        assertEquals(4, log.step("old-1.0", at(3)));
    }

    @Test
    void whoBeginsAnewFromACheckpointDoesStepsAgain() {
        for (int step = 1; step <= 10; step++) {
            says("old-0.0", step * 0.1, "step " + step + " is done");
        }
        says("second-0.0", 5, "goes on from a checkpoint");
        says("second-0.0", 6, "step 8 is done");
        assertEquals(3, log.lost(at(1.05), log.next(at(1.05)).orElseThrow()));
    }

    @Test
    void aFaultThatNobodyNoticedIsOverWithTheStepAfterIt() {
        says("a.0", 1, "step 1 is done");
        says("a.0", 30, "step 2 is done");
        assertFalse(log.next(at(2)).isPresent());
        assertEquals(Optional.of(new GangLog.Next(at(30), 2)), log.nextOrResumed(at(2), at(20)));
    }

    @Test
    void itIsKnownWhatAWorkerWasAt() {
        says("a.0", 1, "rank 0 of 2");
        says("a.0", 2, "step 9 is done");
        says("a.0", 3, "step 10 is done");
        says("a.0", 4, "step 11 is done");
        says("a.0", 5, "step 10 of epoch 1 is kept in pvc://a/b");
        says("a.0", 6, "step 20 is done");
        says("a.0", 7, "epoch 1 ended: loss 0.1");
        says("a.0", 8, "step 20 of epoch 1 is kept in pvc://a/b");
        says("a.0", 9, "rank 1 is lost; another term is waited for");
        says("a.0", 10, "all ranks are there again in term 2, after 1 s");
        var moments = List.of(
                GangLog.Moment.STARTING,
                GangLog.Moment.TRAINING,
                GangLog.Moment.CHECKPOINT,
                GangLog.Moment.CHECKPOINT,
                GangLog.Moment.TRAINING,
                GangLog.Moment.VALIDATION,
                GangLog.Moment.CHECKPOINT,
                GangLog.Moment.TRAINING,
                GangLog.Moment.REFORMING,
                GangLog.Moment.TRAINING);
        for (int i = 0; i < moments.size(); i++) {
            assertEquals(moments.get(i), log.moment("a.0", at(i + 1.5), true, 10, 20), "after " + (i + 1) + " s");
        }
        assertEquals(GangLog.Moment.TRAINING, log.moment("a.0", at(3.5), false, 10, 20), "another one writes");
    }

    @Test
    void whatIsNoLineOfAContainerIsPassedOver() throws InterruptedException {
        log.add("a.0", "tail: cannot open file");
        assertEquals(Optional.empty(), log.started(START));
        assertFalse(log.await(Duration.ofMillis(1), () -> log.step() > 0));
    }
}
