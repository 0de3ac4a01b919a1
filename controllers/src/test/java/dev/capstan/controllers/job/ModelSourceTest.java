package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A job that goes on from the model of another. */
class ModelSourceTest {
    private final PlanTable table = new PlanTable();
    /** The other job. */
    private final PlanTable base = new PlanTable();

    @BeforeEach
    void nameTheOther() {
        goOnFrom("base");
    }

    @Test
    void waitsForAJobThatDoesNotExist() {
        table.pass();
        assertEquals("Reconciling WaitingForModel", table.standing());
        assertEquals(
                "waits for the model of TrainingJob base, which does not exist in the namespace: create it",
                table.message());
        assertTrue(table.workload().isEmpty());
    }

    @Test
    void saysHowFarTheOtherIs() {
        table.source = Optional.of(base.job);
        table.pass();
        assertEquals("waits for the model of TrainingJob base, which is not complete: Pending", table.message());
        base.running();
        base.checkpoint(4120);
        base.pass();
        table.pass();
        assertEquals("waits for the model of TrainingJob base, which is not complete: Training, 43%", table.message());
    }

    @Test
    void saysWhyTheOtherFailed() {
        base.running();
        base.end(1, Outcome.Reason.InvalidData, "train/x.gz is truncated");
        base.pass();
        table.source = Optional.of(base.job);
        table.pass();
        assertEquals("Reconciling WaitingForModel", table.standing(), "it may be applied again");
        assertEquals(
                "waits for the model of TrainingJob base, which failed: InvalidData:"
                        + " worker 1 (pod mnist-tj-1-worker-1-0): InvalidData: train/x.gz is truncated",
                table.message());
    }

    @Test
    void goesOnFromWhatTheOtherMadeAndRemembersIt() {
        table.source = Optional.of(complete(PlanTable.digest(0)));
        table.pass();
        assertEquals("goes on from pvc://models/mnist, " + PlanTable.digest(0), table.message());
        assertTrue(table.workload().isEmpty(), "its claim has to be seen first");
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());

        table.source = Optional.of(complete(PlanTable.digest(1)));
        table.grant().pass();
        var place = new JobFile.Place("/var/capstan/volumes/models/mnist", "pvc://models/mnist", null);
        assertEquals(
                new JobFile.From(place, PlanTable.digest(0)),
                JobFiles.of(table.description(), 1, PlanTable.SETTINGS.timeouts())
                        .train()
                        .model()
                        .from());
        table.source = Optional.empty();
        table.pass();
        assertEquals(
                new JobFile.From(place, PlanTable.digest(0)),
                JobFiles.of(table.description(), 2, PlanTable.SETTINGS.timeouts())
                        .train()
                        .model()
                        .from(),
                "later attempts go on from the same bytes, though the other is gone");
    }

    @Test
    void theVolumeOfTheOthersModelIsMountedForReading() {
        table.job.getSpec().getOutput().getStorage().setUri("pvc://mine/tuned");
        table.source = Optional.of(complete(PlanTable.digest(0)));
        assertEquals(
                Map.of("datasets", true, "mine", false),
                table.description().volumes().readOnlyByClaim());
        table.pass();
        assertEquals(
                Map.of("datasets", true, "mine", false, "models", true),
                table.description().volumes().readOnlyByClaim());
    }

    @Test
    void aPlaceThatIsNoneIsSaidRatherThanMounted() {
        var other = complete(PlanTable.digest(0));
        other.getStatus().getArtifact().setUri("file:///etc/passwd");
        table.source = Optional.of(other);
        table.pass();
        assertEquals(
                "waits for the model of TrainingJob base, which is complete and doesn't say where its model lies",
                table.message());
    }

    @Test
    void aJobThatNamesItselfIsToldSo() {
        goOnFrom("mnist");
        table.source = Optional.of(table.job);
        table.pass();
        assertEquals("model.from.trainingJobRef names this job itself: delete it, and name another", table.message());
    }

    private void goOnFrom(String name) {
        table.goOnFrom(name);
    }

    private static TrainingJob complete(String digest) {
        var done = PlanTable.complete();
        done.job.getStatus().getArtifact().setDigest(digest);
        return done.job;
    }
}
