package dev.capstan.controllers.admission.cluster;

import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * On which nodes pods may run, room aside.
 *
 * @param nodeSelector labels that a node must carry
 * @param tolerations taints that the pods bear
 * @param volumes where the volumes that they mount can be reached: a node has to match each of these
 * @param barred names of nodes that refused a pod of this workload of late
 */
public record NodeConstraints(
        Map<String, String> nodeSelector,
        List<Toleration> tolerations,
        List<NodeSelector> volumes,
        Set<String> barred) {
    /** Every node without a taint. */
    public static final NodeConstraints ANYWHERE = new NodeConstraints(Map.of(), List.of(), List.of(), Set.of());

    /** The same, but for nodes that have refused a pod. */
    public NodeConstraints notOn(Set<String> names) {
        return new NodeConstraints(nodeSelector, tolerations, volumes, names);
    }

    /** The same, on nodes that carry one more label. */
    public NodeConstraints within(String label, String value) {
        var labels = new TreeMap<>(nodeSelector);
        labels.put(label, value);
        return new NodeConstraints(labels, tolerations, volumes, barred);
    }
}
