package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Reasons;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
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
    /** The attempt's, by rank. */
    private final Map<Integer, Pod> pods;
    /** Those to which no pod is bound. */
    private final List<Placement> open;

    private LostPlaces(Draft draft) {
        var world = draft.world();
        now = world.now();
        nodes = world.nodes();
        pods = world.pods().stream()
                .filter(pod -> WorkerStates.attempt(pod) == draft.attempt())
                .collect(Collectors.toMap(WorkerStates::rank, Function.identity(), (one, other) -> one));
        open = draft.job().getStatus().getAdmission().getPlacements().stream()
                .filter(place -> !isBound(pods.get(place.getRank())))
                .toList();
    }

    static LostPlaces of(Draft draft) {
        return new LostPlaces(draft);
    }

    /** Why the gang can't become whole; empty as long as it may. */
    Optional<Wait> why() {
        return open.stream()
                .flatMap(place -> why(place).stream())
                .map(message -> new Wait(Reasons.PLACE_LOST, message))
                .findFirst();
    }

    /** When a place will be lost if nothing changes; empty if nothing speaks for that. */
    Optional<Duration> left() {
        return open.stream()
                .flatMap(place -> unschedulable(place).stream())
                .map(condition -> PATIENCE.minus(since(condition)))
                .min(Comparator.naturalOrder());
    }

    private Optional<String> why(Placement place) {
        if (!nodes.containsKey(place.getNode())) {
            return Optional.of(
                    "node %s, where worker %d had its place, is gone".formatted(place.getNode(), place.getRank()));
        }
        return unschedulable(place)
                .filter(condition -> since(condition).compareTo(PATIENCE) >= 0)
                .map(condition -> "for %d s worker %d could not be bound to node %s, where it had its place: %s"
                        .formatted(
                                since(condition).toSeconds(),
                                place.getRank(),
                                place.getNode(),
                                condition.getMessage()));
    }

    private Optional<PodCondition> unschedulable(Placement place) {
        return Optional.ofNullable(pods.get(place.getRank()))
                .flatMap(pod -> WorkerStates.condition(pod, "PodScheduled"))
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
