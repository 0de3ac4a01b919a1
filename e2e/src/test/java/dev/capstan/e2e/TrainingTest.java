package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Phase;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job is applied, a gang on several nodes trains it together, a model is left. */
@OnCluster
class TrainingTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    @BeforeEach
    void writeData(Tenant tenant) {
        tenant.putBlobs();
    }

    @Test
    void aGangOnTwoNodesLeavesAModelWithItsDigestAndAccuracyAndTheSameJobTheSameBytesAgain(
            Tenant tenant, @TempDir Path folder) throws Exception {
        tenant.create(JobManifest.of("pair"));
        tenant.create(JobManifest.of("same"));
        tenant.create(JobManifest.of("longer").epochs(JobManifest.SHORT + 1));
        tenant.awaitCondition("pair", Conditions.COMPLETE, "True", SOON);

        var job = tenant.job("pair");
        var nodes = tenant.pods("pair").stream()
                .map(pod -> pod.getSpec().getNodeName())
                .collect(Collectors.toSet());
        assertEquals(2, nodes.size(), "nodes " + nodes);
        var artifact = job.getStatus().getArtifact();
        assertEquals("pvc://data/models/pair", artifact.getUri());
        assertTrue(accuracy(job) > 0.9, "accuracy " + artifact.getMetrics());

        var model = folder.resolve("model.zip");
        tenant.get("models/pair/model.zip", model);
        assertEquals(artifact.getSizeBytes(), Files.size(model));
        assertEquals(artifact.getDigest(), digest(model));

        tenant.awaitCondition("same", Conditions.COMPLETE, "True", SOON);
        tenant.awaitCondition("longer", Conditions.COMPLETE, "True", SOON);
        assertEquals(artifact.getDigest(), digestOf(tenant, "same"));
        assertNotEquals(artifact.getDigest(), digestOf(tenant, "longer"));
    }

    @Test
    @Turn.Of(Turn.MORE_PROCESSORS)
    void aPersonCanFollowAJobWhichStaysFinishedAndADeletedOneLeavesNothing(Tenant tenant) {
        var job = JobManifest.of("watched").withoutGpus().lasting(JobManifest.HELD);
        tenant.apply(job.file());
        tenant.create(JobManifest.of("gone").withoutGpus().lasting(JobManifest.LONG));
        try (var brake = Brake.onceItTrains(tenant, "watched")) {
            // The workers' first steps may be seen before the kubelets say that all of them are ready.
            tenant.await(
                    "watched",
                    "runs, and shows progress",
                    SOON,
                    now -> Tenant.trains(now)
                            && now.getStatus().getPhase() == Phase.RUNNING
                            && "2/2".equals(now.getStatus().getWorkers().getSummary()));
            var row = tenant.kubectl("get", "tj", "watched");
            assertTrue(row.contains("PHASE") && row.contains("PROGRESS") && row.contains("LOSS"), row);
            assertTrue(row.matches("(?s).*Running +2/2 +\\d+% +\\d+\\.\\d+ +0 .*"), row);
        }
        tenant.awaitCondition("gone", Conditions.PODS_READY, "True", SOON);
        tenant.kubectl("delete", "trainingjob", "gone", "--timeout=60s");
        tenant.kubectl("wait", "tj/watched", "--for=condition=Complete", "--timeout=180s");
        // An event is told after the status that it is about is written.
        Awaitility.await("the story of the job")
                .atMost(SOON)
                .pollInterval(Duration.ofSeconds(1))
                .until(
                        () -> tenant.kubectl("describe", "tj", "watched"),
                        story -> Stream.of("Admitted", "Started", "Completed").allMatch(story::contains));
        assertTrue(tenant.kubectl("explain", "tj.spec.training").contains("batchSize"));
        staysFinished(tenant, job);
        tenant.awaitNothing("capstan.dev/job=gone", Duration.ofMinutes(2));
    }

    private static void staysFinished(Tenant tenant, JobManifest job) {
        var before = tenant.job(job.name()).getStatus();
        for (Pod pod : tenant.pods(job.name())) {
            tenant.delete(pod);
        }
        tenant.apply(job.file());
        tenant.always(
                "no pod again",
                Duration.ofSeconds(10),
                () -> tenant.pods(job.name()).stream()
                        .noneMatch(pod -> pod.getMetadata().getDeletionTimestamp() == null));
        var after = tenant.job(job.name()).getStatus();
        assertEquals(before.getAttempt(), after.getAttempt());
        assertEquals(before.getArtifact().getDigest(), after.getArtifact().getDigest());
    }

    private static String digestOf(Tenant tenant, String job) {
        return tenant.job(job).getStatus().getArtifact().getDigest();
    }

    static double accuracy(TrainingJob job) {
        return Double.parseDouble(job.getStatus().getArtifact().getMetrics().get("accuracy"));
    }

    private static String digest(Path file) throws Exception {
        return "sha256:"
                + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
