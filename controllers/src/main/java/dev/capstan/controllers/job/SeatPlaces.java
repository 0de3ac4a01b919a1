package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.Membership;
import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The places of a gang that goes on without some of its pods: which are good for another, and which are given back. */
final class SeatPlaces {
    /** How long the scheduler may find no way to a place before another is asked for. */
    private static final Duration UNBOUND = Duration.ofSeconds(5);

    private final JobState state;
    private final Map<Integer, Pod> pods;

    SeatPlaces(JobState state) {
        this.state = state;
        pods = Gang.of(state.world().pods(), state.attempt(), state.description())
                .bySeat();
    }

    /** The place of a seat, if it has one. */
    Optional<Placement> of(int seat) {
        return state.job().getStatus().getAdmission().getPlacements().stream()
                .filter(place -> place.getRank() == seat)
                .findFirst();
    }

    /** Whether a seat has a place, on a node that is ready. */
    boolean isReady(int seat) {
        return of(seat).filter(place -> state.world().nodes().getOrDefault(place.getNode(), false))
                .isPresent();
    }

    /** Whether a pod may be made for a seat: it has a place, and doesn't give it back. */
    boolean isFree(int seat, Membership membership) {
        return of(seat).filter(place -> !listed(membership).contains(place)).isPresent();
    }

    /** Whether the scheduler finds no way to bring a seat's pod to its place, as that of a node that was cordoned. */
    boolean isStuck(int seat) {
        return Optional.ofNullable(pods.get(seat))
                .filter(pod -> pod.getSpec().getNodeName() == null)
                .flatMap(pod -> PodReport.condition(pod, "PodScheduled"))
                .filter(condition -> "Unschedulable".equals(condition.getReason()))
                .map(condition -> Instant.parse(condition.getLastTransitionTime()))
                .filter(since -> !state.world().now().isBefore(since.plus(UNBOUND)))
                .isPresent();
    }

    /** Has the membership list the place of a seat as given back. */
    void giveBack(Membership next, int seat) {
        of(seat).ifPresent(place -> {
            var back = new ArrayList<>(listed(next));
            back.removeIf(other -> other.getRank() == seat);
            back.add(place);
            next.setGivenBack(List.copyOf(back));
        });
    }

    /** Has the membership list no place any more that the admission has taken back. */
    void forgetTaken(Membership next) {
        var back = listed(next).stream()
                .filter(place -> of(place.getRank()).filter(place::equals).isPresent())
                .toList();
        next.setGivenBack(back.isEmpty() ? null : back);
    }

    private static List<Placement> listed(Membership membership) {
        return Optional.ofNullable(membership.getGivenBack()).orElse(List.of());
    }
}
