package dev.capstan.controllers.admission.cluster;

import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * On which nodes pods may run, room aside.
 *
 * @param nodeSelector labels that a node must carry
 * @param tolerations taints that the pods bear
 * @param affinity of nodes, such as a webhook adds it: a node has to match each of these
 * @param volumes where the volumes that they mount can be reached: a node has to match each of these
 * @param barred names of nodes that refused a pod of this workload of late
 */
public record NodeConstraints(
        Map<String, String> nodeSelector,
        List<Toleration> tolerations,
        List<NodeSelector> affinity,
        List<NodeSelector> volumes,
        Set<String> barred) {
    /** Every node without a taint. */
    public static final NodeConstraints ANYWHERE = of(Map.of(), List.of(), List.of());

    /** What a job or service says, and its volumes. */
    public static NodeConstraints of(
            Map<String, String> nodeSelector, List<Toleration> tolerations, List<NodeSelector> volumes) {
        return new NodeConstraints(nodeSelector, tolerations, List.of(), volumes, Set.of());
    }

    /** The same, and what others ask for. */
    public NodeConstraints and(NodeConstraints others) {
        var labels = new TreeMap<>(nodeSelector);
        labels.putAll(others.nodeSelector);
        return new NodeConstraints(
                labels,
                both(tolerations, others.tolerations),
                both(affinity, others.affinity),
                both(volumes, others.volumes),
                barred);
    }

    private static <T> List<T> both(List<T> some, List<T> more) {
        return more.isEmpty()
                ? some
                : Stream.concat(some.stream(), more.stream()).toList();
    }

    /** The same, but for nodes that have refused a pod. */
    public NodeConstraints notOn(Set<String> names) {
        return new NodeConstraints(nodeSelector, tolerations, affinity, volumes, names);
    }

    /** The same, on nodes that carry one more label. */
    public NodeConstraints within(String label, String value) {
        var labels = new TreeMap<>(nodeSelector);
        labels.put(label, value);
        return new NodeConstraints(labels, tolerations, affinity, volumes, barred);
    }
}
