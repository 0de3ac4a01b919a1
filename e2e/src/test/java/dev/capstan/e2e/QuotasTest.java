package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Placement;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaStatus;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Teams share eight GPUs on two nodes, by what the admins allow; whoever waits is told why. */
@OnCluster
class QuotasTest {
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final String RACK = "topology.kubernetes.io/rack";

    /**
     * For more than what is free. Nobody needs to have made its model: that is looked at when there is a place. Jobs
     * made within one second queue by name, so its name comes after the first job's.
     */
    private static final String COMPRESSION = """
            apiVersion: capstan.dev/v1alpha1
            kind: CompressionJob
            metadata: {name: second}
            spec:
              model: {from: {uri: "pvc://data/models/any"}}
              steps: [{prune: {granularity: Unit, sparsityPercent: 50}}]
              workers: {resources: {limits: {nvidia.com/gpu: 3, cpu: 1, memory: 1Gi}}}
              output: {storage: {uri: "pvc://data/models/second"}}
            """;

    private final List<Runnable> undo = new ArrayList<>();

    @AfterEach
    void undoAll() {
        undo.reversed().forEach(Runnable::run);
    }

    @Test
    void aTeamBorrowsWhatAnotherLeavesIdleAndThatOneGetsItBack(Cluster cluster, Tenant red) {
        red.putBlobs();
        try (var blue = Tenant.create(cluster, "blue")) {
            blue.putBlobs();
            quota(cluster, red, "nominalQuota: 4");
            quota(cluster, blue, "nominalQuota: 4");
            red.create(JobManifest.of("borrows").lasting(JobManifest.LONG * 4));
            red.awaitCondition("borrows", Conditions.ADMITTED, "True", SOON);
            var status = await(cluster, red, now -> "nvidia.com/gpu 6/4 (2 borrowed)".equals(now.getUse()));
            var use = status.getFlavors().getFirst().getResources().getFirst();
            assertEquals("2", use.getBorrowed());
            assertEquals(1, status.getAdmittedJobs());
            var table = cluster.kubectl("get", "gq", red.namespace());
            assertTrue(table.contains("nvidia.com/gpu 6/4 (2 borrowed)"), table);
            assertEquals("any", red.job("borrows").getStatus().getAdmission().getFlavor());

            blue.create(JobManifest.of("owns").gpus(2));
            var why = blue.awaitReason("owns", Conditions.ADMITTED, "WaitingForQuota", SOON);
            assertTrue(why.getMessage().contains("2 more may be used now"), why.getMessage());
            assertTrue(
                    why.getMessage().contains("place 1 of 1 in the queue of quota " + blue.namespace()),
                    why.getMessage());
            blue.create(COMPRESSION);
            var second = blue.awaitReason(CompressionJob.class, "second", Conditions.ADMITTED, "WaitingForQuota", SOON);
            assertTrue(
                    second.getMessage().contains("place 2 of 2 in the queue of quota " + blue.namespace()),
                    second.getMessage());
            blue.kubectl("delete", "compressionjob", "second");
            // As soon as the borrower has told how long it will take, so can be told when the other may start.
            blue.await(
                    "owns",
                    "is told when it may start",
                    SOON,
                    job -> admitted(job).contains("expected to start about 20"));
            assertTrue(blue.pods("owns").isEmpty());

            red.kubectl("delete", "trainingjob", "borrows");
            blue.awaitCondition("owns", Conditions.COMPLETE, "True", SOON);
        }
    }

    @Test
    void aJobThatIsMoreThanItsQuotaOrHasNoFlavorOrIsStoppedSaysSo(Cluster cluster, Tenant tenant) {
        quota(cluster, tenant, "nominalQuota: 4");
        tenant.create(JobManifest.of("giant"));
        var why = tenant.awaitReason("giant", Conditions.ADMITTED, "ExceedsMaxQuota", SOON);
        assertTrue(why.getMessage().contains("may never use more than 4 nvidia.com/gpu"), why.getMessage());

        edit(
                cluster,
                tenant,
                quota -> quota.getSpec()
                        .getFlavors()
                        .getFirst()
                        .getResources()
                        .getFirst()
                        .setName("example.com/tpu"));
        tenant.awaitReason("giant", Conditions.ADMITTED, "NoMatchingFlavor", SOON);

        stop(cluster, tenant, "Hold");
        tenant.awaitReason("giant", Conditions.ADMITTED, "QuotaStopped", SOON);
        assertTrue(tenant.pods("giant").isEmpty());
    }

    @Test
    void aGangWaitsUntilTheNamespacesOwnResourceQuotaHasEnoughForAllOfIt(Cluster cluster, Tenant tenant) {
        tenant.putBlobs();
        tenant.kubectl("create", "quota", "team", "--hard=requests.nvidia.com/gpu=5");
        // Until then nobody goes by it, the API server included.
        tenant.kubectl("wait", "quota/team", "--for=jsonpath={.status.hard}", "--timeout=60s");
        tenant.create(JobManifest.of("waits"));
        var why = tenant.awaitReason("waits", Conditions.ADMITTED, "ExceedsResourceQuota", SOON);
        assertEquals(
                "ResourceQuota team has 5 of 5 requests.nvidia.com/gpu left, and 2 workers ask for 6:"
                        + " ask for less, or have the quota raised",
                why.getMessage());
        tenant.kubectl(
                "patch",
                "resourcequota",
                "team",
                "--type=merge",
                "--patch={\"spec\": {\"hard\": {\"requests.nvidia.com/gpu\": \"6\"}}}");
        tenant.awaitCondition("waits", Conditions.COMPLETE, "True", SOON);
        assertEquals(0, tenant.job("waits").getStatus().getRollbacks());
    }

    @Test
    void aQuotaThatDrainsGetsItsPlacesBackAndTheJobGoesOnLater(Cluster cluster, Tenant tenant) {
        tenant.putBlobs();
        quota(cluster, tenant, "nominalQuota: 6");
        tenant.create(JobManifest.of("yields").lasting(JobManifest.LONG));
        tenant.await("yields", "trains", SOON, Tenant::trains);
        stop(cluster, tenant, "Drain");
        tenant.awaitReason("yields", Conditions.ADMITTED, "QuotaStopped", SOON);
        Awaitility.await("its pods are gone")
                .atMost(SOON)
                .until(() -> tenant.pods("yields").isEmpty());
        long step = tenant.job("yields").getStatus().getLastCheckpoint().getStep();
        assertTrue(step > 0);
        stop(cluster, tenant, "None");
        tenant.await(
                "yields",
                "goes on from step " + step,
                SOON,
                job -> job.getStatus().getAttempt() == 2
                        && Tenant.trains(job)
                        && job.getStatus().getProgress().getStep() >= step);
    }

    @Test
    void aGangThatHasToBeInOneRackIs(Cluster cluster, Tenant tenant) {
        tenant.putBlobs();
        for (var node : cluster.workerNodes()) {
            var name = node.getMetadata().getName();
            cluster.kubectl("label", "node", name, RACK + "=" + name, "--overwrite");
            undo.add(() -> cluster.kubectl("label", "node", name, RACK + "-"));
        }
        tenant.create(JobManifest.of("wide").with("scheduling.topology", "{required: " + RACK + "}"));
        var why = tenant.awaitReason("wide", Conditions.ADMITTED, "TopologyPlacementFailed", SOON);
        assertTrue(why.getMessage().contains("no " + RACK + " has room for more than 1"), why.getMessage());

        tenant.create(JobManifest.of("narrow").gpus(2).with("scheduling.topology", "{required: " + RACK + "}"));
        tenant.awaitCondition("narrow", Conditions.ADMITTED, "True", SOON);
        assertEquals(1, nodes(tenant.job("narrow")).size());
        tenant.awaitCondition("narrow", Conditions.COMPLETE, "True", SOON);
    }

    @Test
    @Turn.Of(Turn.PROCESSORS) // It gets no place and has no quota; those that have are all in one cohort.
    void workersOnTwoNodesCantShareAVolumeOfOne(Cluster cluster, Tenant tenant) {
        cluster.client()
                .resource(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withName("single")
                        .withNamespace(tenant.namespace())
                        .endMetadata()
                        .withNewSpec()
                        .withAccessModes("ReadWriteOnce")
                        .withNewResources()
                        .addToRequests("storage", new Quantity("1Gi"))
                        .endResources()
                        .endSpec()
                        .build())
                .create();
        tenant.create(JobManifest.of("apart").output("pvc://single/models"));
        var why = tenant.awaitReason("apart", Conditions.ADMITTED, "TopologyPlacementFailed", SOON);
        assertTrue(why.getMessage().contains("only one at a time can mount claim single"), why.getMessage());
        assertTrue(tenant.pods("apart").isEmpty());
    }

    @Test
    void whoMayEditTheNamespaceCantGoRoundTheQuota(Cluster cluster, Tenant tenant) {
        quota(cluster, tenant, "nominalQuota: 4");
        tenant.kubectl("create", "serviceaccount", "dev");
        tenant.kubectl(
                "create",
                "rolebinding",
                "dev",
                "--clusterrole=edit",
                "--serviceaccount=" + tenant.namespace() + ":dev");
        var config = new ConfigBuilder(cluster.client().getConfiguration())
                .withImpersonateUsername("system:serviceaccount:" + tenant.namespace() + ":dev")
                .build();
        try (var dev = new KubernetesClientBuilder().withConfig(config).build()) {
            var pod = "---\n{apiVersion: v1, kind: Pod, metadata: {name: greedy}, spec: %s}".formatted(greedy());
            // The policy counts from when the API server has seen the quota.
            Awaitility.await("the pod is refused")
                    .atMost(SOON)
                    .until(() -> refused(dev.resource(pod).inNamespace(tenant.namespace()))
                            .contains("GPUQuota " + tenant.namespace()));
            dev.resource(("---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: greedy}, spec: {replicas: 1,"
                                    + " selector: {matchLabels: {app: greedy}},"
                                    + " template: {metadata: {labels: {app: greedy}}, spec: %s}}}")
                            .formatted(greedy()))
                    .inNamespace(tenant.namespace())
                    .create();
            Awaitility.await("the deployment is told why it gets no pod")
                    .atMost(SOON)
                    .until(() ->
                            cluster
                                    .client()
                                    .apps()
                                    .replicaSets()
                                    .inNamespace(tenant.namespace())
                                    .list()
                                    .getItems()
                                    .stream()
                                    .flatMap(set -> set.getStatus().getConditions().stream())
                                    .anyMatch(condition ->
                                            condition.getMessage().contains("GPUQuota " + tenant.namespace())));
            assertFalse(refused(() -> dev.resources(GPUQuota.class)
                            .withName(tenant.namespace())
                            .edit(quota -> {
                                quota.getSpec().setCohort("all");
                                return quota;
                            }))
                    .isEmpty());
            assertTrue(cluster.client()
                    .pods()
                    .inNamespace(tenant.namespace())
                    .list()
                    .getItems()
                    .isEmpty());
        }
    }

    /** Why an object can't be made; empty if it can, and then it is gone again. */
    private static String refused(Resource<?> object) {
        try {
            object.create();
        } catch (KubernetesClientException e) {
            return e.getMessage();
        }
        object.delete();
        return "";
    }

    private static String refused(Executable write) {
        return assertThrows(KubernetesClientException.class, write).getMessage();
    }

    private static String greedy() {
        return "{securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}},"
                + " containers: [{name: greedy, image: nothing,"
                + " securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}},"
                + " resources: {limits: {nvidia.com/gpu: 1}}}]}";
    }

    /** A quota for a tenant's namespace, of the same name, in the cohort that all share. */
    private void quota(Cluster cluster, Tenant tenant, String amounts) {
        cluster.client().resource("""
                        apiVersion: capstan.dev/v1alpha1
                        kind: GPUQuota
                        metadata: {name: %1$s}
                        spec:
                          namespaces: [%1$s]
                          cohort: everybody
                          flavors:
                          - name: any
                            resources:
                            - {name: nvidia.com/gpu, %2$s}
                        """.formatted(tenant.namespace(), amounts)).create();
        undo.add(() -> cluster.client()
                .resources(GPUQuota.class)
                .withName(tenant.namespace())
                .withTimeout(1, TimeUnit.MINUTES)
                .delete());
    }

    private static void edit(Cluster cluster, Tenant tenant, Consumer<GPUQuota> change) {
        cluster.client().resources(GPUQuota.class).withName(tenant.namespace()).edit(quota -> {
            change.accept(quota);
            return quota;
        });
    }

    private static void stop(Cluster cluster, Tenant tenant, String policy) {
        cluster.kubectl(
                "patch",
                "gq",
                tenant.namespace(),
                "--type=merge",
                "-p",
                "{\"spec\": {\"stopPolicy\": \"" + policy + "\"}}");
    }

    private static GPUQuotaStatus await(Cluster cluster, Tenant tenant, Predicate<GPUQuotaStatus> wanted) {
        return cluster.client()
                .resources(GPUQuota.class)
                .withName(tenant.namespace())
                .waitUntilCondition(now -> now != null && wanted.test(now.getStatus()), 2, TimeUnit.MINUTES)
                .getStatus();
    }

    private static String admitted(TrainingJob job) {
        return job.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(Conditions.ADMITTED))
                .map(condition -> condition.getMessage())
                .findFirst()
                .orElse("");
    }

    private static Set<String> nodes(TrainingJob job) {
        return job.getStatus().getAdmission().getPlacements().stream()
                .map(Placement::getNode)
                .collect(Collectors.toSet());
    }
}
