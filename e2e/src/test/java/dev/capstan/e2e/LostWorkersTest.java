package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Workers die of what machines die of; the job ends with the same model all the same. */
@OnCluster
@Turn.Of(Turn.PROCESSORS)
class LostWorkersTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    @BeforeEach
    void writeData(Tenant tenant) {
        tenant.putBlobs();
    }

    @Test
    void aKilledProcessCostsAnAttemptAndTheModelIsTheSame(Cluster cluster, Tenant tenant) {
        tenant.apply(JobManifest.of("struck")
                .withoutGpus()
                .lasting(Undisturbed.EPOCHS)
                .file());
        cluster.killProcess(trainingWorker(tenant, "struck", 1));
        tenant.await(
                "struck",
                "restarts",
                SOON,
                job -> job.getStatus().getRestarts() != null && job.getStatus().getRestarts() == 1);
        tenant.awaitCondition("struck", Conditions.COMPLETE, "True", SOON);

        assertEquals(2, tenant.job("struck").getStatus().getAttempt());
        assertEquals(
                Undisturbed.digest(tenant),
                tenant.job("struck").getStatus().getArtifact().getDigest());
    }

    @Test
    void aJobThatLosesWorkersTooOftenFailsAndSaysSo(Cluster cluster, Tenant tenant) {
        tenant.apply(JobManifest.of("doomed")
                .withoutGpus()
                .lasting(JobManifest.LONG)
                .maxRestarts(0)
                .file());
        cluster.killProcess(trainingWorker(tenant, "doomed", 0));
        var failed = tenant.awaitCondition("doomed", Conditions.FAILED, "True", SOON);
        assertEquals("RestartsExhausted", failed.getReason());
        assertTrue(failed.getMessage().contains("maxRestarts"), failed.getMessage());
        assertEquals(
                "True",
                tenant.condition("doomed", Conditions.STALLED).orElseThrow().getStatus());
    }

    /** The pod of a rank, once the job trains and the kubelet says that the pod runs, which may be later. */
    static Pod trainingWorker(Tenant tenant, String job, int rank) {
        tenant.await(job, "trains", SOON, Tenant::trains);
        return Awaitility.await("worker " + rank + " of " + job + " runs")
                .atMost(SOON)
                .until(
                        () -> tenant.pods(job).stream()
                                .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                                .filter(pod -> Integer.toString(rank)
                                        .equals(pod.getMetadata().getLabels().get("capstan.dev/rank")))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }
}
