package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.Domains;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;

/**
 * Pods that get their places together or not at all; all of one size.
 *
 * @param job whose pods they are
 * @param attempt which attempt of the job
 * @param priority the higher comes first
 * @param createdAt when the job was created: of two alike, the older gang comes first
 * @param size how many pods
 * @param each what each of them takes from its node
 * @param where on which nodes they may run
 * @param topology how near each other they have to be; empty if it doesn't matter
 * @param longest the longest that it will hold its places; empty if nobody knows
 */
public record Gang(
        Job job,
        int attempt,
        int priority,
        Instant createdAt,
        int size,
        Resources each,
        NodeConstraints where,
        Optional<Topology> topology,
        Optional<Duration> longest) {

    /** By priority, then first come, first served; the names make it the same order every time. */
    public static final Comparator<Gang> BY_TURN = Comparator.comparing(Gang::priority, Comparator.reverseOrder())
            .thenComparing(Gang::createdAt)
            .thenComparing(gang -> gang.job().namespace())
            .thenComparing(gang -> gang.job().name())
            .thenComparing(gang -> gang.job().uid());

    /** The same, but for nodes that have refused a pod of it of late. */
    public Gang notOn(Set<String> barred) {
        return where.barred().equals(barred)
                ? this
                : new Gang(
                        job,
                        attempt,
                        priority,
                        createdAt,
                        size,
                        each,
                        new NodeConstraints(where.nodeSelector(), where.tolerations(), where.volumes(), barred),
                        topology,
                        longest);
    }

    /** A job, told apart from an earlier one of the same name by its UID. */
    public record Job(String namespace, String name, String uid) {}

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
