package dev.capstan.e2e;

import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** A tenant's InferenceService. */
record Service(Cluster cluster, Tenant tenant, String name) {
    private static final Duration SOON = Duration.ofMinutes(3);

    InferenceServiceStatus status() {
        return cluster.client()
                .resources(InferenceService.class)
                .inNamespace(tenant.namespace())
                .withName(name)
                .get()
                .getStatus();
    }

    /** So many replicas answer, all of one revision, and there are no further ones. */
    static Predicate<InferenceServiceStatus> answersBy(int replicas) {
        var count = Integer.valueOf(replicas);
        return status -> count.equals(status.getReadyReplicas())
                && count.equals(status.getReplicas())
                && count.equals(status.getUpdatedReplicas())
                && status.getUpdatingRevision() == null;
    }

    InferenceServiceStatus await(String what, Predicate<InferenceServiceStatus> wanted) {
        return Awaitility.await(what)
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(500))
                .ignoreException(KubernetesClientException.class)
                .until(this::status, wanted);
    }

    /** Waits until a condition has that reason. */
    Condition awaitReason(String type, String reason) {
        var there = await(
                type + " for " + reason,
                status -> find(status, type)
                        .filter(condition -> condition.getReason().equals(reason))
                        .isPresent());
        return condition(there, type);
    }

    static Condition condition(InferenceServiceStatus status, String type) {
        return find(status, type).orElseThrow(() -> new AssertionError("no " + type + " in " + status.getConditions()));
    }

    private static Optional<Condition> find(InferenceServiceStatus status, String type) {
        return status.getConditions() == null
                ? Optional.empty()
                : status.getConditions().stream()
                        .filter(condition -> condition.getType().equals(type))
                        .findFirst();
    }

    void scale(int replicas) {
        tenant.kubectl("scale", "infsvc", name, "--replicas=" + replicas);
    }

    /** @param spec YAML that is laid over the spec */
    void patch(String spec) {
        // kubectl takes what begins with a brace for JSON.
        var patch = Serialization.asJson(Serialization.unmarshal("---\n{spec: " + spec + "}", Map.class));
        tenant.kubectl("patch", "infsvc", name, "--type=merge", "--patch=" + patch);
    }

    /** The pods of replicas, whatever they do. */
    List<Pod> replicas() {
        return tenant.pods(name).stream()
                .filter(pod -> "replica".equals(pod.getMetadata().getLabels().get("app.kubernetes.io/component")))
                .toList();
    }

    /** How many times containers of replicas were started again in their pods. */
    int restarts() {
        return replicas().stream()
                .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
                .mapToInt(ContainerStatus::getRestartCount)
                .sum();
    }

    /** A replica that answers, whose time isn't over. */
    Pod replica() {
        return replicas().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .filter(pod -> pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Ready")
                                && condition.getStatus().equals("True")))
                .findFirst()
                .orElseThrow();
    }
}
