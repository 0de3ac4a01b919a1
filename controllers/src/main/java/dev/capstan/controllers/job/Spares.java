package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.Block;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The pods of a gang that stand by. What becomes of them never disturbs the workers: a spare that ends, for whatever
 * reason, is made anew, as soon as all workers are at work.
 *
 * @param all how each of them is, by the number of its seat in the place of a rank
 */
record Spares(JobState state, List<WorkerState> all) {
    /** How soon a spare is made again that the API server doesn't take. */
    private static final Duration REFUSED_AGAIN = Duration.ofSeconds(30);

    static Spares of(JobState state) {
        return new Spares(state, WorkerStates.ofSpares(state.world(), state.attempt(), state.description()));
    }

    /** Those that can take a rank at once: they have loaded all, and answer. */
    List<WorkerState.Running> warm() {
        return all.stream()
                .filter(WorkerState.Running.class::isInstance)
                .map(WorkerState.Running.class::cast)
                .filter(spare -> spare.ready()
                        && spare.ip() != null
                        && state.world().voices().standsBy(spare.pod()))
                .toList();
    }

    /** How many can. */
    int ready() {
        return WorkerStates.ready(all);
    }

    /** Those that have an address. */
    List<Plan.Peer> peers() {
        return state.peers(all);
    }

    /** What is to be said of them beside the workers; empty if there are to be none. */
    String words() {
        if (all.isEmpty()) {
            return "";
        }
        var places = new SeatPlaces(state);
        boolean lacks = all.stream().anyMatch(spare -> places.of(spare.rank()).isEmpty());
        return "; %d of %s".formatted(ready(), all.size() == 1 ? "1 spare is ready" : all.size() + " spares are ready")
                + (lacks ? ", one waits for a place" : "")
                + (lacks
                        ? state.world()
                                .verdict()
                                .map(wait -> ": " + wait.message())
                                .orElse("")
                        : "")
                + Messages.trouble(all);
    }

    /** Has those made anew that are lost, while the workers are at work. */
    Decision kept(Decision decision) {
        var known = state.status().map(JobStatus::getMembership);
        boolean atWork =
                known.filter(membership -> membership.getSince() == null).isPresent();
        if (state.description().spares() == 0 || !atWork || decision.written().isPresent()) {
            return decision;
        }
        return new Upkeep(known.get()).keep(decision);
    }

    /** What to do though the API server doesn't take a spare; empty if that isn't what it doesn't take. */
    Optional<Decision> refused(Decision decision, String message) {
        boolean spares = StatusReader.allMade(state.job())
                && state.seats().gathering().isEmpty()
                && !decision.children().make().isEmpty()
                && decision.children().make().stream().allMatch(child -> child instanceof Pod pod && isOne(pod));
        if (!spares) {
            return Optional.empty();
        }
        var after = state.world().now().plus(REFUSED_AGAIN).truncatedTo(ChronoUnit.MILLIS);
        var membership = state.status().map(JobStatus::getMembership).orElseThrow();
        var next = Block.copy(membership).setSparesAfter(after.toString());
        return Optional.of(decision.making(List.of())
                .writing(Terms.Written.of(state, next))
                .tell(TermNotices.spareRefused(state, message))
                .again(REFUSED_AGAIN));
    }

    private boolean isOne(Pod pod) {
        return all.stream()
                .anyMatch(spare -> state.description()
                        .podName(state.attempt(), spare.rank())
                        .equals(pod.getMetadata().getName()));
    }

    /** One look at them. */
    private final class Upkeep {
        private final Membership before;
        private final Membership next;
        private final SeatPlaces places = new SeatPlaces(state);
        private final List<Integer> missing = new ArrayList<>();
        private Seats seats = state.seats();
        private Decision decision;

        Upkeep(Membership membership) {
            before = membership;
            next = Block.copy(membership);
        }

        Decision keep(Decision first) {
            decision = first;
            places.forgetTaken(next);
            all.forEach(this::look);
            next.setReplaced(seats.told());
            var wait = Optional.ofNullable(before.getSparesAfter())
                    .map(after -> Duration.between(state.world().now(), Instant.parse(after)))
                    .filter(Duration::isPositive);
            if (wait.isEmpty()) {
                next.setSparesAfter(null);
            }
            if (!next.equals(before)) {
                return decision.writing(Terms.Written.of(state, next));
            }
            if (missing.isEmpty()) {
                return decision;
            }
            return wait.map(decision::again).orElseGet(() -> decision.making(JobChildren.pods(state, missing)));
        }

        private void look(WorkerState spare) {
            int seat = spare.rank();
            switch (spare) {
                case WorkerState.Missing gone -> {
                    if (places.of(seat).isPresent() && !places.isReady(seat)) {
                        places.giveBack(next, seat);
                    } else if (places.isFree(seat, next) && !isHeld(seat)) {
                        missing.add(seat);
                    }
                }
                case WorkerState.Starting starting -> {
                    if (places.isStuck(seat)) {
                        again(seat, starting.pod(), "it could not be bound to its node", true);
                    }
                }
                case WorkerState.Ended ended ->
                    again(seat, ended.pod(), ended.outcome().message(), false);
                case WorkerState.Lost lost -> again(seat, lost.pod(), lost.why(), false);
                case WorkerState.Refused refused -> again(seat, refused.pod(), refused.why(), refused.byKubelet());
                case WorkerState.Strayed strayed -> {}
                case WorkerState.Running running -> {}
                case WorkerState.Ending ending -> {}
            }
        }

        /** Whether the pod before still has the room. */
        private boolean isHeld(int seat) {
            return Gang.of(state.world().pods(), state.attempt(), state.description()).replaced().stream()
                    .anyMatch(pod -> PodLabels.rank(pod) == seat
                            && !PodReport.finished(pod)
                            && !state.world().onDeadNode(pod));
        }

        /** One that ends again and again is made again more and more seldom, by how long each has lived. */
        private void again(int seat, String pod, String why, boolean elsewhere) {
            var made = state.world().pods().stream()
                    .filter(there -> there.getMetadata().getName().equals(pod))
                    .map(there -> there.getMetadata().getCreationTimestamp())
                    .filter(time -> time != null)
                    .findFirst()
                    .map(Instant::parse)
                    .orElse(Instant.EPOCH);
            var left = Duration.between(
                    state.world().now(),
                    made.plus(Attempts.BACKOFF.after(state.seats().incarnation(seat) + 1)));
            if (left.isPositive()) {
                decision = decision.again(left);
                return;
            }
            seats = seats.spareLost(seat);
            if (elsewhere || !places.isReady(seat)) {
                places.giveBack(next, seat);
            }
            decision = decision.tell(TermNotices.spareLost(state, seat, pod, why));
        }
    }
}
