package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Checkpoint;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may be wished of a job in the course of its life, from the data that it checks to the end of its time. */
@OnCluster
class LifeTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    @Test
    void aSuspendedJobGivesItsPlacesUpAndGoesOnAtTheVeryStep(Cluster cluster, Tenant tenant) {
        tenant.putBlobs();
        tenant.apply(JobManifest.of("resting").lasting(JobManifest.LONG).file());
        var seen = step(tenant.await("resting", "trains", SOON, Tenant::trains));

        suspend(tenant, "resting", true);
        tenant.awaitCondition("resting", Conditions.SUSPENDED, "True", SOON);
        assertEquals(
                "True",
                tenant.condition("resting", Conditions.READY).orElseThrow().getStatus());
        var checkpoint = tenant.job("resting").getStatus().getLastCheckpoint();
        assertTrue(checkpoint.getStep() >= seen, "step " + checkpoint.getStep() + " after " + seen);
        Awaitility.await("no pod is left").atMost(SOON).until(() -> tenant.pods("resting"), List::isEmpty);
        // All GPUs of a node: there is no room for it beside workers that rest and hold their places.
        tenant.apply(JobManifest.of("guest").replicas(1).gpus(4).file());
        tenant.awaitCondition("guest", Conditions.COMPLETE, "True", SOON);

        suspend(tenant, "resting", false);
        assertGoesOn(cluster, tenant, "resting", checkpoint);
        assertEquals(0, tenant.job("resting").getStatus().getRestarts());
    }

    @Test
    @Turn.Of(Turn.MORE_PROCESSORS)
    void aCheckpointIsMadeOnRequestAnEvictedWorkerIsReplacedAndAnEvictedGangLosesNoStep(
            Cluster cluster, Tenant tenant, @TempDir Path folder) throws Exception {
        tenant.putBlobs();
        tenant.apply(JobManifest.of("moving")
                .withoutGpus()
                .lasting(JobManifest.LONG)
                // A sixth of it, a worker that is asked to end waits whether all are.
                .with("workers.terminationGracePeriodSeconds", "12")
                .file());
        tenant.await("moving", "trains", SOON, Tenant::trains);

        tenant.kubectl("annotate", "tj", "moving", "capstan.dev/checkpoint=before the upgrade");
        var asked = tenant.await(
                "moving", "has a checkpoint", SOON, job -> job.getStatus().getLastCheckpoint() != null);
        var checkpoint = asked.getStatus().getLastCheckpoint();
        assertEquals("before the upgrade", asked.getStatus().getHandledCheckpointRequest());
        var manifest = folder.resolve("manifest.json");
        tenant.get(checkpoint.getUri().replace("pvc://data/", "") + "/manifest.json", manifest);
        assertTrue(Files.size(manifest) > 0);
        var later = tenant.await(
                "moving", "trains on", SOON, job -> Tenant.trains(job) && step(job) > checkpoint.getStep());
        assertEquals(1, later.getStatus().getAttempt());

        cluster.evict(LostWorkersTest.trainingWorker(tenant, "moving", 1));
        var moved = tenant.await(
                "moving",
                "goes on with another worker",
                SOON,
                job -> job.getStatus().getRecovery() != null
                        && job.getStatus().getRecovery().getRecoveries() != null);
        assertEquals(1, moved.getStatus().getAttempt());
        assertEquals(Map.of("Evicted", 1), moved.getStatus().getRecovery().getRestartsByCause());

        var all = Stream.of(0, 1)
                .map(rank -> LostWorkersTest.trainingWorker(tenant, "moving", rank))
                .toList();
        all.forEach(cluster::evict);
        var kept = tenant.await(
                        "moving",
                        "is in its second attempt and knows the last step of the first",
                        SOON,
                        job -> job.getStatus().getAttempt() == 2
                                && job.getStatus().getLastCheckpoint().getStep() >= step(moved))
                .getStatus()
                .getLastCheckpoint();
        assertGoesOn(cluster, tenant, "moving", kept);
        assertEquals(1, tenant.job("moving").getStatus().getRestarts());
        assertEquals(0, tenant.job("moving").getStatus().getCrashes());
    }

    @Test
    @Turn.Of(Turn.MORE_PROCESSORS)
    void aJobGoesOnFromTheModelOfAnotherThatWasAppliedWithIt(Tenant tenant, @TempDir Path folder) throws Exception {
        tenant.putBlobs();
        var later = single("later").with("model", "{from: {trainingJobRef: {name: earlier}}}");
        var both = Files.writeString(
                folder.resolve("both.yaml"),
                later.yaml() + "\n---\n" + single("earlier").yaml());
        tenant.apply(both);
        var waiting = tenant.awaitReason("later", Conditions.RECONCILING, Reasons.WAITING_FOR_MODEL, SOON);
        assertTrue(waiting.getMessage().contains("earlier"), waiting.getMessage());
        assertEquals(List.of(), tenant.pods("later"));

        tenant.awaitCondition("later", Conditions.COMPLETE, "True", SOON);
        var earlier = tenant.job("earlier").getStatus().getArtifact();
        var status = tenant.job("later").getStatus();
        assertEquals(earlier.getUri(), status.getModel().getUri());
        assertEquals(earlier.getDigest(), status.getModel().getDigest());
        assertNotEquals(earlier.getDigest(), status.getArtifact().getDigest());
        // Whoever begins anew with the same seed and the same data has the same accuracy after as many epochs.
        assertTrue(
                TrainingTest.accuracy(tenant.job("later")) > TrainingTest.accuracy(tenant.job("earlier")),
                status.getArtifact() + " after " + earlier);
    }

    @Test
    @Turn.Of(Turn.MORE_PROCESSORS)
    void aFinishedJobIsDeletedInTimeAndItsModelStays(Tenant tenant) {
        tenant.putBlobs();
        var job = single("brief")
                .output("pvc://data/models/kept")
                .with("output.ifExists", "Reuse")
                .with("ttlSecondsAfterFinished", "5");
        tenant.apply(job.file());
        var digest = finished(tenant, "brief").getArtifact().getDigest();
        tenant.awaitDeleted("brief");
        tenant.awaitNothing("capstan.dev/job=brief", SOON);

        tenant.apply(single("jealous").output("pvc://data/models/kept").file());
        tenant.apply(job.file());
        var reused = finished(tenant, "brief");
        assertEquals(digest, reused.getArtifact().getDigest());
        assertTrue(
                reused.getProgress() == null || reused.getProgress().getLoss() == null,
                "trained again: " + reused.getProgress());
        var failed = tenant.awaitCondition("jealous", Conditions.FAILED, "True", SOON);
        assertEquals("OutputUnavailable", failed.getReason());
        assertTrue(failed.getMessage().contains("brief") && failed.getMessage().contains("Reuse"), failed.getMessage());
    }

    @Test
    @Turn.Of(Turn.MORE_PROCESSORS)
    void aJobEndsWithItsDeadline(Tenant tenant) {
        tenant.putBlobs();
        // Nobody waits for the end.
        tenant.apply(single("late")
                .lasting(JobManifest.LONG * 10)
                .with("activeDeadlineSeconds", "3")
                .file());
        var failed = tenant.awaitCondition("late", Conditions.FAILED, "True", SOON);
        assertEquals(Reasons.DEADLINE_EXCEEDED, failed.getReason());
        assertTrue(failed.getMessage().contains("activeDeadlineSeconds"), failed.getMessage());
        assertEquals(
                "False",
                tenant.condition("late", Conditions.ADMITTED).orElseThrow().getStatus());
        Awaitility.await("no pod runs")
                .atMost(SOON)
                .until(() -> tenant.pods("late").stream().allMatch(PodWatch::ended));
    }

    @Test
    @Turn.Of(Turn.MORE_PROCESSORS)
    void dataAreCheckedBeforeAnyWorkerIsMade(Tenant tenant, @TempDir Path folder) throws Exception {
        Blobs.write(folder, 400, 100);
        tenant.put(folder);
        var bad = Files.createDirectories(folder.resolve("bad"));
        Files.writeString(bad.resolve("points.csv"), "1.0,2.0,three,4.0,0\n");
        tenant.put("bad", bad.resolve("points.csv"));

        tenant.apply(single("garbled")
                .train("pvc://data/bad")
                .with("data.checkFirst", "true")
                .file());
        tenant.apply(single("sound").with("data.checkFirst", "true").file());
        var failed = tenant.awaitCondition("garbled", Conditions.FAILED, "True", SOON);
        assertEquals("InvalidData", failed.getReason());
        assertTrue(failed.getMessage().contains("points.csv"), failed.getMessage());
        assertTrue(failed.getMessage().contains("three"), failed.getMessage());
        assertEquals(List.of("garbled-tj-1-check-0-0"), names(tenant.pods("garbled")));
        assertEquals(
                tenant.job("garbled")
                        .getStatus()
                        .getAdmission()
                        .getPlacements()
                        .getFirst()
                        .getNode(),
                tenant.pods("garbled").getFirst().getSpec().getNodeName(),
                "it is where admission gave it a place");

        tenant.awaitCondition("sound", Conditions.COMPLETE, "True", SOON);
        assertEquals(
                "True",
                tenant.condition("sound", Conditions.DATA_CHECKED).orElseThrow().getStatus());
        assertEquals(List.of("sound-tj-1-check-0-0", "sound-tj-2-worker-0-0"), names(tenant.pods("sound")));
        var status = tenant.job("sound").getStatus();
        assertEquals(1, status.getChecks());
        assertEquals(0, status.getRestarts() + status.getRollbacks());
    }

    @Test
    void onlyPeersAndTheOperatorReachAWorker(Cluster cluster, Tenant tenant) {
        tenant.putBlobs();
        var stranger = tenant.startToolbox("stranger");
        try (var secondPod = tenant.occupy("walled-tj-1-worker-1-0")) {
            // A worker listens for peers only until it has met them: this one waits for a pod that can't be made.
            tenant.apply(JobManifest.of("walled").lasting(JobManifest.LONG).file());
            var first = Awaitility.await("the first worker runs")
                    .atMost(SOON)
                    .until(
                            () -> tenant.pods("walled").stream()
                                    .filter(pod ->
                                            "Running".equals(pod.getStatus().getPhase()))
                                    .findFirst(),
                            Optional::isPresent)
                    .orElseThrow();
            try (var node = NodeShell.open(first.getSpec().getNodeName())) {
                for (var port : List.of(29400, 8080)) {
                    var address = first.getStatus().getPodIP() + " " + port;
                    // Its own node is kept away by no policy: probes come from there.
                    Awaitility.await("it listens on port " + port)
                            .atMost(SOON)
                            .until(
                                    () -> node.run("bash -c '" + connect(address) + "'"),
                                    answer -> answer.equals(List.of("open")));
                    // The network hears of a new pod a moment after the pod runs.
                    Awaitility.await("port " + port + " is closed to strangers")
                            .atMost(SOON)
                            .until(() -> reach(tenant, stranger, address), "closed"::equals);
                }
            }
            assertEquals("open", reach(tenant, stranger, "$KUBERNETES_SERVICE_HOST 443"));
        }
        // Peers reach each other, and the operator them: they train, and the status tells of it.
        tenant.await("walled", "trains", SOON, Tenant::trains);
    }

    private static String reach(Tenant tenant, String pod, String hostAndPort) {
        return tenant.kubectl("exec", pod, "--", "bash", "-c", connect(hostAndPort))
                .strip();
    }

    private static String connect(String hostAndPort) {
        return "set -- %s; timeout 3 bash -c \"</dev/tcp/$1/$2\" 2>/dev/null && echo open || echo closed"
                .formatted(hostAndPort);
    }

    /** A short job of one worker: several of them run side by side. */
    private static JobManifest single(String name) {
        return JobManifest.of(name).replicas(1).withoutGpus();
    }

    /** The status of a job that has a model; it may be deleted soon after. */
    private static TrainingJobStatus finished(Tenant tenant, String job) {
        // It may be there for a moment only.
        return tenant.watchJob(job, now -> now.getStatus().getArtifact() != null)
                .getStatus();
    }

    private static void suspend(Tenant tenant, String job, boolean value) {
        tenant.kubectl("patch", "tj", job, "--type=merge", "-p", "{\"spec\": {\"suspend\": " + value + "}}");
    }

    /**
     * The second attempt takes that very checkpoint up; {@link LostWorkersTest} shows that the same model comes of it.
     */
    private static void assertGoesOn(Cluster cluster, Tenant tenant, String job, Checkpoint checkpoint) {
        tenant.await(
                job,
                "trains again, from step " + checkpoint.getStep() + " on",
                SOON,
                now -> now.getStatus().getAttempt() == 2 && Tenant.trains(now) && step(now) >= checkpoint.getStep());
        var log = cluster.log(LostWorkersTest.trainingWorker(tenant, job, 0));
        assertTrue(log.contains("goes on from " + checkpoint.getUri() + ", after step " + checkpoint.getStep()), log);
    }

    private static long step(TrainingJob job) {
        return job.getStatus().getProgress().getStep();
    }

    private static List<String> names(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getName()).sorted().toList();
    }
}
