package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;

/**
 * Pods of a workload that are alike.
 *
 * @param name which tells it apart from the workload's others, such as {@code worker}
 * @param firstRank the rank of its first pod: ranks count through all pod sets of a workload
 * @param count how many pods there are to be
 * @param minimum how many of them have to have places before any pod of the workload starts
 * @param each what each of them takes from its node
 * @param where on which nodes they may run
 */
public record PodSet(String name, int firstRank, int count, int minimum, Resources each, NodeConstraints where) {
    public PodSet {
        if (minimum < 0 || minimum > count) {
            throw new IllegalArgumentException("minimum of %d pods of %d".formatted(minimum, count));
        }
    }

    /** All of them or none. */
    public static PodSet whole(String name, int firstRank, int count, Resources each, NodeConstraints where) {
        return new PodSet(name, firstRank, count, count, each, where);
    }
}
