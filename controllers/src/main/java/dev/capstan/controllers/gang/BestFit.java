package dev.capstan.controllers.gang;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finds nodes for a whole gang such that big holes stay big: few nodes, and the last pods go where they leave the
 * least. Nodes with devices that the gang doesn't ask for come last, so that jobs without GPUs don't crowd those that
 * need them. The same input gives the same answer.
 */
final class BestFit {
    private static final Comparator<Hole> SMALLEST = Comparator.comparingInt(Hole::pods)
            .thenComparing(hole -> hole.node().name());
    private static final Comparator<Hole> BIGGEST = Comparator.comparingInt(Hole::pods)
            .reversed()
            .thenComparing(hole -> hole.node().name());

    /** More pods than a node ever runs. The size of a hole is what fits in it, not what this gang needs of it. */
    private static final int MANY = 1_000_000;

    private BestFit() {}

    /** A node and how many of the gang's pods fit there. */
    private record Hole(ClusterView.Node node, int pods) {}

    /** A node for each rank, or nothing if they don't all fit. */
    static Optional<List<String>> place(Gang gang, List<ClusterView.Node> nodes, Room room) {
        var holes = nodes.stream()
                .map(node -> new Hole(node, gang.each().fitsInto(room.on(node.name()), MANY)))
                .filter(hole -> hole.pods() > 0)
                .toList();
        var plain = holes.stream()
                .filter(hole -> !hole.node().allocatable().hasDevicesBeside(gang.each()))
                .toList();
        return fill(gang.size(), plain).or(() -> fill(gang.size(), holes));
    }

    private static Optional<List<String>> fill(int size, List<Hole> holes) {
        if (holes.stream().mapToLong(Hole::pods).sum() < size) {
            return Optional.empty();
        }
        var left = new ArrayList<>(holes);
        var ranks = new ArrayList<String>();
        while (ranks.size() < size) {
            int missing = size - ranks.size();
            var next = left.stream()
                    .filter(hole -> hole.pods() >= missing)
                    .min(SMALLEST)
                    .or(() -> left.stream().min(BIGGEST))
                    .orElseThrow();
            left.remove(next);
            for (int i = 0; i < Math.min(missing, next.pods()); i++) {
                ranks.add(next.node().name());
            }
        }
        return Optional.of(List.copyOf(ranks));
    }
}
