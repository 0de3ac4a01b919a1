package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.CheckpointFailed;
import static dev.capstan.controllers.plan.Notice.Reason.CheckpointRequestDropped;
import static dev.capstan.controllers.plan.Notice.Reason.Completed;
import static dev.capstan.controllers.plan.Notice.Reason.Suspended;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice.Reason;
import dev.capstan.crds.JobStatus;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Checkpoints that workers tell of, and that users ask for. */
class CheckpointRequestTest {
    private final PlanTable table = new PlanTable();

    @Test
    void theNewestCheckpointIsWrittenDown() {
        table.running();
        table.checkpoint(4000);
        table.pass();
        var last = table.job.getStatus().getLastCheckpoint();
        assertEquals(4000, last.getStep());
        assertEquals("pvc://models/mnist/checkpoints/uid-1/step-4000", last.getUri());
        assertEquals(PlanTable.digest(4000), last.getDigest());
        assertEquals("2026-01-01T00:00:00Z", last.getTime());
    }

    @Test
    void oneThatCouldNotBeWrittenIsToldOfAndTheNewestStays() {
        table.running();
        table.checkpoint(4000);
        table.pass();
        table.checkpoint(4000, "the volume is full");
        table.pass();
        table.pass();
        assertEquals("the volume is full", table.job.getStatus().getProgress().getCheckpointProblem());
        assertEquals(4000, table.job.getStatus().getLastCheckpoint().getStep());
        assertEquals("Ready Training", table.standing());
        assertEquals(CheckpointFailed, table.reasons().getLast());
        assertEquals(
                1, table.reasons().stream().filter(CheckpointFailed::equals).count(), "told once");
        table.checkpoint(6000, "x".repeat(5000));
        table.pass();
        assertEquals(
                1024, table.job.getStatus().getProgress().getCheckpointProblem().length());
        table.checkpoint(8000);
        table.pass();
        assertNull(table.job.getStatus().getProgress().getCheckpointProblem());
    }

    @Test
    void theLastWordOfTheWorkerThatWritesThemTellsOfOneToo() {
        table.running();
        table.checkpoint(4000);
        table.end(0, stopped(4100));
        table.pass();
        assertEquals(4100, table.job.getStatus().getLastCheckpoint().getStep());
    }

    @Test
    void itIsHeardAlsoWhenTheNextAttemptHasBegunAlready() {
        table.running();
        table.checkpoint(4000);
        table.delete(1);
        table.pass();
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(4000, table.job.getStatus().getLastCheckpoint().getStep());
        table.endLate(1, 0, stopped(4100));
        table.pass();
        assertEquals(4100, table.job.getStatus().getLastCheckpoint().getStep());
    }

    @Test
    void itIsKnownAlsoWhenThePodWasGoneBeforeAnybodyLooked() {
        table.running();
        table.checkpoint(4000);
        table.pass();
        table.end(0, stopped(4100));
        table.end(1, stopped(4200));
        table.pods.values().forEach(pod -> table.lastWords.hear(pod, Optional.of(table.description())));
        table.pods.clear();
        table.pass();
        assertEquals(4100, table.job.getStatus().getLastCheckpoint().getStep());
    }

    @Test
    void nothingIsKeptOfJobsThatAreGone() {
        table.running();
        table.end(0, stopped(4100));
        var pod = table.pods.get(table.name(0));
        table.lastWords.hear(pod, Optional.of(table.description()));
        assertTrue(table.lastWords.of("uid-1").isPresent());
        table.lastWords.forget("uid-1");
        assertTrue(table.lastWords.of("uid-1").isEmpty());
        var others = new LastWords("uid-2"::equals);
        others.hear(pod, Optional.empty());
        assertTrue(others.of("uid-1").isEmpty());
    }

    @Test
    void aPeerKnowsOnlyTheOneThatItStartedFrom() {
        table.running();
        table.checkpoint(4000);
        table.pass();
        table.progress = Optional.empty();
        table.end(1, stopped(3000));
        table.pass();
        assertEquals(4000, table.job.getStatus().getLastCheckpoint().getStep());
    }

    @Test
    void anAttemptThatHadToGoOnFromAnEarlierOneSaysSo() {
        table.running();
        table.checkpoint(4000);
        table.pass();
        table.checkpoint(3000);
        table.pass();
        assertEquals(3000, table.job.getStatus().getLastCheckpoint().getStep());
    }

    private static Outcome stopped(long step) {
        return new Outcome(
                Outcome.Reason.Terminated,
                "asked to stop",
                null,
                new Progress.Checkpoint(step, "pvc://models/x", "sha256:" + "1".repeat(64), "2026-01-01T00:00:00Z"));
    }

    @Test
    void itIsKeptWhenNobodyTellsOfItAnyMore() {
        table.running();
        table.checkpoint(4000);
        table.pass();
        table.delete(1);
        table.progress = Optional.empty();
        table.pass();
        assertEquals(4000, table.job.getStatus().getLastCheckpoint().getStep());
        assertNull(table.job.getStatus().getProgress());
    }

    @Test
    void whatAnotherAttemptTellsIsIgnored() {
        table.running();
        table.progress = Optional.of(new Progress(
                7,
                Progress.Stage.TRAINING,
                1,
                5,
                1,
                2,
                0.1,
                1,
                -1,
                new Progress.Checkpoint(1, "pvc://models/x", PlanTable.digest(1), "2026-01-01T00:00:00Z"),
                null));
        table.pass();
        assertNull(table.job.getStatus().getLastCheckpoint());
    }

    @Test
    void aTrainingJobIsAskedUntilItsWorkerHasDoneTheRequest() {
        table.running();
        table.ask("before the upgrade");
        assertEquals(Optional.of("before the upgrade"), table.pass().checkpoint());
        assertEquals(Optional.of("before the upgrade"), table.pass().checkpoint(), "still open");
        table.doneRequest = Optional.of("before the upgrade");
        assertEquals(Optional.empty(), table.pass().checkpoint());
        assertEquals("before the upgrade", table.job.getStatus().getHandledCheckpointRequest());
        table.doneRequest = Optional.empty();
        assertEquals(Optional.empty(), table.pass().checkpoint(), "each text once");
    }

    @Test
    void aNewTextIsANewRequest() {
        table.running();
        table.ask("one");
        table.doneRequest = Optional.of("one");
        table.pass();
        table.ask("two");
        assertEquals(Optional.of("two"), table.pass().checkpoint(), "that an older one was done says nothing");
        assertEquals("one", table.job.getStatus().getHandledCheckpointRequest());
    }

    @Test
    void aJobThatDoesNotTrainYetIsAskedWhenItDoes() {
        table.ask("now");
        assertEquals(Optional.empty(), table.pass().checkpoint());
        assertNull(table.job.getStatus().getHandledCheckpointRequest());
        table.running();
        assertEquals(Optional.of("now"), table.pass().checkpoint());
    }

    @Test
    void aRequestOutlivesALostAttempt() {
        table.running();
        table.ask("now");
        table.delete(1);
        assertEquals(Optional.empty(), table.pass().checkpoint());
        assertNull(table.job.getStatus().getHandledCheckpointRequest());
    }

    @Test
    void ofAJobThatHasEndedItIsDroppedWithAWord() {
        table.running();
        table.ask("now");
        table.succeed();
        table.pass();
        assertDropped(Completed, CheckpointRequestDropped);
        table.ask("again");
        table.pass();
        assertEquals("again", table.job.getStatus().getHandledCheckpointRequest());
    }

    @Test
    void ofAJobThatRestsItIsDroppedWithAWord() {
        table.suspend(true);
        table.ask("now");
        table.pass();
        assertDropped(Suspended, CheckpointRequestDropped);
    }

    private void assertDropped(Reason... last) {
        JobStatus status = table.job.getStatus();
        assertEquals("now", status.getHandledCheckpointRequest());
        var reasons = table.reasons();
        assertEquals(List.of(last), reasons.subList(reasons.size() - last.length, reasons.size()));
        assertFalse(table.pass().checkpoint().isPresent());
        assertEquals(reasons, table.reasons(), "told once");
    }
}
