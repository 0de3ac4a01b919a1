package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Places of a gang that its pods can't take any more: the node is gone, or the scheduler finds no way to bind a pod to
 * it, as it isn't ready, is cordoned, or somebody else was quicker. Until its timeout the gang would hold all its other
 * places for nothing.
 */
final class LostPlaces {
    /** How long the scheduler may find no way: what passes by itself mostly does so sooner. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Instant now;
    private final Map<String, Boolean> nodes;
    /** The attempt's, by number. */
    private final Map<Integer, Pod> pods;

    /** Those to which no pod is bound. */
    private final List<Placement> unbound;

    /** Who has a place, such as {@code worker}. */
    private final Function<Placement, String> who;

    /** @param counts of whose places the gang can't do without */
    private LostPlaces(JobState state, List<Pod> all, Predicate<Placement> counts, Function<Placement, String> who) {
        var world = state.world();
        this.who = who;
        now = world.now();
        nodes = world.nodes();
        pods = all.stream()
                .filter(pod -> PodLabels.attempt(pod) == state.attempt())
                .collect(Collectors.toMap(PodLabels::rank, Function.identity(), (one, other) -> one));
        unbound = state.job().getStatus().getAdmission().getPlacements().stream()
                .filter(place -> counts.test(place) && !isBound(pods.get(place.getRank())))
                .toList();
    }

    /** Those of a gang's workers. */
    static LostPlaces of(JobState state) {
        var seats = state.seats();
        return new LostPlaces(
                state,
                state.world().pods(),
                place -> seats.rank(place.getRank()).isPresent(),
                place -> "worker " + place.getRank());
    }

    /** That of the pod that checks the data. */
    static LostPlaces ofCheck(JobState state) {
        return new LostPlaces(state, state.world().checks(), place -> true, place -> "the data check");
    }

    /** Why the gang can't become whole; empty as long as it may. */
    Optional<Wait> why() {
        return unbound.stream()
                .flatMap(place -> why(place).stream())
                .map(message -> new Wait(WaitReason.PLACE_LOST, message))
                .findFirst();
    }

    /** When a place will be lost if nothing changes; empty if nothing speaks for that. */
    Optional<Duration> left() {
        return unbound.stream()
                .flatMap(place -> unschedulable(place).stream())
                .map(condition -> PATIENCE.minus(since(condition)))
                .min(Comparator.naturalOrder());
    }

    private Optional<String> why(Placement place) {
        if (!nodes.containsKey(place.getNode())) {
            return Optional.of("node %s, where %s had its place, is gone".formatted(place.getNode(), who.apply(place)));
        }
        return unschedulable(place)
                .filter(condition -> since(condition).compareTo(PATIENCE) >= 0)
                .map(condition -> "for %d s %s could not be bound to node %s, where it had its place: %s"
                        .formatted(
                                since(condition).toSeconds(),
                                who.apply(place),
                                place.getNode(),
                                condition.getMessage()));
    }

    private Optional<PodCondition> unschedulable(Placement place) {
        return Optional.ofNullable(pods.get(place.getRank()))
                .flatMap(pod -> PodReport.condition(pod, "PodScheduled"))
                .filter(condition ->
                        "Unschedulable".equals(condition.getReason()) && condition.getLastTransitionTime() != null);
    }

    private Duration since(PodCondition condition) {
        return Duration.between(Instant.parse(condition.getLastTransitionTime()), now);
    }

    private static boolean isBound(Pod pod) {
        return pod != null && pod.getSpec().getNodeName() != null;
    }
}
