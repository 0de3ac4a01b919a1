package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Phase;
import dev.capstan.crds.training.TrainingJob;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps pods from running is said while it does, in the words of those who know, and holds no place for long. */
@OnCluster
@Turn.Of(Turn.PROCESSORS)
class StuckPodsTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    /** All at once: each waits most of the time. */
    @Test
    void whatKubeletsAndProvisionersSayIsInTheCondition(Cluster cluster, Tenant tenant) {
        var namespace = tenant.namespace();
        var webhook = mutations(tenant);
        // The API server looks for new policies once a second: data take longer to come.
        cluster.client().resourceList(webhook).create();
        try {
            Blobs.write(folder, 400, 100);
            tenant.put(folder);
            tenant.create("""
                    apiVersion: v1
                    kind: PersistentVolumeClaim
                    metadata: {name: later}
                    spec: {accessModes: [ReadWriteMany], storageClassName: %s, resources: {requests: {storage: 1Gi}}}
                    """.formatted(namespace));
            tenant.create(job("unclaimed").output("pvc://later/models"));
            // Nobody waits for its end.
            tenant.create(job("robbed").lasting(10_000).cpu("250m"));
            tenant.create(job("unpulled").with("workers.image", "localhost:1/none:1"));
            tenant.create(job("uninitialized"));
            tenant.create(job("unmounted"));

            awaitSaid(tenant, "unpulled", "ErrImagePull");
            assertGivenBack(tenant, "unpulled", "can't start: ImagePullBackOff: ");
            assertGivenBack(tenant, "uninitialized", "container fetch ended with exit code 3 (Error): no such bucket");
            // That of the attempt before goes when the next one's is kept.
            Awaitility.await("one pod is kept for its log")
                    .atMost(SOON)
                    .until(() -> tenant.pods("uninitialized").stream()
                                    .filter(pod ->
                                            "Failed".equals(pod.getStatus().getPhase()))
                                    .count()
                            == 1);
            awaitSaid(tenant, "unmounted", "FailedMount: MountVolume.SetUp failed for volume \"more\"");
            assertGivenBack(tenant, "unmounted", "can't start: FailedMount: ");
            tenant.kubectl("create", "secret", "generic", "more", "--from-literal=a=b");
            assertTrue(tenant.pods("unclaimed").isEmpty());
            var pending = tenant.awaitReason("unclaimed", Conditions.RECONCILING, "ClaimPending", SOON);
            assertTrue(
                    pending.getMessage().contains("persistent volume claim later is Pending: ProvisioningFailed: ")
                            && pending.getMessage().contains("\"" + namespace + "\" not found"),
                    pending.getMessage());

            tenant.await("robbed", "trains", SOON, Tenant::trains);
            tenant.kubectl("delete", "networkpolicy,service", "robbed-tj-workers");
            tenant.kubectl("delete", "secret/robbed-tj-peers", "configmap/robbed-tj-1");
            tenant.kubectl("wait", "--for=create", "networkpolicy/robbed-tj-workers", "--timeout=30s");
            tenant.kubectl("wait", "--for=create", "service/robbed-tj-workers", "--timeout=30s");
            tenant.kubectl("wait", "--for=create", "secret/robbed-tj-peers", "--timeout=30s");
            tenant.kubectl("wait", "--for=create", "configmap/robbed-tj-1", "--timeout=30s");

            cluster.client().resource("""
                            apiVersion: storage.k8s.io/v1
                            kind: StorageClass
                            metadata: {name: %s}
                            provisioner: capstan.dev/shared-volumes
                            """.formatted(namespace)).create();
            for (var job : List.of("unclaimed", "unmounted")) {
                tenant.awaitCondition(job, Conditions.COMPLETE, "True", SOON);
            }
            assertEquals(1, tenant.job("unclaimed").getStatus().getAttempt(), "it had no places before");
            var robbed = tenant.job("robbed").getStatus();
            assertEquals(Phase.RUNNING, robbed.getPhase());
            assertEquals(1, robbed.getAttempt(), "nothing was lost");
            assertEquals(0, tenant.job("unmounted").getStatus().getRestarts());
        } finally {
            cluster.client().resourceList(webhook).delete();
            cluster.client().storage().v1().storageClasses().withName(namespace).delete();
        }
    }

    /** The condition says it while the attempt is under way. */
    private static void awaitSaid(Tenant tenant, String job, String words) {
        tenant.watchJob(
                job,
                now -> now.getStatus().getPhase() == Phase.STARTING
                        && message(now, Conditions.RECONCILING).contains(words));
    }

    /** And after it is over: long before its timeout, and with the time of the next. */
    private static void assertGivenBack(Tenant tenant, String job, String words) {
        var now = tenant.watchJob(
                job,
                there -> there.getStatus().getAttempt() >= 2
                        && message(there, Conditions.PODS_READY).contains(words)
                        && message(there, Conditions.PODS_READY).contains("; queues again after "));
        assertEquals(0, now.getStatus().getRestarts(), "nothing was lost");
    }

    private static String message(TrainingJob job, String type) {
        return job.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .map(condition -> condition.getMessage())
                .findFirst()
                .orElse("");
    }

    private static JobManifest job(String name) {
        return JobManifest.of(name).withoutGpus().replicas(1).with("scheduling.timeoutSeconds", "300");
    }

    /** What people's webhooks do: one adds an init container, and one a volume. */
    private static String mutations(Tenant tenant) {
        return mutation(tenant, "uninitialized", "patchType: JSONPatch", "jsonPatch", """
                        [JSONPatch{op: "add", path: "/spec/initContainers", value: [Object.spec.initContainers{
                          name: "fetch", image: "%s", imagePullPolicy: "Never",
                          command: ["sh", "-c", "echo no such bucket > /dev/termination-log; exit 3"],
                          securityContext: Object.spec.initContainers.securityContext{
                            allowPrivilegeEscalation: false,
                            capabilities: Object.spec.initContainers.securityContext.capabilities{drop: ["ALL"]}}}]}]
                        """.formatted(tenant.toolbox()))
                + mutation(tenant, "unmounted", "patchType: ApplyConfiguration", "applyConfiguration", """
                        Object{spec: Object.spec{
                          volumes: [Object.spec.volumes{name: "more", secret: Object.spec.volumes.secret{secretName: "more"}}],
                          containers: [Object.spec.containers{
                            name: "worker",
                            volumeMounts: [Object.spec.containers.volumeMounts{name: "more", mountPath: "/more"}]}]}}
                        """);
    }

    private static String mutation(Tenant tenant, String job, String type, String field, String expression) {
        return """
                ---
                apiVersion: admissionregistration.k8s.io/v1
                kind: MutatingAdmissionPolicy
                metadata: {name: %1$s-%2$s}
                spec:
                  failurePolicy: Fail
                  reinvocationPolicy: Never
                  matchConstraints:
                    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %1$s}}
                    objectSelector: {matchLabels: {capstan.dev/job: %2$s}}
                    resourceRules:
                    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
                  mutations:
                  - %3$s
                    %4$s: {expression: '%5$s'}
                ---
                apiVersion: admissionregistration.k8s.io/v1
                kind: MutatingAdmissionPolicyBinding
                metadata: {name: %1$s-%2$s}
                spec: {policyName: %1$s-%2$s}
                """.formatted(tenant.namespace(), job, type, field, expression.replace('\n', ' '));
    }
}
