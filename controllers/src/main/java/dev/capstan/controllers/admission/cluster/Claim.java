package dev.capstan.controllers.admission.cluster;

import io.fabric8.kubernetes.api.model.NodeSelector;
import java.util.Optional;
import java.util.Set;

/**
 * A volume claim, as far as places go.
 *
 * @param accessModes such as {@code ReadWriteMany}: of the volume, or those asked for while there is none
 * @param reachableFrom the nodes from which the volume can be reached; empty for all, and while there is none
 */
public record Claim(Set<String> accessModes, Optional<NodeSelector> reachableFrom) {
    private static final Set<String> BY_MANY_NODES = Set.of("ReadWriteMany", "ReadOnlyMany");

    /** Whether only one node at a time can mount it. */
    public boolean isOfOneNode() {
        return !accessModes.isEmpty() && accessModes.stream().noneMatch(BY_MANY_NODES::contains);
    }
}
