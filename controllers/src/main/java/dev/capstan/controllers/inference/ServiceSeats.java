package dev.capstan.controllers.inference;

import dev.capstan.controllers.pods.ReplicaPods;
import dev.capstan.crds.inference.Revision;
import dev.capstan.crds.inference.Seats;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The seats of a service: which are wanted, and what becomes of the pods in them.
 *
 * @param replicas of those that answer
 * @param routers of those that pass requests on
 * @param asked what the status is to say
 * @param untilNoRoom when seats for a rollout will have been waited for long enough, if they are waited for
 */
record ServiceSeats(SeatPlan replicas, SeatPlan routers, Seats asked, Optional<Duration> untilNoRoom) {
    static ServiceSeats of(ServiceState state, Revision target) {
        var left = untilNoRoom(state);
        boolean noRoom = left.filter(time -> !time.isPositive()).isPresent();
        var replicas = SeatPlan.of(
                new SeatPlan.Wish(
                        0,
                        state.spec().replicas(),
                        state.spec().rollout().maxSurge(),
                        state.minimum(),
                        text(target),
                        state.stable()
                                .filter(stable -> !stable.getRevision().equals(target.getRevision()))
                                .filter(stable -> state.template(stable).isPresent())
                                .map(ServiceSeats::text),
                        noRoom),
                ground(state, target));
        return new ServiceSeats(
                replicas, routers(state), asked(state, replicas.seats()), left.filter(Duration::isPositive));
    }

    private static SeatPlan.Ground ground(ServiceState state, Revision target) {
        var template = state.template(target);
        var fit = template.map(how -> fit(state, state.kind(target, how)));
        return new SeatPlan.Ground(
                state.replicas(),
                state.placements().stream()
                        .filter(place -> place.getRank() < ServicePods.FIRST_ROUTER)
                        .toList(),
                state.world()::isLost,
                state.world()::isLeaving,
                pod -> fit.map(those -> those.inPlaceOf(pod)).orElse(true));
    }

    private static PlaceFit fit(ServiceState state, ReplicaPods.Kind kind) {
        return new PlaceFit(
                kind.set().workers(),
                ReplicaPods.pod(state.owner(ServiceState.none()), kind, 0, 0, Optional.empty(), state.settings()),
                state.world().templates());
    }

    /** Routers go one after the other: as long as one is there, requests find their way. */
    private static SeatPlan routers(ServiceState state) {
        if (state.routersWanted() == 0 && state.routers().isEmpty()) {
            return SeatPlan.none(state.placements().stream()
                    .filter(place -> place.getRank() >= ServicePods.FIRST_ROUTER)
                    .toList());
        }
        var kind = state.routerKind();
        var fit = fit(state, kind);
        return SeatPlan.of(
                new SeatPlan.Wish(
                        ServicePods.FIRST_ROUTER,
                        state.routersWanted(),
                        0,
                        Math.max(0, state.routersWanted() - 1),
                        kind.revision(),
                        Optional.empty(),
                        false),
                new SeatPlan.Ground(
                        state.routers(),
                        state.placements().stream()
                                .filter(place -> place.getRank() >= ServicePods.FIRST_ROUTER)
                                .toList(),
                        state.world()::isLost,
                        state.world()::isLeaving,
                        fit::inPlaceOf));
    }

    /** Whoever waits queues by the time when more was asked for. */
    private static Seats asked(ServiceState state, int seats) {
        var before = state.status().getSeats();
        boolean raised = before == null || seats > before.getReplicas();
        return new Seats()
                .setReplicas(seats)
                .setSince(
                        raised
                                ? state.world()
                                        .now()
                                        .truncatedTo(ChronoUnit.SECONDS)
                                        .toString()
                                : before.getSince());
    }

    /** How much longer a place for a rollout is waited for, before old pods make room; empty if none is waited for. */
    private static Optional<Duration> untilNoRoom(ServiceState state) {
        var asked = state.status().getSeats();
        int replicas = state.spec().replicas();
        boolean waits = asked != null
                && asked.getReplicas() > replicas
                && state.placements().stream()
                        .noneMatch(place -> place.getRank() >= replicas && place.getRank() < ServicePods.FIRST_ROUTER);
        return waits
                ? Optional.of(Duration.between(
                        state.world().now(),
                        Instant.parse(asked.getSince())
                                .plusSeconds(state.spec().scheduling().timeoutSeconds())))
                : Optional.empty();
    }

    private static String text(Revision revision) {
        return Integer.toString(revision.getRevision());
    }
}
