package dev.capstan.controllers.gang;

import io.fabric8.kubernetes.api.model.Taint;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The cluster at one moment, as far as places for pods go. Nothing in it changes.
 *
 * @param nodes every node
 * @param pods every pod of the cluster, ours or not
 * @param holds places that were granted; those without a pod yet still hold their room
 */
public record ClusterView(List<Node> nodes, List<Pod> pods, List<Hold> holds) {

    /**
     * @param ready whether its kubelet reports that it can run pods
     * @param schedulable neither cordoned nor being deleted
     * @param allocatable what it offers to pods, as if none were there
     */
    public record Node(
            String name,
            boolean ready,
            boolean schedulable,
            Map<String, String> labels,
            List<Taint> taints,
            Resources allocatable) {}

    /**
     * @param node where it is, or will be as far as the scheduler said; null while nowhere
     * @param finished whether it ended, so that it takes nothing any more; a terminating pod is not finished
     * @param seat whose place it has taken, for a pod of ours
     */
    public record Pod(String node, boolean finished, Resources requests, Optional<Seat> seat) {}

    /** One worker's place in one attempt of a job. */
    public record Seat(String jobUid, int attempt, int rank) {}

    /**
     * A grant.
     *
     * @param nodes a node for each rank, in rank order
     * @param each what each pod will take
     */
    public record Hold(String jobUid, int attempt, List<String> nodes, Resources each) {}
}
