package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the API server says of a gang's pods, before it queues and when they are made. */
class RefusedPodsTest {
    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void aGangThatAResourceQuotaHasTooLittleForQueuesWhenItHasEnough() {
        try (var stage = Stage.open(api, "quota")) {
            stage.node("a", 2);
            quota(stage, "pods", 2, 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            stage.await(
                    "a",
                    "told",
                    job -> admitted(job)
                            .equals(
                                    "ExceedsResourceQuota: ResourceQuota small has 1 of 2 pods left, and 2 workers ask for 2"));
            used(stage, "pods", 2, 0);
            stage.awaitPods("a", 1, 2);
            assertEquals(0, stage.job("a").getStatus().getRollbacks());
        }
    }

    @Test
    void aPodOfAGrantedGangThatIsRefusedRollsTheGangBackInTheApiServersWords() {
        try (var stage = Stage.open(api, "shrunk")) {
            quota(stage, "pods", 2, 0);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            stage.await(
                    "a",
                    "queued",
                    job -> admitted(job).startsWith("WaitingForCapacity")
                            || admitted(job).startsWith("DoesNotFit"));
            quota(stage, "pods", 1, 0);
            stage.node("a", 2);
            var refused = stage.await("a", "refused", job -> job.getStatus().getAttempt() >= 2);
            // Read from that very status: a second later, the next attempt says something else.
            var message = ConditionSet.find(refused.getStatus().getConditions(), Conditions.PODS_READY)
                    .orElseThrow()
                    .getMessage();
            assertTrue(message.contains("exceeded quota: small"), message);
            stage.await(
                    "a",
                    "waiting for quota",
                    job -> admitted(job)
                            .equals(
                                    "ExceedsResourceQuota: ResourceQuota small has 0 of 1 pods left, and 2 workers ask for 2:"
                                            + " ask for less, or have the quota raised"));
        }
    }

    /** By it some clusters bound secrets and services, and a pod isn't all that a job is made of. */
    @Test
    void aQuotaOfOtherObjectsIsHeardBeforePlacesAreGranted() {
        try (var stage = Stage.open(api, "objects")) {
            quota(stage, "count/secrets", 0, 0);
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            var told = stage.await(
                    "a",
                    "told",
                    job -> admitted(job)
                            .startsWith(
                                    "ExceedsResourceQuota: secrets \"a-tj-peers\" is forbidden: exceeded quota: small"));
            assertEquals(0, told.getStatus().getRollbacks());
            assertNull(told.getStatus().getAdmission());
        }
    }

    @Test
    void whatALimitRangeAddsCountsAndWhatItForbidsIsSaid() {
        try (var stage = Stage.open(api, "limits")) {
            stage.node("a", 2);
            var limits = limit(stage, "default: {cpu: 3}");
            quota(stage, "limits.cpu", 5, 0);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            stage.await(
                    "a",
                    "told",
                    job -> admitted(job)
                            .equals("ExceedsResourceQuota: ResourceQuota small has 5 of 5 limits.cpu left,"
                                    + " and 2 workers ask for 6: ask for less, or have the quota raised"));
            stage.client.resource(limits).delete();
            limit(stage, "min: {memory: 1Ti}");
            stage.await(
                    "a",
                    "forbidden",
                    job -> admitted(job).startsWith("PodRefused: pod a-tj-1-worker-0-0 was refused: ")
                            && admitted(job).contains("minimum memory usage per Container is 1Ti")
                            && admitted(job).endsWith("the namespace's LimitRange"));
        }
    }

    @Test
    void whatALimitRangeAddsCountsBeforePlacesAreGrantedAndIsSaidToBeItsOwn() {
        try (var stage = Stage.open(api, "added")) {
            var limits = limit(stage, "default: {example.com/dongle: 2}");
            stage.node("a", 4);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var words =
                    "that counts 2 example.com/dongle a pod which aren't in the spec and are added by the namespace's"
                            + " LimitRange (LimitRanger plugin set: example.com/dongle";
            var told = stage.await("a", "told", job -> admitted(job).contains(words));
            assertTrue(admitted(told).startsWith("DoesNotFit: "), admitted(told));
            assertEquals(0, told.getStatus().getRollbacks());
            // A new leader asks again.
            stage.stopControllers();
            stage.startControllers();
            stage.submit(Jobs.mnist(stage.namespace, "b", 1));
            stage.await("b", "told", job -> admitted(job).contains(words));
            assertTrue(admitted(stage.job("a")).startsWith("DoesNotFit: "), admitted(stage.job("a")));
            stage.client.resource(limits).delete();
        }
    }

    @Test
    void aWebhookThatIsAwayIsNamed() {
        try (var client = impatient();
                var stage = Stage.empty(api, "webhook")) {
            stage.claim("datasets");
            stage.claim("models");
            stage.startControllers(client);
            stage.client.resource(webhook(stage)).create();
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            try {
                var refused = stage.await("a", "refused", job -> admitted(job).startsWith("PodRefused"));
                assertTrue(
                        admitted(refused).contains("failed calling webhook \"policy.example.com\""), admitted(refused));
            } finally {
                stage.client.resource(webhook(stage)).delete();
            }
        }
    }

    private static ValidatingWebhookConfiguration webhook(Stage stage) {
        return new ValidatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName(stage.namespace)
                .endMetadata()
                .addNewWebhook()
                .withName("policy.example.com")
                .withNewClientConfig()
                .withUrl("https://127.0.0.1:1")
                .endClientConfig()
                .withNewNamespaceSelector()
                .addToMatchLabels("kubernetes.io/metadata.name", stage.namespace)
                .endNamespaceSelector()
                .addNewRule()
                .withApiGroups("")
                .withApiVersions("v1")
                .withOperations("CREATE")
                .withResources("pods")
                .endRule()
                .withSideEffects("None")
                .withAdmissionReviewVersions("v1")
                .endWebhook()
                .build();
    }

    private static HasMetadata limit(Stage stage, String limit) {
        var range = """
                ---
                apiVersion: v1
                kind: LimitRange
                metadata: {name: limits, namespace: %s}
                spec: {limits: [{type: Container, %s}]}
                """;
        return stage.client.resource(range.formatted(stage.namespace, limit)).create();
    }

    /** A client whose own tries of what ends in 500 don't take a while. */
    private static KubernetesClient impatient() {
        var config = new ConfigBuilder(api.client().getConfiguration())
                .withRequestRetryBackoffLimit(0)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** The ResourceQuota small; nobody counts for it here, so that what is used is as it is set. */
    private static void quota(Stage stage, String resource, int hard, int used) {
        stage.client
                .resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withNamespace(stage.namespace)
                        .withName("small")
                        .endMetadata()
                        .withNewSpec()
                        .addToHard(resource, amount(hard))
                        .endSpec()
                        .build())
                .unlock()
                .createOr(there -> there.update());
        used(stage, resource, hard, used);
    }

    private static void used(Stage stage, String resource, int hard, int used) {
        stage.client
                .resourceQuotas()
                .inNamespace(stage.namespace)
                .withName("small")
                .editStatus(quota -> new ResourceQuotaBuilder(quota)
                        .withNewStatus()
                        .addToHard(resource, amount(hard))
                        .addToUsed(resource, amount(used))
                        .endStatus()
                        .build());
    }

    private static Quantity amount(int units) {
        return new Quantity(Integer.toString(units));
    }

    /** Why a job isn't admitted: {@code Reason: message}. */
    private static String admitted(TrainingJob job) {
        return job.getStatus() == null
                ? ""
                : ConditionSet.find(job.getStatus().getConditions(), Conditions.ADMITTED)
                        .map(condition -> condition.getReason() + ": " + condition.getMessage())
                        .orElse("");
    }
}
