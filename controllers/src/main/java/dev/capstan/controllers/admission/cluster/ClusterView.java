package dev.capstan.controllers.admission.cluster;

import io.fabric8.kubernetes.api.model.Taint;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a cluster is made of, as far as places for pods go. Nothing in it changes. */
public final class ClusterView {
    private ClusterView() {}

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
     * @param goneBy for one that was told to end, when it will be gone at the latest if its node lives
     * @param stray its name, of one that was made for a job or service and can't be told to be any one's
     */
    public record Pod(
            String uid,
            String namespace,
            String node,
            boolean finished,
            Resources requests,
            Optional<Seat> seat,
            Optional<Instant> goneBy,
            Optional<String> stray) {
        /** One that nobody has meddled with. */
        public Pod(
                String uid,
                String namespace,
                String node,
                boolean finished,
                Resources requests,
                Optional<Seat> seat,
                Optional<Instant> goneBy) {
            this(uid, namespace, node, finished, requests, seat, goneBy, Optional.empty());
        }

        /** One that wasn't told to end. */
        public Pod(
                String uid, String namespace, String node, boolean finished, Resources requests, Optional<Seat> seat) {
            this(uid, namespace, node, finished, requests, seat, Optional.empty());
        }

        public boolean takesRoom() {
            return node != null && !finished;
        }

        /** A pod of ours that no scheduler has bound yet holds its place by its grant, and not twice. */
        public boolean isSeated() {
            return node != null || finished;
        }
    }

    /** One pod's place in one attempt of a workload, which only a pod of the workload's namespace can take. */
    public record Seat(String namespace, String jobUid, int attempt, int rank) {}
}
