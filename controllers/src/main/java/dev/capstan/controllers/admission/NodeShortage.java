package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Says which nodes may take a pod, what is free on them, and what keeps it from the others. */
final class NodeShortage {
    /** So many kinds of taints are named. */
    private static final int MOST_TAINTS = 3;

    private final NodeTable nodes;

    NodeShortage(NodeTable nodes) {
        this.nodes = nodes;
    }

    String together(Fit fit) {
        int usable = count(fit, PodShape.Suits.NOW);
        return usable == 0
                ? "; no node may take one now"
                : "; %s room for %s now".formatted(have(usable), together(fit.total(), usable));
    }

    static String have(int nodes) {
        return nodes == 1 ? "1 node has" : nodes + " nodes have";
    }

    static String together(long pods, int count) {
        return pods == 0 ? "none" : count == 1 ? Long.toString(pods) : pods + " together";
    }

    int count(Fit fit, PodShape.Suits suits) {
        int count = 0;
        for (int row = 0; row < nodes.size(); row++) {
            count += fit.suits(row) == suits ? 1 : 0;
        }
        return count;
    }

    /** What the pods ask for and none of the nodes has that they may ever be on. */
    List<String> lacking(Fit fit) {
        var names = new ArrayList<String>();
        for (int resource : fit.each.resources()) {
            boolean offered = false;
            for (int row = 0; row < nodes.size(); row++) {
                boolean suits = fit.suits(row) == PodShape.Suits.NOW || fit.suits(row) == PodShape.Suits.LATER;
                offered |= suits && nodes.offered()[resource][row] > 0;
            }
            if (!offered) {
                names.add(nodes.resourceName(resource));
            }
        }
        return names;
    }

    /** {@code (free: 2 of 6 nvidia.com/gpu, 3500m of 6 cpu)}: of each resource that the pods ask for. */
    String amounts(Fit fit, int count, long[][] free, boolean ever) {
        var parts = new ArrayList<String>();
        boolean any = false;
        for (int resource : fit.each.resources()) {
            var left = new Sum();
            var all = new Sum();
            for (int row = 0; row < nodes.size(); row++) {
                if (fit.suits(row) == PodShape.Suits.NOW || ever && fit.suits(row) == PodShape.Suits.LATER) {
                    any = true;
                    left.add(Math.max(0, free[resource][row]));
                    all.add(nodes.offered()[resource][row]);
                }
            }
            var name = nodes.resourceName(resource);
            if (!name.equals("pods") || left.units < count) {
                parts.add(all.isNone() ? "no " + name : "%s of %s %s".formatted(left.of(name), all.of(name), name));
            }
        }
        return any ? " (free: " + String.join(", ", parts) + ")" : "";
    }

    /** Over many nodes: the memory of five thousand is more thousandths of a byte than a long holds. */
    private static final class Sum {
        private long units;
        private long thousandths;

        void add(long amount) {
            thousandths += amount % 1000;
            units += amount / 1000 + thousandths / 1000;
            thousandths %= 1000;
        }

        boolean isNone() {
            return units == 0 && thousandths == 0;
        }

        String of(String resource) {
            return Resources.amount(resource, units, thousandths);
        }
    }

    String others(Fit fit, boolean ever) {
        var parts = new ArrayList<String>();
        for (var suits : Arrays.asList(PodShape.Suits.values())) {
            int nodes = count(fit, suits);
            if (nodes > 0) {
                switch (suits) {
                    case NOW -> {}
                    case LATER -> {
                        if (!ever) {
                            parts.add(say(
                                    nodes,
                                    "is not ready, cordoned or refused a pod of it",
                                    "are not ready, cordoned or refused a pod of it"));
                        }
                    }
                    case TAINTED ->
                        parts.add(say(
                                        nodes,
                                        "has a taint that its pods do not tolerate",
                                        "have taints that its pods do not tolerate")
                                + taints(fit));
                    case UNSELECTED ->
                        parts.add(say(nodes, "lacks a label of nodeSelector", "lack labels of nodeSelector"));
                    case VOLUME_ELSEWHERE ->
                        parts.add(say(nodes, "can't reach one of its volumes", "can't reach one of its volumes"));
                    case OTHER_FLAVOR -> parts.add(say(nodes, "is of another flavor", "are of another flavor"));
                }
            }
        }
        return parts.isEmpty() ? "" : "; of the others, " + String.join(", ", parts);
    }

    /** {@code (nvidia.com/gpu=present:NoSchedule)}: as kubectl writes them. */
    private String taints(Fit fit) {
        var taints = IntStream.range(0, nodes.size())
                .filter(row -> fit.suits(row) == PodShape.Suits.TAINTED)
                .mapToObj(row -> fit.shape.keptBy(nodes.node(row)))
                .flatMap(List::stream)
                .map(NodeShortage::taint)
                .distinct()
                .sorted()
                .toList();
        return " (%s%s)"
                .formatted(
                        taints.stream().limit(MOST_TAINTS).collect(Collectors.joining(", ")),
                        taints.size() > MOST_TAINTS ? " and %d more".formatted(taints.size() - MOST_TAINTS) : "");
    }

    private static String taint(Taint taint) {
        var value = taint.getValue() == null || taint.getValue().isEmpty() ? "" : "=" + taint.getValue();
        return taint.getKey() + value + ":" + taint.getEffect();
    }

    private static String say(int nodes, String one, String many) {
        return nodes + " " + (nodes == 1 ? one : many);
    }
}
