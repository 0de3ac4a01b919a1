package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.NodeAffinity;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the cluster adds to what pods of ours ask for when they are made: a LimitRange's defaults, a webhook's sidecar,
 * a runtime class's overhead; and where it has them run: a namespace's node selector, the toleration that some clusters
 * give to whoever asks for a GPU. A dry run tells it before a workload queues, and from then on places are granted for
 * all of it. Kept in memory alone: a new leader finds it out anew.
 */
public final class AddedRequests {
    private static final String LIMIT_RANGER = "kubernetes.io/limit-ranger";

    /** Every pod bears for some minutes that its node is away; that is no reason to send it there. */
    private static final Set<String> OF_EVERY_POD =
            Set.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");

    /**
     * How long an answer is good for by which more is asked for: an admin may mend a LimitRange or a policy meanwhile,
     * and nobody tells of that.
     */
    static final Duration GOOD_FOR = Duration.ofMinutes(1);

    /** Reasons to wait that are about amounts, and nodes that have them. */
    private static final Set<WaitReason> OF_AMOUNTS = EnumSet.of(
            WaitReason.WAITING_FOR_CAPACITY,
            WaitReason.DOES_NOT_FIT,
            WaitReason.TOPOLOGY_PLACEMENT_FAILED,
            WaitReason.WAITING_FOR_QUOTA,
            WaitReason.EXCEEDS_MAX_QUOTA,
            WaitReason.NO_MATCHING_FLAVOR);

    private final Map<String, Map<String, Added>> byOwner = new ConcurrentHashMap<>();
    private final Changes changes;
    private final InstantSource clock;

    /** @param changes by which the job is looked at again of which something is known */
    public AddedRequests(Changes changes, InstantSource clock) {
        this.changes = changes;
        this.clock = clock;
    }

    /**
     * To the pods of one set.
     *
     * @param more what each of them takes beside what it was sent with
     * @param where the nodes that each of them is to run on, beside what it was sent with
     * @param words who adds it; empty if nothing is added that keeps a pod from a node
     */
    private record Added(Resources more, NodeConstraints where, String words, Instant at) {
        private boolean isNothing() {
            return more.thousandths().isEmpty() && where.equals(NodeConstraints.ANYWHERE);
        }
    }

    /**
     * Takes note of it.
     *
     * @param sent a pod of ours
     * @param kept as the API server would keep it
     */
    void learn(Pod sent, Pod kept) {
        var more = new Resources(new TreeMap<>(
                Requests.of(kept.getSpec()).minus(Requests.of(sent.getSpec())).thousandths().entrySet().stream()
                        .filter(amount -> amount.getValue() != 0)
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue))));
        var words = more.thousandths().isEmpty()
                ? ""
                : "; that counts %s a pod which aren't in the spec and are added by %s"
                        .formatted(more, String.join(" and ", sources(sent, kept)));
        var where = where(sent.getSpec(), kept.getSpec());
        byOwner.computeIfAbsent(owner(sent), uid -> new ConcurrentHashMap<>())
                .put(
                        sent.getMetadata().getLabels().get(Labels.POD_SET),
                        new Added(more, where, words + words(where), clock.instant()));
    }

    private static NodeConstraints where(PodSpec sent, PodSpec kept) {
        var labels = new TreeMap<>(orEmpty(kept.getNodeSelector()));
        labels.entrySet().removeAll(orEmpty(sent.getNodeSelector()).entrySet());
        var tolerations = new ArrayList<>(kept.getTolerations());
        tolerations.removeAll(sent.getTolerations());
        tolerations.removeIf(toleration -> OF_EVERY_POD.contains(String.valueOf(toleration.getKey())));
        return new NodeConstraints(labels, tolerations, affinity(kept), List.of(), Set.of());
    }

    /** What a pod is sent with before it has a place has none. */
    private static List<NodeSelector> affinity(PodSpec kept) {
        return Optional.ofNullable(kept.getAffinity())
                .map(Affinity::getNodeAffinity)
                .map(NodeAffinity::getRequiredDuringSchedulingIgnoredDuringExecution)
                .stream()
                .toList();
    }

    private static String words(NodeConstraints where) {
        var words = new ArrayList<String>();
        where.nodeSelector().forEach((label, value) -> words.add("nodeSelector " + label + "=" + value));
        if (!where.affinity().isEmpty()) {
            words.add("a nodeAffinity");
        }
        return words.isEmpty()
                ? ""
                : "; the pods get %s, which isn't in the spec and is added by a webhook or for the whole namespace"
                        .formatted(String.join(" and ", words));
    }

    private static <K, V> Map<K, V> orEmpty(Map<K, V> map) {
        return map == null ? Map.of() : map;
    }

    /** Whether anything is known of the pods of a job or service. */
    boolean knows(String uid) {
        return byOwner.containsKey(uid);
    }

    /** Whether it is to be asked anew of one that waits. */
    boolean isOld(String uid) {
        var now = clock.instant();
        return added(uid).stream()
                .anyMatch(added ->
                        !added.isNothing() && !added.at().plus(GOOD_FOR).isAfter(now));
    }

    /** All was asked about the pods of one that queues already. */
    void asked(String uid) {
        byOwner.computeIfAbsent(uid, any -> new ConcurrentHashMap<>());
        changes.look(uid);
    }

    boolean adds(String uid) {
        return added(uid).stream().anyMatch(added -> !added.isNothing());
    }

    /** Forgets a job or service, which is gone. */
    public void forget(String uid) {
        byOwner.remove(uid);
    }

    /** A workload that asks for places for all of it. */
    public Workload with(Workload workload) {
        return adds(workload.uid())
                ? workload.withPodSets(workload.podSets().stream()
                        .map(set -> new PodSet(
                                set.name(),
                                set.firstRank(),
                                set.count(),
                                set.minimum(),
                                set.each().plus(more(workload.uid(), set.name())),
                                set.where().and(where(workload.uid(), set.name()))))
                        .toList())
                : workload;
    }

    /** Places that hold all of it. */
    public Grant with(Grant grant) {
        var uid = grant.id().uid();
        return adds(uid)
                ? grant.withPodSets(grant.podSets().stream()
                        .map(seats -> new Grant.Seats(
                                seats.podSet(),
                                seats.firstRank(),
                                seats.each().plus(more(uid, seats.podSet())),
                                seats.nodes()))
                        .toList())
                : grant;
    }

    /** What one waits for, and whose numbers are among those that it can't have. */
    Wait with(String uid, Wait wait) {
        var words = added(uid).stream().map(Added::words).distinct().collect(Collectors.joining());
        return words.isEmpty() || !OF_AMOUNTS.contains(wait.reason())
                ? wait
                : new Wait(wait.reason(), wait.message() + words);
    }

    private List<Added> added(String uid) {
        return List.copyOf(byOwner.getOrDefault(uid, Map.of()).values());
    }

    private Resources more(String uid, String podSet) {
        var added = byOwner.getOrDefault(uid, Map.of()).get(podSet);
        return added == null ? Resources.NONE : added.more();
    }

    private NodeConstraints where(String uid, String podSet) {
        var added = byOwner.getOrDefault(uid, Map.of()).get(podSet);
        return added == null ? NodeConstraints.ANYWHERE : added.where();
    }

    private static List<String> sources(Pod sent, Pod kept) {
        var sources = new ArrayList<String>();
        var ours = containers(sent.getSpec()).map(Container::getName).collect(Collectors.toSet());
        var sidecars = containers(kept.getSpec())
                .map(Container::getName)
                .filter(name -> !ours.contains(name))
                .collect(Collectors.joining(", "));
        if (!sidecars.isEmpty()) {
            sources.add("a webhook, with container " + sidecars);
        }
        var annotations = kept.getMetadata().getAnnotations();
        if (annotations != null && annotations.containsKey(LIMIT_RANGER)) {
            sources.add("the namespace's LimitRange (%s)".formatted(annotations.get(LIMIT_RANGER)));
        }
        if (kept.getSpec().getOverhead() != null
                && !kept.getSpec().getOverhead().isEmpty()) {
            sources.add("the overhead of RuntimeClass " + kept.getSpec().getRuntimeClassName());
        }
        return sources.isEmpty() ? List.of("a webhook") : sources;
    }

    private static Stream<Container> containers(PodSpec spec) {
        return Stream.concat(
                spec.getContainers().stream(),
                spec.getInitContainers() == null ? Stream.empty() : spec.getInitContainers().stream());
    }

    private static String owner(Pod pod) {
        return pod.getMetadata().getOwnerReferences().getFirst().getUid();
    }
}
