package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.fit.Domains;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Pods that ask for places: the minimum of all pod sets gets its places together or not at all, the rest are filled in
 * one by one as room comes.
 *
 * @param id whose pods they are
 * @param attempt which attempt of it
 * @param priority the higher comes first
 * @param createdAt when it was created, or what it asks for was: of two alike, the older comes first
 * @param podSets of different names, with a minimum of at least one pod among them
 * @param topology how near each other all of them have to be; empty if it doesn't matter
 * @param longest the longest that it will hold its places; empty if nobody knows
 * @param spread a label of nodes of whose values pods of a pod set get as many as there is room on; empty if they may
 *     be close together
 * @param lasting whether it never ends by itself, and gives its places back one by one, see
 *     {@link dev.capstan.controllers.admission.cluster.Grant}
 */
public record Workload(
        WorkloadId id,
        int attempt,
        int priority,
        Instant createdAt,
        List<PodSet> podSets,
        Optional<Topology> topology,
        Optional<Duration> longest,
        Optional<String> spread,
        boolean lasting) {
    public Workload {
        if (podSets.stream().mapToInt(PodSet::minimum).sum() == 0) {
            throw new IllegalArgumentException("a workload without a minimum");
        }
    }

    /** One that ends some time, and whose pods may be close together. */
    public Workload(
            WorkloadId id,
            int attempt,
            int priority,
            Instant createdAt,
            List<PodSet> podSets,
            Optional<Topology> topology,
            Optional<Duration> longest) {
        this(id, attempt, priority, createdAt, podSets, topology, longest, Optional.empty(), false);
    }

    /** By priority, then first come, first served; the names make it the same order every time. */
    public static final Comparator<Workload> BY_TURN = Workload::compareTurns;

    private static int compareTurns(Workload one, Workload other) {
        // Written out: a cycle compares many thousand times.
        if (one.priority != other.priority) {
            return one.priority > other.priority ? -1 : 1;
        }
        int byAge = one.createdAt.compareTo(other.createdAt);
        return byAge != 0 ? byAge : BY_NAME.compare(one.id, other.id);
    }

    private static final Comparator<WorkloadId> BY_NAME = Comparator.comparing(WorkloadId::namespace)
            .thenComparing(WorkloadId::name)
            .thenComparing(WorkloadId::kind)
            .thenComparing(WorkloadId::uid);

    public String uid() {
        return id.uid();
    }

    /** How many pods it has to have places for before any starts. */
    public int minimum() {
        int all = 0;
        for (var podSet : podSets) {
            all += podSet.minimum();
        }
        return all;
    }

    /** The same of other pods. */
    public Workload withPodSets(List<PodSet> others) {
        return new Workload(id, attempt, priority, createdAt, others, topology, longest, spread, lasting);
    }

    /** The same, but for nodes that have refused a pod of it of late. */
    public Workload notOn(Set<String> barred) {
        return podSets.stream().allMatch(podSet -> podSet.where().barred().equals(barred))
                ? this
                : withPodSets(podSets.stream()
                        .map(podSet -> new PodSet(
                                podSet.name(),
                                podSet.firstRank(),
                                podSet.count(),
                                podSet.minimum(),
                                podSet.each(),
                                podSet.where().notOn(barred)))
                        .toList());
    }

    /**
     * All pods in nodes that carry the same value of a label.
     *
     * @param label such as {@code topology.kubernetes.io/rack}
     * @param required or else preferred: then as few values as can be
     * @param because why, if it isn't the user who asks for it
     */
    public record Topology(String label, boolean required, Optional<String> because) {
        /** All on one node, because a claim can be mounted by one only. */
        public static Topology oneNode(String claim) {
            return new Topology(
                    Domains.HOSTNAME,
                    true,
                    Optional.of(
                            "all workers have to be on one node, because only one at a time can mount claim %s (its access modes have neither ReadWriteMany nor ReadOnlyMany)"
                                    .formatted(claim)));
        }
    }
}
