package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Phase;
import dev.capstan.crds.training.TrainingJobStatus;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Data that have changed while a job rested. */
class OtherDataTest {
    private static final String CHANGED = "data.train: pvc://datasets/mnist/train has changed since checkpoint x was"
            + " written: kubectl annotate --overwrite --namespace=team trainingjob mnist " + Contract.ACCEPT_DATA + "="
            + PlanTable.digest(7);

    private final PlanTable table = new PlanTable();

    @Test
    void theJobHoldsNothingSaysSoAndLooksAgainAfterAWhile() {
        changed();
        assertEquals("Reconciling DataChanged", table.standing());
        assertEquals(CHANGED, table.message());
        assertEquals(Phase.PENDING, table.job.getStatus().getPhase());
        assertEquals(0, table.job.getStatus().getRestarts(), "which is nobody's loss");
        assertEquals(Notice.Reason.DataChanged, table.reasons().getLast());
        table.pods.clear();
        assertEquals(Duration.ofMinutes(5), table.pass().again().orElseThrow());
        assertEquals(CHANGED, table.message(), "also while it waits");
        assertTrue(table.workload().isEmpty());
        table.later(300);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
    }

    /** It takes all places of a gang to look. */
    @Test
    void itLooksAgainMoreAndMoreSeldomUntilACheckpointIsMade() {
        var status = Optional.<JobStatus>of(new TrainingJobStatus().setAttempt(1));
        var waits = new ArrayList<Long>();
        for (int i = 0; i < 6; i++) {
            var after = Attempts.of(status, false, false).after(Attempts.End.OTHER_DATA);
            waits.add(after.backoff(Attempts.End.OTHER_DATA).toMinutes());
            after.write(status.get());
        }
        assertEquals(List.of(5L, 10L, 20L, 40L, 80L, 80L), waits);
        var went = Attempts.of(status, true, true).after(Attempts.End.OTHER_DATA);
        assertEquals(Duration.ofMinutes(5), went.backoff(Attempts.End.OTHER_DATA));
    }

    @Test
    void whoSuspendsAndResumesHasItLookAtOnce() {
        changed();
        table.pods.clear();
        table.suspend(true);
        table.pass();
        table.suspend(false);
        table.pass();
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
    }

    @Test
    void whoFollowsTheAdviceHasItGoOnAtOnceWithWhatIsThere() {
        changed();
        table.pods.clear();
        table.job.getMetadata().setAnnotations(Map.of(Contract.ACCEPT_DATA, PlanTable.digest(8)));
        table.pass();
        assertEquals("Reconciling DataChanged", table.standing(), "no other data are there than those that are named");
        table.job.getMetadata().setAnnotations(Map.of(Contract.ACCEPT_DATA, PlanTable.digest(7)));
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(
                PlanTable.digest(7),
                JobFiles.of(table.description(), 2, PlanTable.SETTINGS.timeouts())
                        .checkpoints()
                        .acceptedData());
    }

    @Test
    void aJobThatIsSuspendedMeanwhileRests() {
        changed();
        table.pods.clear();
        table.suspend(true);
        table.pass();
        assertEquals("Ready Suspended", table.standing());
    }

    private void changed() {
        table.running();
        table.end(0, Outcome.Reason.DataChanged, CHANGED);
        table.end(1, Outcome.Reason.PeerLost, "rank 0 has ended");
        table.later(10);
        table.pass();
        assertEquals(List.of(2), List.of(table.job.getStatus().getAttempt()));
    }
}
