package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.Dl4jModel;
import dev.capstan.crds.training.Model;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What others do to the pods and objects of a job, on a real API server; the test plays them and the kubelets. */
class MeddledJobTest {
    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void whatPodsNeedThatRunIsMadeAgainAndTheirTokenIsTheSame() {
        try (var stage = Stage.open(api, "deleted")) {
            stage.node("a", 2);
            var nets = stage.client.configMaps().inNamespace(stage.namespace).withName("nets");
            stage.client
                    .resource(new ConfigMapBuilder()
                            .withNewMetadata()
                            .withName("nets")
                            .withNamespace(stage.namespace)
                            .endMetadata()
                            .withData(Map.of("net.json", "{\"confs\": []}"))
                            .build())
                    .create();
            var job = Jobs.mnist(stage.namespace, "a", 2);
            job.getSpec()
                    .setModel(new Model()
                            .setDl4j(new Dl4jModel()
                                    .setConfigMapKeyRef(
                                            new KeyReference().setName("nets").setKey("net.json"))));
            stage.submit(job);
            stage.awaitPods("a", 1, 2).forEach(stage::runs);
            stage.await("a", Conditions.READY);
            // Whatever becomes of the one that the job's copy was made from.
            nets.edit(
                    map -> new ConfigMapBuilder(map).addToData("net.json", "{}").build());
            var copy = stage.client
                    .configMaps()
                    .inNamespace(stage.namespace)
                    .withName(new TrainingKind()
                            .describe(stage.job("a"))
                            .owner()
                            .names()
                            .model());
            var secret = stage.client.secrets().inNamespace(stage.namespace).withName("a-tj-peers");
            var needed = List.<Resource<? extends HasMetadata>>of(
                    secret,
                    stage.client.services().inNamespace(stage.namespace).withName("a-tj-workers"),
                    stage.client.configMaps().inNamespace(stage.namespace).withName("a-tj-1"),
                    copy,
                    stage.client
                            .network()
                            .v1()
                            .networkPolicies()
                            .inNamespace(stage.namespace)
                            .withName("a-tj-workers"));
            var token = secret.get().getData();
            for (var resource : needed) {
                var before = resource.get().getMetadata().getUid();
                resource.delete();
                resource.waitUntilCondition(
                        now -> now != null && !now.getMetadata().getUid().equals(before), 30, TimeUnit.SECONDS);
            }
            assertEquals(token, secret.get().getData(), "pods that run go by it");
            assertEquals(Map.of("model.json", "{\"confs\": []}"), copy.get().getData(), "as it was");
            assertTrue(
                    stage.eventReasons("a").contains("Remade"),
                    () -> stage.eventReasons("a").toString());
            assertEquals(1, stage.job("a").getStatus().getAttempt(), "nothing is lost");
            assertTrue(stage.condition("a", Conditions.READY).getStatus().equals("True"));
        }
    }

    @Test
    void aPodThatIsNobodysAnyMoreIsSaidToBeAndWhatItHoldsIsNamed() {
        try (var stage = Stage.open(api, "stray")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            pods.forEach(stage::runs);
            stage.await("a", Conditions.READY);
            patch(stage, pods.get(0), "{\"metadata\": {\"ownerReferences\": null}}");
            stage.await(
                    "a",
                    "told",
                    job -> message(stage, job)
                            .equals("attempt 1 was lost: worker 0's pod a-tj-1-worker-0-0 is no longer this job's: its"
                                    + " owner reference to the job was taken away"));
            stage.awaitTerminating(pods.get(1));
            stage.gone(pods.get(1));
            stage.await(
                    "a",
                    "told who holds what it waits for",
                    job -> message(stage, job)
                            .contains("; of no job or service any more, and still there: pod " + stage.namespace
                                    + "/a-tj-1-worker-0-0 on " + stage.namespace + "-a with 1 nvidia.com/gpu"));
            stage.gone(pods.get(0));
            var next = stage.awaitPods("a", 2, 2);
            next.forEach(stage::runs);
            stage.await("a", Conditions.READY);
            // Whose labels were changed can't be seen any more by those who watch pods.
            patch(stage, next.get(1), "{\"metadata\": {\"labels\": {\"app.kubernetes.io/managed-by\": null}}}");
            stage.await(
                    "a",
                    "told",
                    job -> message(stage, job)
                            .equals("attempt 2 was lost: worker 1's pod a-tj-2-worker-1-0 is no longer this job's: its"
                                    + " labels were changed: app.kubernetes.io/managed-by"));
            stage.awaitTerminating(next.get(1));
        }
    }

    /** Such as a webhook that wants to know who manages what. */
    @Test
    void aPodThatIsMadeWithOtherLabelsIsSaidToBe() throws InterruptedException {
        try (var stage = Stage.open(api, "relabelled")) {
            stage.node("a", 1);
            relabelling(stage, "apply");
            try {
                awaitRelabelling(stage);
                stage.submit(Jobs.mnist(stage.namespace, "a", 1));
                stage.await(
                        "a",
                        "told",
                        job -> message(stage, job)
                                .endsWith("a webhook or policy of the cluster changes labels by which it is looked for:"
                                        + " app.kubernetes.io/managed-by to helm; it must leave these as they are"));
                assertTrue(stage.pods("a", 1).isEmpty());
            } finally {
                relabelling(stage, "delete");
            }
        }
    }

    private static void relabelling(Stage stage, String verb) {
        api.kubectlWithInput("""
                apiVersion: admissionregistration.k8s.io/v1
                kind: MutatingAdmissionPolicy
                metadata: {name: %1$s}
                spec:
                  failurePolicy: Fail
                  reinvocationPolicy: Never
                  matchConstraints:
                    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %1$s}}
                    resourceRules:
                    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
                  mutations:
                  - patchType: JSONPatch
                    jsonPatch: {expression: '[JSONPatch{op: "add", path: "/metadata/labels/app.kubernetes.io~1managed-by", value: "helm"}]'}
                ---
                apiVersion: admissionregistration.k8s.io/v1
                kind: MutatingAdmissionPolicyBinding
                metadata: {name: %1$s}
                spec: {policyName: %1$s}
                """.formatted(stage.namespace), verb, "--filename=-");
    }

    /** The API server begins to follow a new policy a moment after it has taken it. */
    private static void awaitRelabelling(Stage stage) throws InterruptedException {
        var deadline = Instant.now().plusSeconds(30);
        var pod = """
                apiVersion: v1
                kind: Pod
                metadata: {name: probe, namespace: %s, labels: {a: b}}
                spec:
                  securityContext: {runAsNonRoot: true, runAsUser: 1, seccompProfile: {type: RuntimeDefault}}
                  containers:
                  - {name: a, image: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}
                """.formatted(stage.namespace);
        while (!api.kubectlWithInput(pod, "create", "--filename=-", "--dry-run=server", "--output=yaml")
                .contains("helm")) {
            assertTrue(Instant.now().isBefore(deadline), "the policy isn't followed");
            Thread.sleep(100);
        }
    }

    @Test
    void whatAKubeletSaysOfAPodThatDoesntComeUpIsInTheCondition() {
        try (var stage = Stage.open(api, "mount")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            var pod = stage.awaitPods("a", 1, 1).getFirst();
            stage.bind(pod);
            creating(stage, pod, Instant.now().minusSeconds(10));
            stage.tell(pod, "Warning", "FailedMount", "secret \"keys\" not found");
            stage.await(
                    "a",
                    "told",
                    job -> message(stage, job)
                            .equals("0 of 1 workers are ready; pod a-tj-1-worker-0-0: FailedMount: secret \"keys\" not"
                                    + " found"));
            creating(stage, pod, Instant.now().minusSeconds(60));
            stage.await("a", "rolled back", job -> job.getStatus().getAttempt() == 2);
            assertEquals(
                    "attempt 1 was rolled back (1 so far): pod a-tj-1-worker-0-0 can't start: FailedMount: secret"
                            + " \"keys\" not found; queues again after 5 s",
                    stage.condition("a", Conditions.PODS_READY).getMessage());
            assertNotEquals(null, stage.job("a").getStatus().getRequeueAt());
        }
    }

    private static void patch(Stage stage, Pod pod, String change) {
        stage.client
                .pods()
                .inNamespace(stage.namespace)
                .withName(pod.getMetadata().getName())
                .patch(PatchContext.of(PatchType.JSON_MERGE), change);
    }

    private static void creating(Stage stage, Pod pod, Instant bound) {
        stage.status(
                pod,
                new PodStatusBuilder()
                        .withPhase("Pending")
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("True")
                        .withLastTransitionTime(
                                bound.truncatedTo(ChronoUnit.SECONDS).toString())
                        .endCondition()
                        .addNewContainerStatus()
                        .withName("worker")
                        .withNewState()
                        .withNewWaiting()
                        .withReason("ContainerCreating")
                        .endWaiting()
                        .endState()
                        .endContainerStatus()
                        .build());
    }

    private static String message(Stage stage, TrainingJob job) {
        return stage.condition(job.getMetadata().getName(), Conditions.RECONCILING)
                .getMessage();
    }
}
