package dev.capstan.controllers.inference;

import dev.capstan.controllers.inference.ServicePlan.Progress;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.inference.Revision;
import dev.capstan.protocol.Serving;
import java.util.List;
import java.util.Optional;

/**
 * How a service is, beside how it is to be.
 *
 * @param target the revision that is to serve
 * @param seats what becomes of its pods
 * @param hindrance why nothing can be made, if something is in the way
 */
record ServiceView(ServiceState state, Revision target, ServiceSeats seats, Optional<Wait> hindrance) {
    private static final String LOADER = "the model can't be loaded";

    int wanted() {
        return state.spec().replicas();
    }

    int ready() {
        return (int) state.replicas().stream().filter(Replica::isReady).count();
    }

    int readyRouters() {
        return (int) state.routers().stream().filter(Replica::isReady).count();
    }

    /** Whether a pod is of the target. */
    boolean isUpdated(Replica replica) {
        return replica.revision().equals(Integer.toString(target.getRevision()));
    }

    int updated() {
        return (int) live().stream().filter(this::isUpdated).count();
    }

    int updatedReady() {
        return (int)
                live().stream().filter(this::isUpdated).filter(Replica::isReady).count();
    }

    /** Replicas that are there, or on their way. */
    List<Replica> live() {
        return state.replicas().stream().filter(Replica::isLive).toList();
    }

    /** Whether enough replicas answer. */
    boolean isAvailable() {
        return wanted() == 0 || ready() >= Math.max(1, state.minimum());
    }

    /** Whether the target has taken the place of all others. */
    boolean isRolledOut() {
        return state.revision(target.getRevision()).isPresent()
                && live().stream().allMatch(this::isUpdated)
                && (wanted() == 0 || updatedReady() >= Math.max(1, state.minimum()));
    }

    /** The revision that the target takes the place of, if there is one. */
    Optional<Revision> before() {
        return state.stable().filter(stable -> !stable.getRevision().equals(target.getRevision()));
    }

    /** Why replicas of the target don't get ready, if they tried. */
    Optional<Progress> failure() {
        return updatedReady() > 0 && wanted() <= updatedReady()
                ? Optional.empty()
                : live().stream()
                        .filter(replica -> isUpdated(replica) && replica.failing() && !replica.isReady())
                        .findFirst()
                        .map(this::failure);
    }

    private Progress failure(Replica replica) {
        var said = state.world().servings().get(replica.pod().getMetadata().getUid());
        boolean loader = said != null && said.state() == Serving.State.FAILED;
        boolean crashed = replica.trouble().isEmpty() || !replica.trouble().contains("Image");
        return new Progress(
                loader || crashed ? Reasons.MODEL_LOAD_FAILED : Reasons.REPLICAS_FAILING,
                "revision %d, pod %s: %s"
                        .formatted(
                                target.getRevision(),
                                replica.name(),
                                replica.trouble().isEmpty() ? LOADER : replica.trouble()));
    }

    /** Why the model that the spec wants isn't known, if it isn't. */
    Optional<Wait> modelWait() {
        return state.wanted() instanceof WantedModel.Missing(var wait) ? Optional.of(wait) : Optional.empty();
    }

    /** How many of the wanted replicas have a place. */
    int placed() {
        return (int) state.placements().stream()
                .map(Placement::getRank)
                .filter(rank -> rank < wanted())
                .count();
    }

    private int placedRouters() {
        return (int) state.placements().stream()
                .filter(place -> place.getRank() >= ServicePods.FIRST_ROUTER)
                .count();
    }

    /** What the places that aren't granted yet wait for, in admission's words. */
    Optional<Wait> seatWait() {
        int missing = wanted() - Math.max(placed(), Math.min(wanted(), live().size()));
        int routers = state.routersWanted() - placedRouters();
        if (missing <= 0 && routers <= 0) {
            return Optional.empty();
        }
        var verdict = state.world().verdict();
        var how = "%d of %d replicas have a place".formatted(placed(), wanted())
                + (routers > 0 ? ", and %d of %d routers".formatted(placedRouters(), state.routersWanted()) : "");
        return Optional.of(verdict.map(why -> new Wait(why.reason(), how + ": " + why.message()))
                .orElseGet(() -> new Wait(WaitReason.WAITING_FOR_CAPACITY, how)));
    }

    /** What a pod waits for that is to be replaced, if there is no place for another. */
    private Optional<Progress> drain() {
        return seats.replicas().stuck().stream()
                .filter(replica ->
                        replica.node().filter(state.world()::isLeaving).isPresent())
                .findFirst()
                .map(replica -> new Progress(
                        Reasons.DRAIN_WAITS,
                        "node %s is being emptied, and pod %s on it goes when another answers: %s"
                                .formatted(
                                        replica.node().orElseThrow(),
                                        replica.name(),
                                        state.world()
                                                .verdict()
                                                .map(Wait::message)
                                                .orElse("waits for a place for that"))));
    }

    /** Why the service isn't as its spec wants it; empty if it is. */
    Optional<Progress> progress() {
        return hindrance
                .map(Progress::of)
                .or(this::failure)
                .or(() -> modelWait().map(Progress::of))
                .or(() -> seatWait().map(Progress::of))
                .or(this::rollout)
                .or(this::starting)
                .or(this::drain);
    }

    private Optional<Progress> rollout() {
        return before().isEmpty() && live().stream().allMatch(this::isUpdated)
                ? Optional.empty()
                : Optional.of(new Progress(Reasons.ROLLING_OUT, rolling()));
    }

    /** How far a rollout is, and what it waits for. */
    String rolling() {
        var how = "revision %d takes the place of %s: %d of %d replicas answer by it"
                .formatted(
                        target.getRevision(),
                        before().map(revision -> "revision " + revision.getRevision())
                                .orElse("others"),
                        updatedReady(),
                        wanted());
        int surge = state.spec().rollout().maxSurge();
        if (surge == 0 && state.minimum() >= wanted()) {
            return how
                    + "; no replica can go, as redundancy.minAvailable is %d, and none may come before, as rollout.maxSurge is 0: change one of them"
                            .formatted(state.spec().redundancy().minAvailable());
        }
        boolean waits = !seats.replicas().stuck().isEmpty() && updated() == updatedReady();
        return waits && surge > 0 && state.world().verdict().isPresent()
                ? how + "; " + state.world().verdict().get().message()
                : how;
    }

    private Optional<Progress> starting() {
        if (ready() < wanted() || updatedReady() < wanted()) {
            var how = "%d of %d replicas answer".formatted(ready(), wanted());
            return Optional.of(new Progress(Reasons.REPLICAS_STARTING, how + trouble(state.replicas())));
        }
        boolean oldRouters = !seats.routers().stuck().isEmpty();
        if (readyRouters() < state.routersWanted() || oldRouters) {
            return Optional.of(new Progress(
                    Reasons.ROUTERS_STARTING,
                    "%d of %d routers pass requests on".formatted(readyRouters(), state.routersWanted())
                            + trouble(state.routers())));
        }
        return Optional.empty();
    }

    /** What is in the way of the first of these pods that has trouble; empty if none has. */
    private static String trouble(List<Replica> pods) {
        return pods.stream()
                .filter(pod -> pod.isLive() && !pod.isReady() && !pod.trouble().isEmpty())
                .findFirst()
                .map(pod -> "; pod " + pod.name() + ": " + pod.trouble())
                .orElse("");
    }
}
