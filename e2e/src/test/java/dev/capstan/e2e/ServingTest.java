package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.crds.quota.GPUQuota;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trained model answers, and goes on answering whatever happens to its pods, its spec and its source. */
@OnCluster
@Turn.Of(Turn.PROCESSORS)
class ServingTest {
    private static final Duration SOON = Duration.ofMinutes(3);
    private static final String NAME = "answers";
    private static final int SAMPLES = 100;

    private static final String SERVICE = """
            apiVersion: capstan.dev/v1alpha1
            kind: InferenceService
            metadata: {name: answers}
            spec:
              model: {from: {trainingJobRef: {name: first}}}
              replicas: 2
              workers:
                terminationGracePeriodSeconds: 15
                resources:
                  limits: {cpu: 1, memory: 512Mi}
                  requests: {cpu: 100m, memory: 256Mi}
            """;

    @Test
    void aServiceAnswersThroughAllThatHappensToIt(Cluster cluster, Tenant tenant, @TempDir Path folder)
            throws IOException {
        Blobs.write(folder, 4000, 1000);
        tenant.put(folder);
        var samples = Samples.read(folder.resolve("test/points.csv"));

        // Applied together, the service first: it waits for its model.
        tenant.apply(Files.writeString(
                folder.resolve("both.yaml"), SERVICE + "---\n" + job("first", 7).yaml()));
        var waiting = awaitCondition(cluster, tenant, Conditions.MODEL_READY, "False");
        assertEquals(Reasons.WAITING_FOR_MODEL, waiting.getReason());
        assertTrue(waiting.getMessage().contains("first"), waiting.getMessage());
        var first = await(cluster, tenant, "both replicas answer", all(2));
        assertEquals(tenant.job("first").getStatus().getArtifact().getDigest(), first.getDigest());
        assertEquals("True", condition(first, Conditions.MODEL_READY).getStatus());
        var line = tenant.kubectl("get", "infsvc", NAME);
        assertTrue(line.contains("2/2"), line);

        var byRest = Inference.rest(cluster, replica(tenant), NAME, samples.rows());
        assertTrue(samples.accuracy(byRest) > 0.9, samples.accuracy(byRest) + " by REST");
        assertArrayEquals(byRest, Inference.grpc(cluster, replica(tenant), NAME, samples.rows()));

        var host = NAME + "-infsvc." + tenant.namespace() + ".svc";
        var load = LoadPod.start(tenant, host, 80, "/v2/models/" + NAME + "/infer", Inference.json(samples.first()));

        var killed = replica(tenant);
        cluster.killProcess(killed);
        await(
                cluster,
                tenant,
                "another pod has come for the one that was killed",
                status -> all(2).test(status)
                        && replicas(tenant).stream()
                                .noneMatch(pod -> pod.getMetadata()
                                        .getName()
                                        .equals(killed.getMetadata().getName())));
        load.assertAllAnswered("a pod was killed");

        patch(tenant, "{batching: {maxSize: 8}}");
        await(cluster, tenant, "revision 2 is rolled out", status -> status.getRevision() == 2 && all(2).test(status));
        load.assertAllAnswered("a rollout");

        scalesByWhatTheQuotaHas(cluster, tenant);
        load.assertAllAnswered("replicas came and went");

        aModelThatCantBeReadTakesNothingAway(cluster, tenant, folder, first.getDigest());
        load.assertAllAnswered("a model couldn't be read");

        // The second job overwrites the artifact of the first; what is served stays until the spec says otherwise.
        tenant.create(job("second", 8));
        tenant.awaitCondition("second", Conditions.COMPLETE, "True", SOON);
        patch(tenant, "{model: {from: {uri: null, trainingJobRef: {name: second}}, digest: null}}");
        var second = await(
                cluster,
                tenant,
                "the second model is rolled out",
                status -> !first.getDigest().equals(status.getDigest()) && all(1).test(status));
        assertEquals(tenant.job("second").getStatus().getArtifact().getDigest(), second.getDigest());
        var bySecond = Inference.rest(cluster, replica(tenant), NAME, samples.rows());
        assertFalse(Arrays.deepEquals(byRest, bySecond), "answers of two models");
        patch(tenant, "{model: {digest: \"" + first.getDigest() + "\"}}");
        await(
                cluster,
                tenant,
                "the first model is rolled back to",
                status -> first.getDigest().equals(status.getDigest()) && all(1).test(status));
        assertArrayEquals(byRest, Inference.rest(cluster, replica(tenant), NAME, samples.rows()));
        load.assertAllAnswered("a rollback");

        tenant.kubectl("delete", "infsvc", NAME);
        tenant.awaitNothing("capstan.dev/job=" + NAME, SOON);
        assertTrue(tenant.kubectl(
                        "get", "networkpolicies,poddisruptionbudgets", "-l", "capstan.dev/job=" + NAME, "-o", "name")
                .isBlank());
    }

    /** Five tenths of a processor: one for the load, one for each replica, and three for a job that comes first. */
    private static void scalesByWhatTheQuotaHas(Cluster cluster, Tenant tenant) {
        scale(tenant, 1);
        await(cluster, tenant, "one replica is left", all(1));
        cluster.client().resource("""
                        apiVersion: capstan.dev/v1alpha1
                        kind: GPUQuota
                        metadata: {name: %1$s}
                        spec:
                          namespaces: [%1$s]
                          flavors: [{name: any, resources: [{name: cpu, nominalQuota: 500m}]}]
                        """.formatted(tenant.namespace())).create();
        try {
            tenant.create(
                    job("busy", 9).replicas(3).lasting(JobManifest.LONG * 10).output("pvc://data/models/busy"));
            tenant.awaitCondition("busy", Conditions.ADMITTED, "True", SOON);
            scale(tenant, 3);
            var why = awaitReason(cluster, tenant, Conditions.QUOTA_RESERVED, Reasons.WAITING_FOR_QUOTA);
            assertTrue(why.getMessage().contains("cpu"), why.getMessage());
            var meanwhile = status(cluster, tenant);
            assertEquals(1, meanwhile.getReadyReplicas());
            assertEquals("True", condition(meanwhile, Conditions.READY).getStatus());

            tenant.kubectl("delete", "trainingjob", "busy");
            await(cluster, tenant, "the quota has room for three", all(3));
            scale(tenant, 1);
            await(cluster, tenant, "one replica is left", all(1));
        } finally {
            cluster.client()
                    .resources(GPUQuota.class)
                    .withName(tenant.namespace())
                    .withTimeout(1, TimeUnit.MINUTES)
                    .delete();
        }
    }

    private static void aModelThatCantBeReadTakesNothingAway(Cluster cluster, Tenant tenant, Path folder, String served)
            throws IOException {
        var broken = Files.writeString(folder.resolve("broken.onnx"), "no model");
        tenant.put("broken", broken);
        patch(
                tenant,
                "{model: {from: {trainingJobRef: null, uri: \"pvc://data/broken/broken.onnx\"}, digest: \"sha256:"
                        + sha256(broken) + "\"}}");
        var why = awaitReason(cluster, tenant, Conditions.ROLLOUT_PROGRESSING, Reasons.MODEL_LOAD_FAILED);
        assertEquals("False", why.getStatus());
        assertTrue(why.getMessage().contains("broken.onnx"), why.getMessage());
        var status = status(cluster, tenant);
        assertEquals(served, status.getDigest());
        assertEquals("True", condition(status, Conditions.STALLED).getStatus());
        assertEquals("True", condition(status, Conditions.READY).getStatus());
        assertEquals(1, status.getReadyReplicas());
    }

    /** One after the other into the same place, by different seeds. */
    private static JobManifest job(String name, int seed) {
        return JobManifest.of(name)
                .withoutGpus()
                .replicas(1)
                .output("pvc://data/models/same")
                .with("output.ifExists", "Overwrite")
                .with("training.seed", Integer.toString(seed));
    }

    /** Points, and the class of each. */
    private record Samples(float[][] rows, int[] labels) {
        static Samples read(Path csv) throws IOException {
            var lines = Files.readAllLines(csv).subList(0, SAMPLES);
            var rows = new float[SAMPLES][Blobs.FEATURES];
            var labels = new int[SAMPLES];
            for (int i = 0; i < SAMPLES; i++) {
                var columns = lines.get(i).split(",");
                for (int column = 0; column < Blobs.FEATURES; column++) {
                    rows[i][column] = Float.parseFloat(columns[column]);
                }
                labels[i] = Integer.parseInt(columns[Blobs.FEATURES]);
            }
            return new Samples(rows, labels);
        }

        float[][] first() {
            return new float[][] {rows[0]};
        }

        double accuracy(float[][] answers) {
            int right = 0;
            for (int i = 0; i < labels.length; i++) {
                int best = 0;
                for (int label = 1; label < answers[i].length; label++) {
                    best = answers[i][label] > answers[i][best] ? label : best;
                }
                right += best == labels[i] ? 1 : 0;
            }
            return right / (double) labels.length;
        }
    }

    /** So many replicas answer, all of one revision, and no more pods are there. */
    private static Predicate<InferenceServiceStatus> all(int replicas) {
        return status -> Integer.valueOf(replicas).equals(status.getReadyReplicas())
                && Integer.valueOf(replicas).equals(status.getReplicas())
                && Integer.valueOf(replicas).equals(status.getUpdatedReplicas())
                && status.getUpdatingRevision() == null;
    }

    private static void scale(Tenant tenant, int replicas) {
        tenant.kubectl("scale", "infsvc", NAME, "--replicas=" + replicas);
    }

    /** @param spec YAML that is laid over the spec */
    private static void patch(Tenant tenant, String spec) {
        tenant.kubectl("patch", "infsvc", NAME, "--type=merge", "--patch={spec: " + spec + "}");
    }

    private static InferenceServiceStatus status(Cluster cluster, Tenant tenant) {
        return cluster.client()
                .resources(InferenceService.class)
                .inNamespace(tenant.namespace())
                .withName(NAME)
                .get()
                .getStatus();
    }

    private static InferenceServiceStatus await(
            Cluster cluster, Tenant tenant, String what, Predicate<InferenceServiceStatus> wanted) {
        return Awaitility.await(what)
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(500))
                .ignoreException(KubernetesClientException.class)
                .until(() -> status(cluster, tenant), wanted);
    }

    private static Condition awaitCondition(Cluster cluster, Tenant tenant, String type, String status) {
        return awaitCondition(
                cluster,
                tenant,
                type,
                type + "=" + status,
                condition -> condition.getStatus().equals(status));
    }

    private static Condition awaitReason(Cluster cluster, Tenant tenant, String type, String reason) {
        return awaitCondition(
                cluster,
                tenant,
                type,
                type + " for " + reason,
                condition -> condition.getReason().equals(reason));
    }

    private static Condition awaitCondition(
            Cluster cluster, Tenant tenant, String type, String what, Predicate<Condition> wanted) {
        return condition(
                await(
                        cluster,
                        tenant,
                        what,
                        status -> find(status, type).filter(wanted).isPresent()),
                type);
    }

    private static Condition condition(InferenceServiceStatus status, String type) {
        return find(status, type).orElseThrow(() -> new AssertionError("no " + type + " in " + status.getConditions()));
    }

    private static Optional<Condition> find(InferenceServiceStatus status, String type) {
        return status.getConditions() == null
                ? Optional.empty()
                : status.getConditions().stream()
                        .filter(condition -> condition.getType().equals(type))
                        .findFirst();
    }

    private static List<Pod> replicas(Tenant tenant) {
        return tenant.pods(NAME).stream()
                .filter(pod -> "replica".equals(pod.getMetadata().getLabels().get("app.kubernetes.io/component")))
                .toList();
    }

    /** One that answers, whose time isn't over. */
    private static Pod replica(Tenant tenant) {
        return replicas(tenant).stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .filter(pod -> pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Ready")
                                && condition.getStatus().equals("True")))
                .findFirst()
                .orElseThrow();
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
