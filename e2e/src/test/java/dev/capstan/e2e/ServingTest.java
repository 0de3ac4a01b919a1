package dev.capstan.e2e;

import static dev.capstan.e2e.Service.answersBy;
import static dev.capstan.e2e.Service.condition;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.crds.quota.GPUQuota;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trained model answers, and goes on answering whatever happens to its pods, its spec and its source. */
@OnCluster
@Turn.Of(Turn.PROCESSORS)
class ServingTest {
    private static final Duration SOON = Duration.ofMinutes(3);
    private static final String NAME = "answers";
    private static final String PATH = "/v2/models/" + NAME + "/infer";
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
        var samples = Samples.ofBlobs(folder.resolve("test/points.csv"), SAMPLES);
        var service = new Service(cluster, tenant, NAME);

        // Applied together, the service first: it waits for its model.
        tenant.apply(Files.writeString(
                folder.resolve("both.yaml"), SERVICE + "---\n" + job("first", 7).yaml()));
        var waiting = service.awaitReason(Conditions.MODEL_READY, Reasons.WAITING_FOR_MODEL);
        assertTrue(waiting.getMessage().contains("first"), waiting.getMessage());
        var first = service.await("both replicas answer", answersBy(2));
        assertEquals(tenant.job("first").getStatus().getArtifact().getDigest(), first.getDigest());
        assertEquals("True", condition(first, Conditions.MODEL_READY).getStatus());
        var line = tenant.kubectl("get", "infsvc", NAME);
        assertTrue(line.contains("2/2"), line);
        // Kubelets ask whether they are ready when they are, and have nothing to warn of.
        var warnings = tenant.kubectl(
                "get", "events", "--field-selector", "reason=Unhealthy", "-o", "jsonpath={.items[*].message}");
        assertFalse(warnings.contains("statuscode"), warnings);

        var answers = Inference.rest(cluster, service.replica(), NAME, samples.rows());
        assertTrue(samples.accuracy(answers) > 0.9, samples.accuracy(answers) + " by REST");
        assertArrayEquals(answers, Inference.grpc(cluster, service.replica(), NAME, samples.rows()));

        var host = NAME + "-infsvc." + tenant.namespace() + ".svc";
        var load = LoadPod.atHalf(tenant, host, 80, PATH, Inference.json(samples.first()), "");

        cluster.killProcess(service.replica());
        service.await(
                "the replica that was killed is back", status -> answersBy(2).test(status) && service.restarts() == 1);
        load.assertAllAnswered("a replica was killed");

        service.patch("{batching: {maxSize: 8}}");
        service.await(
                "revision 2 is rolled out",
                status -> status.getRevision() == 2 && answersBy(2).test(status));
        load.assertAllAnswered("a rollout");

        aRouterAsksAnotherReplica(service, load);
        load.assertAllAnswered("a replica was killed behind a router");

        scalesByWhatTheQuotaHas(service);
        load.assertAllAnswered("replicas came and went");

        aModelThatCantBeReadTakesNothingAway(service, folder, first.getDigest());
        load.assertAllAnswered("a model couldn't be read");

        // The second job overwrites the artifact of the first; what is served stays until the spec says otherwise.
        tenant.create(job("second", 8));
        tenant.awaitCondition("second", Conditions.COMPLETE, "True", SOON);
        service.patch("{model: {from: {uri: null, trainingJobRef: {name: second}}, digest: null}}");
        service.await("the second model is rolled out", answersOneBy(digestOf(tenant, "second")));
        var others = Inference.rest(cluster, service.replica(), NAME, samples.rows());
        assertFalse(Arrays.deepEquals(answers, others), "two models answer alike");
        service.patch("{model: {digest: \"" + first.getDigest() + "\"}}");
        service.await("the first model is rolled back to", answersOneBy(first.getDigest()));
        assertArrayEquals(answers, Inference.rest(cluster, service.replica(), NAME, samples.rows()));
        load.assertAllAnswered("a rollback");

        onlyWhoHasTheTokenIsAnsweredAndByTls(service, folder, samples.rows());

        tenant.kubectl("delete", "infsvc", NAME);
        var label = "capstan.dev/job=" + NAME;
        tenant.awaitNothing(label, SOON);
        assertEquals(
                "",
                tenant.kubectl("get", "networkpolicies,poddisruptionbudgets", "-l", label, "-o", "name")
                        .strip());
    }

    private static void onlyWhoHasTheTokenIsAnsweredAndByTls(Service service, Path folder, float[][] rows)
            throws IOException {
        var tenant = service.tenant();
        var key = folder.resolve("tls.key").toString();
        var certificate = folder.resolve("tls.crt");
        Shell.run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-noenc",
                "-subj",
                "/CN=" + NAME,
                "-addext",
                "subjectAltName=DNS:localhost",
                "-keyout",
                key,
                "-out",
                certificate.toString());
        tenant.kubectl("create", "secret", "tls", "front", "--cert=" + certificate, "--key=" + key);
        tenant.kubectl("create", "secret", "generic", "clients", "--from-literal=token=s3cret");
        service.patch("{access: {tls: {secretName: front}, token: {secretName: clients}}}");
        service.await(
                "it answers by TLS",
                status -> answersBy(1).test(status) && status.getUrl().startsWith("https://"));
        var pem = Files.readString(certificate);
        var replica = service.replica();
        assertEquals(200, Inference.byTls(service.cluster(), replica, NAME, rows, pem, "s3cret"));
        assertEquals(401, Inference.byTls(service.cluster(), replica, NAME, rows, pem, null));
    }

    /** Clients hear nothing of a replica that dies. */
    private static void aRouterAsksAnotherReplica(Service service, LoadPod load) {
        service.patch("{router: {replicas: 1, resources: {requests: {cpu: 100m, memory: 256Mi}}}}");
        service.await(
                "the router passes requests on", status -> Integer.valueOf(1).equals(status.getReadyRouters()));
        load.awaitMore();
        long before = load.again();
        int restarts = service.restarts();
        service.cluster().killProcess(service.replica());
        service.await(
                "the replica that was killed is back",
                status -> answersBy(2).test(status) && service.restarts() > restarts);
        load.awaitMore();
        assertEquals(before, load.again(), "asked again");
        service.patch("{router: null}");
        service.await("the router is gone", status -> status.getRouters() == null);
    }

    /** Five tenths of a processor: one for the load, one for each replica, and three for a job that comes first. */
    private static void scalesByWhatTheQuotaHas(Service service) {
        var tenant = service.tenant();
        service.scale(1);
        service.await("one replica is left", answersBy(1));
        var quotas = service.cluster().client().resources(GPUQuota.class).withName(tenant.namespace());
        service.cluster().client().resource("""
                        apiVersion: capstan.dev/v1alpha1
                        kind: GPUQuota
                        metadata: {name: %1$s}
                        spec:
                          namespaces: [%1$s]
                          flavors: [{name: any, resources: [{name: cpu, nominalQuota: 500m}]}]
                        """.formatted(tenant.namespace())).create();
        try {
            tenant.create(job("busy", 9).replicas(3).cpu("100m").output("pvc://data/models/busy"));
            tenant.awaitCondition("busy", Conditions.ADMITTED, "True", SOON);
            service.scale(3);
            var why = service.awaitReason(Conditions.QUOTA_RESERVED, Reasons.WAITING_FOR_QUOTA);
            assertTrue(why.getMessage().contains("cpu"), why.getMessage());
            var meanwhile = service.status();
            assertEquals(1, meanwhile.getReadyReplicas());
            assertEquals("True", condition(meanwhile, Conditions.READY).getStatus());

            tenant.kubectl("delete", "trainingjob", "busy");
            service.await("the quota has room for three", answersBy(3));
            service.scale(1);
            service.await("one replica is left", answersBy(1));
        } finally {
            quotas.withTimeout(1, TimeUnit.MINUTES).delete();
        }
    }

    private static void aModelThatCantBeReadTakesNothingAway(Service service, Path folder, String served)
            throws IOException {
        var broken = Files.writeString(folder.resolve("broken.onnx"), "no model");
        service.tenant().put("broken", broken);
        service.patch("{model: {from: {trainingJobRef: null, uri: \"pvc://data/broken/broken.onnx\"}, digest: \""
                + digestOf(broken) + "\"}}");
        var why = service.awaitReason(Conditions.ROLLOUT_PROGRESSING, Reasons.MODEL_LOAD_FAILED);
        assertEquals("False", why.getStatus());
        assertTrue(why.getMessage().contains("broken.onnx"), why.getMessage());
        var status = service.status();
        assertEquals(served, status.getDigest());
        assertEquals("True", condition(status, Conditions.STALLED).getStatus());
        assertEquals("True", condition(status, Conditions.READY).getStatus());
        assertEquals(1, status.getReadyReplicas());
    }

    private static Predicate<InferenceServiceStatus> answersOneBy(String digest) {
        return status -> digest.equals(status.getDigest()) && answersBy(1).test(status);
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

    private static String digestOf(Tenant tenant, String job) {
        return tenant.job(job).getStatus().getArtifact().getDigest();
    }

    private static String digestOf(Path file) throws IOException {
        return TinyModel.digest(Files.readAllBytes(file));
    }
}
