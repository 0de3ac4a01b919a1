package dev.capstan.controllers.gang;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Says why a gang has no places, with the numbers that a person needs to do something about it. */
final class Shortage {
    private Shortage() {}

    /** Why there is no room now. */
    static String now(Gang gang, Fitness fitness, Room room) {
        var nodes = fitness.usable();
        return needs(gang)
                + "; %s room for %s now%s%s"
                        .formatted(
                                have(nodes.size()),
                                together(gang, nodes, room, nodes.size()),
                                amounts(gang, nodes, room),
                                others(fitness));
    }

    /** Why there would be no room on empty nodes. */
    static String ever(Gang gang, Fitness fitness) {
        var nodes = fitness.possible();
        var room = Room.empty(nodes);
        var other = new Fitness(nodes, List.of(), fitness.tainted(), fitness.unselected());
        return needs(gang)
                + "; even empty, %s room for %s%s%s"
                        .formatted(
                                have(nodes.size()),
                                together(gang, nodes, room, nodes.size()),
                                amounts(gang, nodes, room),
                                others(other));
    }

    private static String needs(Gang gang) {
        return gang.size() == 1
                ? "needs 1 pod of " + gang.each()
                : "needs %d pods of %s each".formatted(gang.size(), gang.each());
    }

    private static String have(int nodes) {
        return nodes == 1 ? "1 node has" : nodes + " nodes have";
    }

    private static String together(Gang gang, List<ClusterView.Node> nodes, Room room, int count) {
        int pods = nodes.stream()
                .mapToInt(node -> gang.each().fitsInto(room.on(node.name()), gang.size()))
                .sum();
        return pods == 0 ? "none" : count == 1 ? Integer.toString(pods) : pods + " together";
    }

    /** {@code (2 of 6 nvidia.com/gpu free, 3500m of 6 cpu free)}: of each resource that the gang asks for. */
    private static String amounts(Gang gang, List<ClusterView.Node> nodes, Room room) {
        var total = sum(nodes.stream().map(ClusterView.Node::allocatable).toList());
        var free = sum(nodes.stream().map(node -> room.on(node.name())).toList());
        var parts = new ArrayList<String>();
        for (var name : gang.each().thousandths().entrySet().stream()
                .filter(asked -> asked.getValue() > 0)
                .map(Map.Entry::getKey)
                .sorted(Resources.FOR_PEOPLE)
                .toList()) {
            parts.add("%s of %s %s"
                    .formatted(
                            Resources.amount(name, Math.max(0, free.get(name))),
                            Resources.amount(name, total.get(name)),
                            name));
        }
        return nodes.isEmpty() ? "" : " (free: " + String.join(", ", parts) + ")";
    }

    private static Resources sum(List<Resources> amounts) {
        return amounts.stream().reduce(Resources.NONE, Resources::plus);
    }

    private static String others(Fitness fitness) {
        var parts = new ArrayList<String>();
        say(parts, fitness.away(), "is not ready or cordoned", "are not ready or cordoned");
        say(
                parts,
                fitness.tainted(),
                "has a taint that the job does not tolerate",
                "have taints that the job does not tolerate");
        say(parts, fitness.unselected(), "lacks a label of nodeSelector", "lack labels of nodeSelector");
        return parts.isEmpty() ? "" : "; of the others, " + String.join(", ", parts);
    }

    private static void say(List<String> parts, List<ClusterView.Node> nodes, String one, String many) {
        if (!nodes.isEmpty()) {
            parts.add(nodes.size() + " " + (nodes.size() == 1 ? one : many));
        }
    }
}
