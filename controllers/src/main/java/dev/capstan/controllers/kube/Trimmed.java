package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Cuts objects down to what decisions need: a cluster's pods whole would fill the memory. */
public final class Trimmed {
    private static final Set<String> CONDITIONS = Set.of("PodScheduled", "Ready", "DisruptionTarget");

    private Trimmed() {}

    /** A cache's store that keeps what {@code trim} leaves. */
    static <T extends HasMetadata> ItemStore<T> store(UnaryOperator<T> trim) {
        return new TransformingItemStore<>(trim);
    }

    /** A cache's store that keeps of a job's pods what decisions about the job need. For one cache alone. */
    public static ItemStore<Pod> workers() {
        return store(Trimmed::worker);
    }

    static Node node(Node node) {
        var status = node.getStatus();
        return new NodeBuilder()
                .withMetadata(metadata(node.getMetadata()))
                .withSpec(node.getSpec())
                .withNewStatus()
                .withAllocatable(status == null ? null : status.getAllocatable())
                .withConditions(status == null ? null : status.getConditions())
                .endStatus()
                .build();
    }

    /** What tells that a pod is there, for a cache of which only the news is heard, and that is of the whole pod. */
    static Pod identity(Pod pod) {
        var metadata = pod.getMetadata();
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(metadata.getNamespace())
                .withName(metadata.getName())
                .withUid(metadata.getUid())
                .withResourceVersion(metadata.getResourceVersion())
                .endMetadata()
                .build();
    }

    static Pod worker(Pod pod) {
        var status = pod.getStatus();
        return new PodBuilder()
                .withMetadata(metadata(pod.getMetadata()))
                .withNewSpec()
                .withNodeName(pod.getSpec().getNodeName())
                .withSchedulerName(pod.getSpec().getSchedulerName())
                .withContainers(containers(pod.getSpec().getContainers()))
                .endSpec()
                .withStatus(
                        status == null
                                ? null
                                : new PodStatusBuilder()
                                        .withPhase(status.getPhase())
                                        .withReason(status.getReason())
                                        .withMessage(status.getMessage())
                                        .withPodIP(status.getPodIP())
                                        .withInitContainerStatuses(status.getInitContainerStatuses())
                                        .withContainerStatuses(status.getContainerStatuses())
                                        .withConditions(conditions(status.getConditions()))
                                        .build())
                .build();
    }

    static Namespace namespace(Namespace namespace) {
        return new NamespaceBuilder()
                .withMetadata(metadata(namespace.getMetadata()))
                .build();
    }

    static Service service(Service service) {
        return new ServiceBuilder()
                .withMetadata(metadata(service.getMetadata()))
                .build();
    }

    static NetworkPolicy policy(NetworkPolicy policy) {
        return new NetworkPolicyBuilder()
                .withMetadata(metadata(policy.getMetadata()))
                .build();
    }

    private static List<PodCondition> conditions(List<PodCondition> conditions) {
        return conditions.stream()
                .filter(condition -> CONDITIONS.contains(condition.getType()))
                .toList();
    }

    private static ObjectMeta metadata(ObjectMeta metadata) {
        return new ObjectMetaBuilder()
                .withNamespace(metadata.getNamespace())
                .withName(metadata.getName())
                .withUid(metadata.getUid())
                .withResourceVersion(metadata.getResourceVersion())
                .withCreationTimestamp(metadata.getCreationTimestamp())
                .withDeletionTimestamp(metadata.getDeletionTimestamp())
                .withLabels(metadata.getLabels())
                .withOwnerReferences(metadata.getOwnerReferences())
                .build();
    }

    private static List<Container> containers(List<Container> containers) {
        return containers.stream()
                .map(container -> new ContainerBuilder()
                        .withName(container.getName())
                        .withResources(container.getResources())
                        .build())
                .toList();
    }
}
