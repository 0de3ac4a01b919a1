package dev.capstan.controllers.gang;

import java.util.ArrayList;
import java.util.List;

/**
 * The nodes, sorted by why a gang may or may not use them.
 *
 * @param usable may be used now
 * @param away would do, but are cordoned, not ready, or tainted by Kubernetes for the moment
 * @param tainted have a taint that the gang doesn't bear
 * @param unselected lack a label that the gang selects nodes by
 */
record Fitness(
        List<ClusterView.Node> usable,
        List<ClusterView.Node> away,
        List<ClusterView.Node> tainted,
        List<ClusterView.Node> unselected) {

    static Fitness of(Gang gang, List<ClusterView.Node> nodes) {
        var fitness = new Fitness(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (var node : nodes) {
            fitness.listFor(gang, node).add(node);
        }
        return fitness;
    }

    private List<ClusterView.Node> listFor(Gang gang, ClusterView.Node node) {
        if (!node.labels().entrySet().containsAll(gang.nodeSelector().entrySet())) {
            return unselected;
        }
        var lasting = node.taints().stream()
                .filter(taint -> !Tolerance.passing(taint))
                .toList();
        if (!Tolerance.bears(gang.tolerations(), lasting)) {
            return tainted;
        }
        boolean usableNow = node.ready() && node.schedulable() && Tolerance.bears(gang.tolerations(), node.taints());
        return usableNow ? usable : away;
    }

    /** Nodes that the gang can use now or later. */
    List<ClusterView.Node> possible() {
        var both = new ArrayList<>(usable);
        both.addAll(away);
        return both;
    }
}
