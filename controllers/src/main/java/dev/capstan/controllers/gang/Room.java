package dev.capstan.controllers.gang;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is free on each node; shrinks as gangs are placed within one decision. */
final class Room {
    private final Map<String, Resources> free = new HashMap<>();

    private Room() {}

    /** What the nodes offer, less what pods take and grants hold. */
    static Room left(ClusterView view) {
        var room = empty(view.nodes());
        Set<ClusterView.Seat> taken = new HashSet<>();
        for (var pod : view.pods()) {
            // A pod of ours that no scheduler has bound yet holds its place by its grant, and not twice.
            if (pod.node() != null || pod.finished()) {
                pod.seat().ifPresent(taken::add);
            }
            if (pod.node() != null && !pod.finished()) {
                room.take(pod.node(), pod.requests());
            }
        }
        for (var hold : view.holds()) {
            for (int rank = 0; rank < hold.nodes().size(); rank++) {
                if (!taken.contains(new ClusterView.Seat(hold.jobUid(), hold.attempt(), rank))) {
                    room.take(hold.nodes().get(rank), hold.each());
                }
            }
        }
        return room;
    }

    /** What the nodes offer as if nothing ran. */
    static Room empty(List<ClusterView.Node> nodes) {
        var room = new Room();
        nodes.forEach(node -> room.free.put(node.name(), node.allocatable()));
        return room;
    }

    Resources on(String node) {
        return free.getOrDefault(node, Resources.NONE);
    }

    void take(String node, Resources amount) {
        free.computeIfPresent(node, (name, left) -> left.minus(amount));
    }
}
