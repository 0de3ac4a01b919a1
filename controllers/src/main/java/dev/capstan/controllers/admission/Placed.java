package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.queue.Gang;
import java.util.List;
import java.util.Optional;

/**
 * TopologyFit for all pods of a gang.
 *
 * @param gang whose
 * @param nodes a node for each rank, in rank order
 * @param quota by which it is admitted; empty for none
 * @param flavor to which it is charged; empty for none
 */
public record Placed(Gang gang, List<String> nodes, Optional<String> quota, Optional<String> flavor) {
    public Placed {
        if (nodes.size() != gang.size()) {
            throw new IllegalArgumentException("all or nothing: " + nodes.size() + " of " + gang.size());
        }
    }
}
