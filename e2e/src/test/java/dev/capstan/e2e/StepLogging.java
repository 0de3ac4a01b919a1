package dev.capstan.e2e;

import io.fabric8.kubernetes.api.model.PodBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import org.awaitility.Awaitility;

/**
 * Has the workers of a tenant log every step, which nobody but a test wants: a cluster's admin may add to pods, and a
 * user may not have code of their own loaded into a worker.
 */
final class StepLogging {
    static final String VARIABLE = "JDK_JAVA_OPTIONS";
    private static final String OPTION = "-Dorg.slf4j.simpleLogger.log.dev.capstan.worker.train.ProgressBoard=debug";

    private StepLogging() {}

    /** From now on, of pods that are made; until it is closed. */
    static Tenant.Obstacle in(Cluster cluster, Tenant tenant) {
        var name = tenant.namespace();
        try {
            var file = Files.createTempFile(name, ".yaml");
            Files.writeString(file, """
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
                        jsonPatch:
                          expression: >-
                            [JSONPatch{op: "add", path: "/spec/containers/0/env/-",
                            value: Object.spec.containers.env{name: "%2$s", value: "%3$s"}}]
                    ---
                    apiVersion: admissionregistration.k8s.io/v1
                    kind: MutatingAdmissionPolicyBinding
                    metadata: {name: %1$s}
                    spec: {policyName: %1$s}
                    """.formatted(name, VARIABLE, OPTION));
            cluster.kubectl("apply", "-f", file.toString());
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Awaitility.await("workers log their steps")
                .atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> isOn(cluster, name));
        return () -> cluster.kubectl(
                "delete",
                "mutatingadmissionpolicybinding/" + name,
                "mutatingadmissionpolicy/" + name,
                "--ignore-not-found");
    }

    private static boolean isOn(Cluster cluster, String namespace) {
        var pod = cluster.client()
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("nobody")
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewSpec()
                        .withNewSecurityContext()
                        .withRunAsNonRoot(true)
                        .withNewSeccompProfile()
                        .withType("RuntimeDefault")
                        .endSeccompProfile()
                        .endSecurityContext()
                        .addNewContainer()
                        .withName("nothing")
                        .withImage("nothing")
                        .addNewEnv()
                        .withName("NOTHING")
                        .endEnv()
                        .withNewSecurityContext()
                        .withAllowPrivilegeEscalation(false)
                        .withNewCapabilities()
                        .withDrop("ALL")
                        .endCapabilities()
                        .endSecurityContext()
                        .endContainer()
                        .endSpec()
                        .build())
                .dryRun()
                .create();
        return pod.getSpec().getContainers().getFirst().getEnv().stream()
                .anyMatch(each -> each.getName().equals(VARIABLE));
    }
}
