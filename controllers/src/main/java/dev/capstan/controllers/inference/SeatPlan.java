package dev.capstan.controllers.inference;

import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which pods of one kind, replicas or routers, are to be made and which to go, seat by seat.
 *
 * <p>Pods of an old revision go as pods of the new one have become ready, one for one, so that never fewer answer than
 * are wanted; only where there is no seat more than that, old ones make room first, down to the minimum. A new revision
 * that doesn't become ready takes nothing from the old one.
 *
 * @param seats how many seats are wanted, from the first rank on
 * @param make pods to make
 * @param delete pods to delete
 * @param giveBack places that no pod is to use any more
 * @param stuck pods that ought to be replaced, and can't be for want of a place for another
 */
record SeatPlan(int seats, List<Make> make, List<Pod> delete, List<Placement> giveBack, List<Replica> stuck) {
    /** A pod to make. */
    record Make(int rank, String node, String revision) {}

    /**
     * What is wanted.
     *
     * @param firstRank rank of the first seat
     * @param replicas how many pods
     * @param surge how many more there may be while pods are replaced
     * @param minimum how many must answer all the time, as far as it depends on us
     * @param target what new pods are made by
     * @param fallback what has served well and still can be made, in case that the target doesn't become ready
     * @param noRoom whether seats beyond the wanted number were waited for in vain
     */
    record Wish(
            int firstRank,
            int replicas,
            int surge,
            int minimum,
            String target,
            Optional<String> fallback,
            boolean noRoom) {}

    /**
     * Where pods are and may be.
     *
     * @param pods all of the kind
     * @param placements all that are granted and not given back
     * @param isLost whether nothing is to be expected of a node any more
     * @param isLeaving whether a node is about to be emptied
     * @param fits whether a pod of the target may take the place that a pod has
     */
    record Ground(
            List<Replica> pods,
            List<Placement> placements,
            Predicate<String> isLost,
            Predicate<String> isLeaving,
            Predicate<Replica> fits) {}

    /** Of a kind of which there are no pods and shall be none: the places that it still has go back. */
    static SeatPlan none(List<Placement> placements) {
        return new SeatPlan(0, List.of(), List.of(), placements, List.of());
    }

    static SeatPlan of(Wish wish, Ground ground) {
        return new SeatPlanner(wish, ground).plan();
    }
}
