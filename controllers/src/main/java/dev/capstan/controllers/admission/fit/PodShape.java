package dev.capstan.controllers.admission.fit;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.List;
import java.util.Map;

/**
 * What a pod asks of its node. Thousands of gangs ask in a few shapes.
 *
 * @param each what it takes
 * @param where on which nodes it may run
 * @param flavorLabels labels of the nodes of the flavor that it is charged to; none if it is charged to none
 * @param earlierFlavors labels of the flavors that come before that one in the quota: a node belongs to the first that
 *     it matches
 */
public record PodShape(
        Resources each,
        NodeConstraints where,
        Map<String, String> flavorLabels,
        List<Map<String, String>> earlierFlavors) {
    /** How a node suits pods of this shape, room aside. */
    public enum Suits {
        /** It may be used now. */
        NOW,
        /** It would do, but is cordoned, not ready, barred, or tainted by Kubernetes for the moment. */
        LATER,
        /** It has a taint that the pods don't bear. */
        TAINTED,
        /** It lacks a label of the pods' node selector, or isn't of their node affinity. */
        UNSELECTED,
        /** A volume can't be reached from it. */
        VOLUME_ELSEWHERE,
        /** It isn't of the flavor. */
        OTHER_FLAVOR
    }

    Suits suits(ClusterView.Node node) {
        var labels = node.labels();
        if (!carries(labels, flavorLabels)) {
            return Suits.OTHER_FLAVOR;
        }
        for (var earlier : earlierFlavors) {
            if (carries(labels, earlier)) {
                return Suits.OTHER_FLAVOR;
            }
        }
        if (!carries(labels, where.nodeSelector())
                || !where.affinity().stream().allMatch(wanted -> NodeTerms.match(wanted, node))) {
            return Suits.UNSELECTED;
        }
        for (var volume : where.volumes()) {
            if (!NodeTerms.match(volume, node)) {
                return Suits.VOLUME_ELSEWHERE;
            }
        }
        if (!node.taints().isEmpty() && !keptBy(node).isEmpty()) {
            return Suits.TAINTED;
        }
        boolean now = node.ready()
                && node.schedulable()
                && Tolerance.bears(where.tolerations(), node.taints())
                && !where.barred().contains(node.name());
        return now ? Suits.NOW : Suits.LATER;
    }

    /** Which taints of a node keep the pods away for good. */
    public List<Taint> keptBy(ClusterView.Node node) {
        return Tolerance.lasting(where.tolerations(), node.taints());
    }

    /** Whether a node with these labels carries all that are wanted. */
    public static boolean carries(Map<String, String> labels, Map<String, String> wanted) {
        for (var label : wanted.entrySet()) {
            if (!label.getValue().equals(labels.get(label.getKey()))) {
                return false;
            }
        }
        return true;
    }
}
