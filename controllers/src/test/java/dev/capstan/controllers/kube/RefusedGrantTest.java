package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.testing.ApiServer;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A policy of the cluster is against what admission writes. */
class RefusedGrantTest {
    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void aGangWhoseGrantIsRefusedKeepsNobodyFromTheirsAndIsToldWhy() throws InterruptedException {
        try (var stage = Stage.open(api, "policy")) {
            stage.submit(Jobs.mnist(stage.namespace, "first", 2));
            stage.await("first", "queued", job -> stage.condition("first", Conditions.ADMITTED) != null);
            stage.submit(Jobs.mnist(stage.namespace, "second", 2));
            stage.await("second", "queued", job -> stage.condition("second", Conditions.ADMITTED) != null);
            policy(stage, "create");
            awaitPolicy(stage);
            try {
                // First has the first turn, and there is room for one.
                stage.node("a", 2);
                stage.awaitPods("second", 1, 2);
                stage.await(
                        "first",
                        "told why",
                        job -> stage.condition("first", Conditions.ADMITTED)
                                .getMessage()
                                .contains("denied request: nothing for first"));
                assertTrue(stage.pods("first", 1).isEmpty());
            } finally {
                policy(stage, "delete");
            }
            stage.node("b", 2);
            stage.awaitPods("first", 1, 2);
        }
    }

    private static void policy(Stage stage, String verb) {
        api.kubectlWithInput("""
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicy
                metadata: {name: %1$s}
                spec:
                  matchConstraints:
                    resourceRules:
                    - {apiGroups: [capstan.dev], apiVersions: ["*"], operations: [UPDATE], resources: [trainingjobs/status]}
                  validations:
                  - expression: object.metadata.name != 'first' || !has(object.status.admission)
                    message: nothing for first
                    reason: Forbidden
                ---
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicyBinding
                metadata: {name: %1$s}
                spec:
                  policyName: %1$s
                  validationActions: [Deny]
                  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %1$s}}}
                """.formatted(stage.namespace), verb, "--filename=-");
    }

    /** The API server begins to follow a new policy a moment after it has taken it. */
    private static void awaitPolicy(Stage stage) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        var answer = tryGrant(stage);
        while (!answer.contains("nothing for first")) {
            assertTrue(System.nanoTime() < deadline, answer);
            Thread.sleep(100);
            answer = tryGrant(stage);
        }
    }

    private static String tryGrant(Stage stage) {
        return api.kubectl(
                "patch",
                "trainingjob",
                "first",
                "--namespace=" + stage.namespace,
                "--subresource=status",
                "--type=merge",
                "--dry-run=server",
                "--patch={\"status\": {\"admission\": {\"attempt\": 1, \"time\": \"2026-01-01T00:00:00Z\","
                        + " \"placements\": [{\"rank\": 0, \"node\": \"a\"}]}}}");
    }
}
