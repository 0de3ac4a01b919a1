package dev.capstan.controllers.gang;

import java.util.ArrayList;
import java.util.List;

/**
 * Who gets places now. The higher priority comes first, and then who came first; a gang that finds no room doesn't keep
 * others from theirs. So a big gang can wait long under a steady stream of small ones, whatever its priority:
 * reservations will mend that.
 */
public final class Queue {
    private Queue() {}

    /** One decision for each waiting gang, in the order in which they were made. */
    public static List<Decision> schedule(ClusterView view, List<Gang> waiting) {
        var room = Room.left(view);
        var decisions = new ArrayList<Decision>();
        for (var gang : waiting.stream().sorted(Gang.BY_TURN).toList()) {
            decisions.add(decide(gang, view.nodes(), room));
        }
        return decisions;
    }

    private static Decision decide(Gang gang, List<ClusterView.Node> nodes, Room room) {
        var fitness = Fitness.of(gang, nodes);
        var places = BestFit.place(gang, fitness.usable(), room);
        if (places.isPresent()) {
            places.get().forEach(node -> room.take(node, gang.each()));
            return new Decision.Placed(gang, places.get());
        }
        // Nodes that are away for the moment count: they may come back without anybody's doing.
        if (BestFit.place(gang, fitness.possible(), Room.empty(fitness.possible()))
                .isEmpty()) {
            return new Decision.NeverFits(gang, Shortage.ever(gang, fitness));
        }
        return new Decision.NotNow(gang, Shortage.now(gang, fitness, room));
    }
}
