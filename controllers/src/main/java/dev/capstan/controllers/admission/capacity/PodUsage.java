package dev.capstan.controllers.admission.capacity;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.fit.Amounts;
import java.time.Instant;
import java.util.Optional;

/**
 * A pod, and what it takes of its node.
 *
 * @param takesRoom whether it still takes room there: it has a node and hasn't ended
 * @param isSeated whether it takes the place that was granted to its seat, if there is one
 * @param seat which of a workload's pods it is; null for a pod that isn't ours
 * @param goneBy when it will be gone at the latest, once it was told to end
 */
public record PodUsage(
        String namespace,
        String node,
        boolean takesRoom,
        boolean isSeated,
        Amounts each,
        ClusterView.Seat seat,
        Optional<Instant> goneBy) {
    /** Whether both differ at most in when they will be gone. */
    boolean isSameBut(PodUsage other) {
        return equals(new PodUsage(
                other.namespace, other.node, other.takesRoom, other.isSeated, other.each, other.seat, goneBy));
    }
}
