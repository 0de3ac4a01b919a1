package dev.capstan.controllers.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.controllers.testing.GitOpsVerdict;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.quota.Flavor;
import dev.capstan.crds.quota.FlavorResource;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaSpec;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Work;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CompressionJobs on the real API server: beside the TrainingJob that they go on from, and under its quota. */
class CompressionLifeTest {
    private static final String TRAINED = "sha256:" + "0".repeat(64);

    private static ApiServer api;
    private Stage stage;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @BeforeEach
    void open() {
        stage = Stage.open(api, "compression");
        stage.node("a", 1);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void whatIsAppliedTogetherSettlesByItself() {
        submit("small", CompressionJobs.training("mnist"));
        submit("smaller", CompressionJobs.compression("small"));
        awaitWait(
                "small",
                "waits for the model of TrainingJob mnist, which does not exist in the namespace: create it. If it is gone after it had succeeded, its model still lies where its output.storage said: name that place in model.from.uri");
        stage.submit(Jobs.mnist(stage.namespace, "mnist", 1));
        var trainer = stage.awaitPod("mnist-tj-1-worker-0-0");
        stage.runs(trainer);
        awaitWait("small", "waits for the model of TrainingJob mnist, which is not complete: Training");
        stage.ends(trainer, trained());

        var pod = stage.awaitPod("small-cmj-1-worker-0-0");
        assertEquals(
                List.of("compress"), pod.getSpec().getContainers().getFirst().getArgs());
        var work = work("small-cmj-1");
        assertEquals(TRAINED, work.from().digest());
        assertEquals("/var/capstan/volumes/models/mnist", work.from().place().path());
        stage.runs(pod);
        var runs = await("small", "at work", job -> holds(job, Conditions.READY));
        assertEquals(Reasons.COMPRESSING, condition(runs, Conditions.READY).getReason());
        assertEquals(Conditions.UNKNOWN, condition(runs, Conditions.ACCEPTED).getStatus());
        assertEquals(Conditions.FALSE, condition(runs, Conditions.CALIBRATED).getStatus());
        assertEquals(Conditions.FALSE, condition(runs, Conditions.EVALUATED).getStatus());

        stage.ends(pod, CompressionJobs.accepted("small"));
        var done = await("small", "complete", job -> holds(job, Conditions.COMPLETE));
        assertEquals(Reasons.SUCCEEDED, condition(done, Conditions.COMPLETE).getReason());
        for (var type : List.of(Conditions.CALIBRATED, Conditions.EVALUATED, Conditions.ACCEPTED, Conditions.READY)) {
            assertEquals(Conditions.TRUE, condition(done, type).getStatus(), type);
        }
        assertEquals(CompressionJobs.DIGEST, done.getStatus().getArtifact().getDigest());
        var found = done.getStatus().getCompression();
        assertEquals("3.9400", found.getRatio());
        assertEquals("0.0020", found.getDrop());
        assertEquals(2, found.getSteps().size());

        stage.awaitPod("smaller-cmj-1-worker-0-0");
        assertEquals(CompressionJobs.DIGEST, work("smaller-cmj-1").from().digest());
    }

    @Test
    void aResultThatIsNotAcceptedIsAResultAndNothingIsTriedAgain() throws Exception {
        submit("small", new ModelFrom().setUri("pvc://models/base"));
        submit("smaller", CompressionJobs.compression("small"));
        var pod = stage.awaitPod("small-cmj-1-worker-0-0");
        stage.runs(pod);
        await("small", "at work", job -> holds(job, Conditions.READY));
        stage.ends(pod, CompressionJobs.notAccepted());

        var done = await("small", "complete", job -> holds(job, Conditions.COMPLETE));
        var missed = "3.9400 times smaller, 0.0600 less than acceptance.minCompressionRatio 4.0000";
        assertEquals(Reasons.NOT_ACCEPTED, condition(done, Conditions.COMPLETE).getReason());
        assertEquals(missed, condition(done, Conditions.COMPLETE).getMessage());
        assertEquals(Conditions.FALSE, condition(done, Conditions.ACCEPTED).getStatus());
        assertEquals(
                "maxDrop 0.0100: measured 0.0020; minCompressionRatio 4.0000: measured 3.9400, missed by 0.0600",
                condition(done, Conditions.ACCEPTED).getMessage());
        assertEquals(Conditions.FALSE, condition(done, Conditions.FAILED).getStatus());
        assertEquals(Conditions.FALSE, condition(done, Conditions.STALLED).getStatus());
        assertEquals(Conditions.TRUE, condition(done, Conditions.READY).getStatus());
        var verdict = GitOpsVerdict.of(List.of(done)).getFirst();
        assertEquals("Current Healthy", verdict.kstatus() + " " + verdict.argo(), verdict.message());
        assertNull(done.getStatus().getArtifact(), "nothing is published");
        assertEquals(1, done.getStatus().getAttempt());
        assertEquals(0, done.getStatus().getRestarts());

        awaitWait(
                "smaller",
                "waits for the model of CompressionJob small, which is complete without one: NotAccepted: " + missed);
        assertEquals(List.of("Queued", "Admitted", "Started", "Completed"), stage.eventReasons("small"));
    }

    @Test
    void itSharesAQueueWithTrainingJobs() {
        var quota = new GPUQuota();
        quota.setMetadata(new ObjectMetaBuilder().withName(stage.namespace).build());
        quota.setSpec(new GPUQuotaSpec()
                .setNamespaces(List.of(stage.namespace))
                .setFlavors(List.of(new Flavor()
                        .setName("all")
                        .setResources(List.of(
                                new FlavorResource().setName("nvidia.com/gpu").setNominalQuota(new Quantity("1")))))));
        quota.setStatus(null);
        stage.client.resource(quota).create();
        stage.node("b", 1);
        stage.submit(Jobs.mnist(stage.namespace, "mnist", 1));
        var trainer = stage.awaitPod("mnist-tj-1-worker-0-0");
        submit("small", new ModelFrom().setUri("pvc://models/base"));
        var waits = await(
                "small",
                "queued",
                job -> Reasons.WAITING_FOR_QUOTA.equals(
                        condition(job, Conditions.RECONCILING).getReason()));
        assertTrue(
                condition(waits, Conditions.RECONCILING).getMessage().contains("nvidia.com/gpu"),
                condition(waits, Conditions.RECONCILING).getMessage());
        stage.runs(trainer);
        stage.await("mnist", Conditions.READY);
        stage.ends(trainer, trained());
        stage.awaitPod("small-cmj-1-worker-0-0");
    }

    @Test
    void whoWritesAnotherJobsOutputHasItsTurnAfterItAndHoldsNothingBefore() {
        stage.node("b", 1);
        stage.submit(Jobs.mnist(stage.namespace, "mnist", 1));
        var trainer = stage.awaitPod("mnist-tj-1-worker-0-0");
        var job = CompressionJobs.job(stage.namespace, "small", new ModelFrom().setUri("pvc://models/base"));
        job.getSpec().getWorkers().setNodeSelector(Map.of("stage", stage.namespace));
        job.getSpec().getOutput().getStorage().setUri("pvc://models/mnist");
        stage.client.resource(job).create();
        var waits = await(
                "small",
                "waiting for its turn",
                now -> Reasons.OUTPUT_IN_USE.equals(
                        condition(now, Conditions.RECONCILING).getReason()));
        assertTrue(
                condition(waits, Conditions.RECONCILING)
                        .getMessage()
                        .startsWith("output.storage pvc://models/mnist is written by TrainingJob " + stage.namespace
                                + "/mnist, which is not finished"),
                condition(waits, Conditions.RECONCILING).getMessage());
        assertNull(waits.getStatus().getAdmission());
        stage.runs(trainer);
        stage.ends(trainer, trained());
        stage.awaitPod("small-cmj-1-worker-0-0");
    }

    private void submit(String name, ModelFrom from) {
        var job = CompressionJobs.job(stage.namespace, name, from);
        job.getSpec().getWorkers().setNodeSelector(Map.of("stage", stage.namespace));
        stage.client.resource(job).create();
    }

    private static Outcome trained() {
        return new Outcome(
                Outcome.Reason.Succeeded,
                "done",
                new Outcome.Artifact("pvc://models/mnist", TRAINED, 407_056, Map.of("accuracy", 0.9761)));
    }

    private Work.Compress work(String configMap) {
        var file = stage.client
                .configMaps()
                .inNamespace(stage.namespace)
                .withName(configMap)
                .get()
                .getData()
                .get("job.json");
        return assertInstanceOf(
                Work.Compress.class, Json.read(file, JobFile.class).work());
    }

    private void awaitWait(String name, String message) {
        await(
                name,
                message,
                job -> message.equals(condition(job, Conditions.RECONCILING).getMessage()));
    }

    private CompressionJob await(String name, String what, Predicate<CompressionJob> is) {
        var jobs = stage.client
                .resources(CompressionJob.class)
                .inNamespace(stage.namespace)
                .withName(name);
        try {
            return jobs.waitUntilCondition(
                    job -> job != null
                            && job.getStatus() != null
                            && job.getStatus().getConditions() != null
                            && is.test(job),
                    30,
                    TimeUnit.SECONDS);
        } catch (RuntimeException e) {
            throw new AssertionError("not " + what + ": " + jobs.get().getStatus(), e);
        }
    }

    private static boolean holds(CompressionJob job, String type) {
        return ConditionSet.holds(job.getStatus().getConditions(), type);
    }

    private static Condition condition(CompressionJob job, String type) {
        return ConditionSet.find(job.getStatus().getConditions(), type).orElseThrow();
    }
}
