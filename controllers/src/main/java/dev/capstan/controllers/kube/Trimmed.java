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
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.List;
import java.util.function.UnaryOperator;

/** Cuts objects down to what decisions about places need: a cluster's pods whole would fill the memory. */
public final class Trimmed {
    private Trimmed() {}

    /** A cache's store that keeps what {@code trim} leaves. */
    static <T extends HasMetadata> ItemStore<T> store(UnaryOperator<T> trim) {
        return new TransformingItemStore<>(trim);
    }

    /**
     * A cache's store that keeps all but who manages which field: of a pod that is most of its size, and whoever
     * compares pods goes through all of it. For one cache alone.
     */
    public static <T extends HasMetadata> ItemStore<T> unmanaged() {
        return store(object -> {
            object.getMetadata().setManagedFields(List.of());
            return object;
        });
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

    static Pod pod(Pod pod) {
        var spec = pod.getSpec();
        var status = pod.getStatus();
        return new PodBuilder()
                .withMetadata(metadata(pod.getMetadata()))
                .withNewSpec()
                .withNodeName(spec.getNodeName())
                .withOverhead(spec.getOverhead())
                .withResources(spec.getResources())
                .withContainers(containers(spec.getContainers()))
                .withInitContainers(containers(spec.getInitContainers()))
                .endSpec()
                .withNewStatus()
                .withPhase(status == null ? null : status.getPhase())
                .withReason(status == null ? null : status.getReason())
                .withConditions(status == null ? null : scheduling(status.getConditions()))
                .withNominatedNodeName(status == null ? null : status.getNominatedNodeName())
                .endStatus()
                .build();
    }

    static Namespace namespace(Namespace namespace) {
        return new NamespaceBuilder()
                .withMetadata(metadata(namespace.getMetadata()))
                .build();
    }

    private static List<PodCondition> scheduling(List<PodCondition> conditions) {
        return conditions == null
                ? null
                : conditions.stream()
                        .filter(condition -> "PodScheduled".equals(condition.getType()))
                        .map(condition -> new PodConditionBuilder()
                                .withType(condition.getType())
                                .withStatus(condition.getStatus())
                                .withReason(condition.getReason())
                                .build())
                        .toList();
    }

    private static ObjectMeta metadata(ObjectMeta metadata) {
        return new ObjectMetaBuilder()
                .withNamespace(metadata.getNamespace())
                .withName(metadata.getName())
                .withUid(metadata.getUid())
                .withResourceVersion(metadata.getResourceVersion())
                .withDeletionTimestamp(metadata.getDeletionTimestamp())
                .withLabels(metadata.getLabels())
                .withOwnerReferences(metadata.getOwnerReferences())
                .build();
    }

    private static List<Container> containers(List<Container> containers) {
        return containers == null
                ? List.of()
                : containers.stream()
                        .map(container -> new ContainerBuilder()
                                .withName(container.getName())
                                .withRestartPolicy(container.getRestartPolicy())
                                .withResources(container.getResources())
                                .build())
                        .toList();
    }
}
