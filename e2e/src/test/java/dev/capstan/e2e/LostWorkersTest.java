package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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
    void aKilledWorkerIsReplacedWhileTheOthersKeepTheirStateAndTheModelIsTheSame(Cluster cluster, Tenant tenant) {
        tenant.apply(JobManifest.of("struck")
                .withoutGpus()
                .lasting(Undisturbed.EPOCHS)
                .maxRestarts(0)
                .file());
        var other = trainingWorker(tenant, "struck", 0);
        tenant.await(
                "struck", "can replace workers", SOON, job -> job.getStatus().getMembership() != null);
        cluster.killProcess(trainingWorker(tenant, "struck", 1));
        tenant.await(
                "struck",
                "works again",
                SOON,
                job -> job.getStatus().getRecovery() != null
                        && job.getStatus().getRecovery().getRecoveries() != null);
        assertEquals(
                List.of(other.getMetadata().getUid()),
                tenant.pods("struck").stream()
                        .filter(pod -> "0".equals(pod.getMetadata().getLabels().get("capstan.dev/rank")))
                        .map(pod -> pod.getMetadata().getUid())
                        .toList());
        tenant.awaitCondition("struck", Conditions.COMPLETE, "True", SOON);

        var status = tenant.job("struck").getStatus();
        assertEquals(1, status.getAttempt());
        assertEquals(0, status.getRestarts());
        assertEquals(1, status.getTerm());
        // Its peers and the operator miss it before its kubelet says what became of it, most often.
        assertEquals(1, status.getRecovery().getRestarts());
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
        killAll(cluster, tenant, "doomed");
        var failed = tenant.awaitCondition("doomed", Conditions.FAILED, "True", SOON);
        assertEquals("RestartsExhausted", failed.getReason());
        assertTrue(failed.getMessage().contains("maxRestarts"), failed.getMessage());
        assertEquals(
                "True",
                tenant.condition("doomed", Conditions.STALLED).orElseThrow().getStatus());
    }

    /** Kills all workers of a job at once, so that nobody is left who has its state. */
    static void killAll(Cluster cluster, Tenant tenant, String job) {
        int workers = tenant.job(job).getSpec().getWorkers().replicas();
        IntStream.range(0, workers).mapToObj(rank -> trainingWorker(tenant, job, rank)).toList().parallelStream()
                .forEach(cluster::killProcess);
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
