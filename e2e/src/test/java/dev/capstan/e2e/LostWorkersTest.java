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
@Turn.Of(Turn.MORE_PROCESSORS)
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
        String other;
        try (var brake = Brake.onceItTrains(tenant, "struck")) {
            other = trainingWorker(tenant, "struck", 0).getMetadata().getUid();
            tenant.await(
                    "struck",
                    "can replace workers",
                    SOON,
                    job -> job.getStatus().getMembership() != null);
            cluster.killProcess(trainingWorker(tenant, "struck", 1));
        }
        tenant.await(
                "struck",
                "works again",
                SOON,
                job -> job.getStatus().getRecovery() != null
                        && job.getStatus().getRecovery().getRecoveries() != null);
        assertEquals(
                List.of(other),
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
    void aSpareTakesRankZeroOverAndTheModelIsTheSame(Cluster cluster, Tenant tenant) {
        tenant.apply(JobManifest.of("spared")
                .withoutGpus()
                .lasting(Undisturbed.EPOCHS)
                .maxRestarts(0)
                .with("redundancy", "{spares: 1, spread: kubernetes.io/hostname}")
                .file());
        Pod other;
        try (var brake = Brake.onceItTrains(tenant, "spared")) {
            var first = trainingWorker(tenant, "spared", 0);
            other = trainingWorker(tenant, "spared", 1);
            var spare = tenant.await(
                    "spared",
                    "has a spare that is ready",
                    SOON,
                    job -> job.getStatus().getMembership() != null
                            && job.getStatus().getWorkers().getSparesReady() == 1);
            assertEquals(3, spare.getStatus().getAdmission().getPlacements().size(), "it has a place");
            cluster.killProcess(first);
        }
        tenant.await(
                "spared",
                "works again",
                SOON,
                job -> job.getStatus().getRecovery() != null
                        && job.getStatus().getRecovery().getRecoveries() != null);
        tenant.await(
                "spared",
                "has another spare",
                SOON,
                job -> tenant.pods("spared").stream()
                        .anyMatch(pod -> pod.getMetadata().getName().equals("spared-tj-1-worker-0-1")));
        assertTrue(
                tenant.pods("spared").stream()
                        .anyMatch(pod -> pod.getMetadata()
                                .getUid()
                                .equals(other.getMetadata().getUid())),
                "the other worker is the same");
        tenant.awaitCondition("spared", Conditions.COMPLETE, "True", SOON);

        var status = tenant.job("spared").getStatus();
        assertEquals(1, status.getAttempt());
        assertEquals(0, status.getRestarts());
        assertEquals(1, status.getTerm());
        assertEquals(1, status.getRecovery().getRestarts());
        assertEquals(
                List.of("spared-tj-1-worker-2-0"),
                status.getMembership().getReplaced().stream()
                        .filter(seat -> Integer.valueOf(0).equals(seat.getHolds()))
                        .map(seat -> "spared-tj-1-worker-%d-%d".formatted(seat.getRank(), seat.getIncarnation()))
                        .toList());
        assertEquals(Undisturbed.digest(tenant), status.getArtifact().getDigest());
        Awaitility.await("the spare ends with the job")
                .atMost(SOON)
                .until(() -> tenant.pods("spared").stream()
                        .noneMatch(pod -> "Running".equals(pod.getStatus().getPhase())));
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
