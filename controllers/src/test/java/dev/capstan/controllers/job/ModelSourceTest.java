package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.lineage.ModelCycle;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.S3;
import dev.capstan.crds.training.TorchScript;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome;
import java.util.List;
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
                "waits for the model of TrainingJob base, which does not exist in the namespace: create it. If it is gone after it had succeeded, its model still lies where its output.storage said: name that place in model.from.uri",
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

    /** Before hours are spent on a module that nothing can be made of. */
    @Test
    void saysAtOnceThatATorchScriptModuleLeadsNowhere() {
        base.job
                .getSpec()
                .getModel()
                .setLayers(null)
                .setTorchScript(new TorchScript().setUri("pvc://models/module.pt"));
        table.source = Optional.of(base.job);
        table.pass();
        assertEquals("Reconciling WaitingForModel", table.standing());
        assertEquals(
                "model.from.trainingJobRef names TrainingJob base, whose model is a TorchScript module: that is neither"
                        + " compressed nor served, and a TrainingJob goes on from its file module.pt by"
                        + " model.torchScript.uri. Name a job whose model is of layers, dl4j or from",
                table.message());
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
                        + " worker 1 (pod mnist-tj-1-worker-1-0): train/x.gz is truncated",
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

    /** As the other job's output is reached, also when that job is gone. */
    @Test
    void theOthersModelInABucketIsReadAsItWasWritten() {
        var writer = new S3().setEndpoint("http://minio:9000").setSecretRef(new LocalReference().setName("writer"));
        base.job.getSpec().getOutput().getStorage().setUri("s3://models/base").setS3(writer);
        base.running();
        base.end(
                0,
                new Outcome(
                        Outcome.Reason.Succeeded,
                        "trained",
                        new Outcome.Artifact("s3://models/base", PlanTable.digest(0), 10, Map.of())));
        base.pass();
        assertEquals(
                writer.getEndpoint(), base.job.getStatus().getArtifact().getS3().getEndpoint());
        table.source = Optional.of(base.job);
        table.pass();
        assertEquals("goes on from s3://models/base, " + PlanTable.digest(0), table.message());
        table.source = Optional.empty();
        assertEquals(
                new JobFile.From(
                        new JobFile.Place(
                                null,
                                "s3://models/base",
                                new JobFile.S3("http://minio:9000", "us-east-1", "/var/capstan/secrets/writer")),
                        PlanTable.digest(0)),
                JobFiles.of(table.description(), 1, PlanTable.SETTINGS.timeouts())
                        .train()
                        .model()
                        .from());
        assertTrue(table.description().volumes().credentials().contains("writer"));
        assertTrue(table.description().references().needsLookup());
    }

    /** A worker is perhaps a tenant's own program, and calls its artifact what it likes. */
    @Test
    void aBucketThatIsNotTheOutputsIsNotRead() {
        var other = complete(PlanTable.digest(0));
        other.getStatus().getArtifact().setUri("s3://somebody/elses");
        table.source = Optional.of(other);
        table.pass();
        assertEquals(
                "waits for the model of TrainingJob base, which is complete and doesn't say where its model lies",
                table.message());
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

    @Test
    void jobsThatWaitForEachOtherAreToldSoByName() {
        var from = Map.of("mnist", "base", "base", "old", "old", "mnist");
        table.others = new Others(
                ModelCycle.of(
                        ref("mnist"),
                        job -> Optional.ofNullable(from.get(job.name())).map(ModelSourceTest::ref)),
                Optional.empty());
        table.source = Optional.of(base.job);
        table.pass();
        assertEquals("Reconciling WaitingForModel", table.standing());
        assertEquals(
                "TrainingJob mnist waits for the model of TrainingJob base, TrainingJob base for that of TrainingJob old,"
                        + " TrainingJob old for that of TrainingJob mnist: none of them can ever begin. Delete one of"
                        + " them, and apply it again with another model.from",
                table.message());
    }

    @Test
    void aLineageThatEndsOrLeadsIntoACircleOfOthersIsNone() {
        var ends = Map.of("mnist", "base");
        assertEquals(List.of(), cycle(ends));
        var others = Map.of("mnist", "a", "a", "b", "b", "a");
        assertEquals(List.of(), cycle(others));
    }

    private static List<JobRef> cycle(Map<String, String> from) {
        return ModelCycle.of(
                ref("mnist"), job -> Optional.ofNullable(from.get(job.name())).map(ModelSourceTest::ref));
    }

    private static JobRef ref(String name) {
        return new JobRef("TrainingJob", "team", name);
    }

    @Test
    void aModelThatIsThereIsNotedWhateverElseIsWaitedFor() {
        table.missingClaims.add("datasets");
        table.source = Optional.of(complete(PlanTable.digest(0)));
        table.pass();
        assertEquals("Reconciling MissingReference", table.standing());
        table.source = Optional.of(complete(PlanTable.digest(1)));
        table.pass();
        assertEquals(PlanTable.digest(1), table.job.getStatus().getModel().getDigest(), "the newest, until it queues");
        table.source = Optional.empty();
        table.missingClaims.clear();
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing(), "though the other job is gone");
        assertEquals(PlanTable.digest(1), table.job.getStatus().getModel().getDigest());
    }

    @Test
    void soItIsOfAJobThatRests() {
        table.suspend(true);
        table.source = Optional.of(complete(PlanTable.digest(0)));
        table.pass();
        table.source = Optional.empty();
        table.suspend(false);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
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
