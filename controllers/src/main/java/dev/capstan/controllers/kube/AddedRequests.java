package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the cluster adds to what pods of ours ask for when they are made: a LimitRange's defaults, a webhook's sidecar,
 * a runtime class's overhead. A dry run tells it before a workload queues, and from then on places are granted for all
 * of it. Kept in memory alone: a new leader finds it out anew.
 */
public final class AddedRequests {
    private static final String LIMIT_RANGER = "kubernetes.io/limit-ranger";

    /** Reasons to wait that are about amounts. */
    private static final Set<WaitReason> OF_AMOUNTS = EnumSet.of(
            WaitReason.WAITING_FOR_CAPACITY,
            WaitReason.DOES_NOT_FIT,
            WaitReason.TOPOLOGY_PLACEMENT_FAILED,
            WaitReason.WAITING_FOR_QUOTA,
            WaitReason.EXCEEDS_MAX_QUOTA,
            WaitReason.NO_MATCHING_FLAVOR);

    private final Map<String, Map<String, Added>> byOwner = new ConcurrentHashMap<>();
    private final Changes changes;

    /** @param changes by which the job is looked at again of which something is known */
    public AddedRequests(Changes changes) {
        this.changes = changes;
    }

    /**
     * To the pods of one set.
     *
     * @param more what each of them takes beside what it was sent with
     * @param words who adds it; empty if nothing is added
     */
    private record Added(Resources more, String words) {}

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
        byOwner.computeIfAbsent(owner(sent), uid -> new ConcurrentHashMap<>())
                .put(sent.getMetadata().getLabels().get(Labels.POD_SET), new Added(more, words));
    }

    /** Whether anything is known of the pods of a job or service. */
    boolean knows(String uid) {
        return byOwner.containsKey(uid);
    }

    /** All was asked about the pods of one that queues already. */
    void asked(String uid) {
        byOwner.computeIfAbsent(uid, any -> new ConcurrentHashMap<>());
        changes.look(uid);
    }

    private boolean adds(String uid) {
        return added(uid).stream().anyMatch(added -> !added.words().isEmpty());
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
                                set.where()))
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
