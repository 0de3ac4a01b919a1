package dev.capstan.controllers.inference;

import dev.capstan.crds.Placement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Works a plan of seats out, step by step: each sees what those before it have decided. */
final class SeatPlanner {
    private final SeatPlan.Wish wish;
    private final SeatPlan.Ground ground;
    private final Map<Integer, Placement> places;
    private final Set<Replica> deleted = new HashSet<>();
    private final List<SeatPlan.Make> made = new ArrayList<>();
    private final int seats;

    SeatPlanner(SeatPlan.Wish wish, SeatPlan.Ground ground) {
        this.wish = wish;
        this.ground = ground;
        places = ground.placements().stream()
                .collect(Collectors.toMap(Placement::getRank, Function.identity(), (one, other) -> one));
        seats = wish.replicas() + extraSeats();
    }

    SeatPlan plan() {
        ground.pods().stream()
                .filter(pod -> pod.state() == Replica.State.LOST || pod.state() == Replica.State.REFUSED)
                .forEach(deleted::add);
        deleteDoubles();
        deleteUseless();
        make();
        deleteReplaced();
        return new SeatPlan(
                seats,
                List.copyOf(made),
                deleted.stream()
                        .map(Replica::pod)
                        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                        .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
                        .toList(),
                ground.placements().stream().filter(place -> !isKept(place)).toList(),
                stuck());
    }

    /** Seats beyond the wanted number, to replace pods from. */
    private int extraSeats() {
        if (wish.replicas() == 0) {
            return 0;
        }
        int outdated = count(pod -> pod.isLive() && isOutdated(pod));
        int leaving = count(pod -> pod.isLive() && !isOutdated(pod) && isLeaving(pod));
        int surge = wish.surge();
        // A drain doesn't ask how many replicas too many there may be, and it waits for the disruption budget.
        return outdated > 0 ? Math.min(surge, outdated + leaving) : Math.min(Math.max(1, surge), leaving);
    }

    /** Two pods in one seat: one was made by somebody who didn't see the other. */
    private void deleteDoubles() {
        live().collect(Collectors.groupingBy(Replica::rank)).values().forEach(same -> {
            var inPlace = same.stream().filter(pod -> !isMisplaced(pod)).toList();
            inPlace.stream()
                    .sorted(Comparator.comparing(Replica::isReady)
                            .reversed()
                            .thenComparing(this::isOutdated)
                            .thenComparing(Replica::name))
                    .skip(1)
                    .forEach(deleted::add);
        });
    }

    /**
     * What doesn't answer and isn't wanted takes nothing away as it goes. But what has served well may do so again in a
     * moment: it goes only as fast as the target may try.
     */
    private void deleteUseless() {
        var idle = live().filter(pod -> !pod.isReady()).toList();
        idle.stream()
                .filter(pod -> isBeyond(pod)
                        || isOutdated(pod) && !isFallback(pod)
                        || isMisplaced(pod) && places.containsKey(pod.rank()))
                .forEach(deleted::add);
        idle.stream()
                .filter(pod -> isFallback(pod) && !deleted.contains(pod))
                .limit(Math.max(0, Math.max(1, wish.surge()) - trying()))
                .forEach(deleted::add);
    }

    private void make() {
        for (int rank = wish.firstRank(); rank < wish.firstRank() + seats; rank++) {
            var place = places.get(rank);
            if (place != null && isFree(place) && isReusable(place)) {
                revisionFor(rank)
                        .ifPresent(revision -> made.add(new SeatPlan.Make(place.getRank(), place.getNode(), revision)));
            }
        }
    }

    /**
     * What a free seat gets: the target, unless nobody has seen that become ready yet and enough pods try. Then what
     * has served well keeps the wanted number up.
     */
    private Optional<String> revisionFor(int rank) {
        if (wish.fallback().isEmpty() || !isBlocked()) {
            return Optional.of(wish.target());
        }
        int others = count(pod -> pod.isLive() && !isTarget(pod.revision()) && !deleted.contains(pod))
                + (int) made.stream().filter(pod -> !isTarget(pod.revision())).count();
        return rank < wish.firstRank() + wish.replicas() && others < wish.replicas()
                ? wish.fallback()
                : Optional.empty();
    }

    /** Whether the target has as many pods that aren't ready as may try, and none that is. */
    private boolean isBlocked() {
        return count(pod -> pod.isReady() && isTarget(pod.revision())) == 0 && trying() >= Math.max(1, wish.surge());
    }

    /** How many pods of the target are on their way. */
    private int trying() {
        return count(pod -> pod.state() == Replica.State.STARTING && isTarget(pod.revision()))
                + (int) made.stream().filter(pod -> isTarget(pod.revision())).count();
    }

    /** Ready pods that go because enough others are: first those beyond the wanted number, the oldest last. */
    private void deleteReplaced() {
        var candidates = live().filter(Replica::isReady)
                .filter(pod -> isBeyond(pod) || isToReplace(pod))
                .sorted(Comparator.comparing((Replica pod) -> !(isBeyond(pod) && isToReplace(pod)))
                        .thenComparing(pod -> !isBeyond(pod))
                        .thenComparing(pod -> isBeyond(pod) ? -pod.rank() : pod.rank()))
                .toList();
        for (var pod : candidates) {
            int ready = (int) live().filter(Replica::isReady).count();
            if (ready > wish.replicas() || makesRoom(pod, ready)) {
                deleted.add(pod);
            }
        }
    }

    /** Whether an old pod goes before there is another, for want of a seat for that. */
    private boolean makesRoom(Replica pod, int ready) {
        boolean alone = wish.surge() == 0 || wish.noRoom();
        // One at a time: what was made room for has to come first.
        boolean settled = live().allMatch(Replica::isReady)
                && made.isEmpty()
                && count(other -> other.state() == Replica.State.ENDING) == 0
                && deleted.stream().noneMatch(Replica::isReady);
        return alone && isOutdated(pod) && settled && ready - 1 >= wish.minimum();
    }

    /** Pods whose replacement waits for a seat. */
    private List<Replica> stuck() {
        long more = ground.placements().stream()
                .filter(place -> place.getRank() >= wish.firstRank() + wish.replicas())
                .count();
        return more > 0
                ? List.of()
                : live().filter(pod -> isToReplace(pod) && !deleted.contains(pod))
                        .toList();
    }

    private boolean isKept(Placement place) {
        boolean used = pods(place).anyMatch(pod -> pod.isLive() && !deleted.contains(pod))
                || made.stream().anyMatch(pod -> pod.rank() == place.getRank());
        return used || isReusable(place);
    }

    /** Whether a place may be used for another pod than the one that is in it, if one is. */
    private boolean isReusable(Placement place) {
        return !isBeyond(place.getRank())
                && !ground.isLost().test(place.getNode())
                && !ground.isLeaving().test(place.getNode())
                && pods(place)
                        .allMatch(pod -> pod.state() != Replica.State.REFUSED
                                && ground.fits().test(pod));
    }

    /** Whether nobody is in a place who still uses it. */
    private boolean isFree(Placement place) {
        return pods(place)
                .filter(pod -> pod.state() != Replica.State.LOST)
                .allMatch(pod -> deleted.contains(pod) && pod.node().isEmpty());
    }

    private Stream<Replica> pods(Placement place) {
        return ground.pods().stream().filter(pod -> isIn(pod, place));
    }

    private static boolean isIn(Replica pod, Placement place) {
        return pod.rank() == place.getRank()
                && pod.node().map(place.getNode()::equals).orElse(true);
    }

    private boolean isMisplaced(Replica pod) {
        var place = places.get(pod.rank());
        return place == null || !isIn(pod, place);
    }

    private boolean isToReplace(Replica pod) {
        return isOutdated(pod) || isLeaving(pod) || isMisplaced(pod);
    }

    private boolean isOutdated(Replica pod) {
        return !isTarget(pod.revision());
    }

    private boolean isTarget(String revision) {
        return revision.equals(wish.target());
    }

    private boolean isFallback(Replica pod) {
        return wish.fallback().filter(pod.revision()::equals).isPresent();
    }

    private boolean isLeaving(Replica pod) {
        return pod.node().filter(ground.isLeaving()).isPresent();
    }

    private boolean isBeyond(Replica pod) {
        return isBeyond(pod.rank());
    }

    private boolean isBeyond(int rank) {
        return rank < wish.firstRank() || rank >= wish.firstRank() + seats;
    }

    private Stream<Replica> live() {
        return ground.pods().stream().filter(pod -> pod.isLive() && !deleted.contains(pod));
    }

    private int count(Predicate<Replica> which) {
        return (int) ground.pods().stream().filter(which).count();
    }
}
