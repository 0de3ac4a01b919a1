package dev.capstan.controllers.job;

import dev.capstan.crds.Block;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import dev.capstan.crds.Replacement;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * The seats of a gang: each has a place of the grant and one pod at a time, whose name has the seat's number. At first
 * the rank of a worker is the number of its seat, and the seats after those are the spares'. A spare that takes a rank
 * takes it with its seat; the seat of the lost worker is a spare's from then on.
 *
 * @param workers how many ranks there are
 * @param spares how many seats there are beside those that hold ranks
 * @param listed what the status says of those seats whose pod isn't their first, or holds another rank
 */
record Seats(int workers, int spares, Map<Integer, Replacement> listed) {
    static Seats of(JobDescription description) {
        return of(
                description, Optional.ofNullable(description.job().getStatus()).map(JobStatus::getMembership));
    }

    static Seats of(JobDescription description, Optional<Membership> membership) {
        return new Seats(description.replicas(), description.spares(), listed(membership));
    }

    private static Map<Integer, Replacement> listed(Optional<Membership> membership) {
        var listed = new TreeMap<Integer, Replacement>();
        membership
                .map(Membership::getReplaced)
                .orElse(List.of())
                .forEach(replacement -> listed.putIfAbsent(replacement.getRank(), replacement));
        return listed;
    }

    /** The seat that holds rank 0 of a job's current attempt. */
    static int leading(CapstanJob<?, ?> job) {
        return holder(
                        listed(Optional.ofNullable(job.getStatus()).map(JobStatus::getMembership))
                                .values(),
                        0)
                .orElse(0);
    }

    private static Optional<Integer> holder(Collection<Replacement> listed, int rank) {
        return listed.stream()
                .filter(replacement -> replacement.getHolds() != null && replacement.getHolds() == rank)
                .map(Replacement::getRank)
                .findFirst();
    }

    /** The seat that holds a rank. */
    int of(int rank) {
        return holder(listed.values(), rank).orElse(rank);
    }

    /** The rank that a seat holds; empty of a spare's. */
    Optional<Integer> rank(int seat) {
        var holds = Optional.ofNullable(listed.get(seat)).map(Replacement::getHolds);
        return holds.isPresent() || seat >= workers || of(seat) != seat ? holds : Optional.of(seat);
    }

    /** How many pods a seat had in this attempt before its current one. */
    int incarnation(int seat) {
        return listed.containsKey(seat) ? listed.get(seat).getIncarnation() : 0;
    }

    /** How many there are. */
    int count() {
        return workers + spares;
    }

    /** Those of spares. */
    List<Integer> ofSpares() {
        return spares == 0
                ? List.of()
                : IntStream.range(0, count())
                        .filter(seat -> rank(seat).isEmpty())
                        .boxed()
                        .toList();
    }

    /** The ranks whose next pod isn't in a term yet. */
    List<Integer> gathering() {
        return IntStream.range(0, workers)
                .filter(rank -> isNewcomer(rank, Integer.MAX_VALUE))
                .boxed()
                .toList();
    }

    /** Whether the pod that holds a rank isn't known to have been at work in a term: {@code settled} is the last. */
    boolean isNewcomer(int rank, int settled) {
        return Optional.ofNullable(listed.get(of(rank)))
                .filter(replacement -> replacement.getTerm() == null || replacement.getTerm() > settled)
                .isPresent();
    }

    /** The rank that pods had which were in a seat before its current one; empty if that was a spare. */
    Optional<Integer> held(int seat) {
        return spares == 0
                ? Optional.of(seat)
                : Optional.ofNullable(listed.get(seat)).map(Replacement::getHeld);
    }

    /** Whether the pod that is to have a rank, and is in no term yet, stood by for that. */
    boolean comesFromSpare(int rank) {
        return stoodBy(rank) && listed.get(of(rank)).getTerm() == null;
    }

    /** Whether the pod that took a rank over stood by for that. */
    boolean stoodBy(int rank) {
        return spares > 0
                && Optional.ofNullable(listed.get(of(rank)))
                        .filter(replacement -> replacement.getHeld() == null)
                        .isPresent();
    }

    /** The pod of a rank is lost: the seat gets another. */
    Seats lost(int rank) {
        return next(of(rank), spares == 0 ? null : rank);
    }

    /** The pod of a spare's seat is lost: the seat gets another. */
    Seats spareLost(int seat) {
        return next(seat, null);
    }

    private Seats next(int seat, Integer held) {
        return with(
                seat,
                before -> before.setIncarnation(incarnation(seat) + 1)
                        .setTerm(null)
                        .setHeld(held)
                        .setUnexplained(null));
    }

    /** What took the pod away that a seat had before isn't known yet. */
    Seats unexplained(int seat) {
        return with(seat, before -> before.setUnexplained(true));
    }

    /** A spare takes a rank whose pod is lost; that one's seat is a spare's now. */
    Seats taken(int rank, int spare) {
        var freed = with(of(rank), before -> before.setHolds(null));
        return freed.with(
                spare,
                before -> before.setHolds(spare == rank ? null : rank)
                        .setTerm(null)
                        .setHeld(null));
    }

    /** All ranks whose pods were in no term yet are in this one. */
    Seats inTerm(int term) {
        var all = this;
        for (int rank : gathering()) {
            all = all.with(of(rank), before -> before.setTerm(term));
        }
        return all;
    }

    private Seats with(int seat, UnaryOperator<Replacement> change) {
        var before = Optional.ofNullable(listed.get(seat))
                .map(Block::copy)
                .orElseGet(() -> new Replacement().setRank(seat).setIncarnation(0));
        var all = new TreeMap<>(listed);
        all.put(seat, change.apply(before));
        return new Seats(workers, spares, all);
    }

    /** As the status is to say it; null if there is nothing to say. */
    List<Replacement> told() {
        var all = listed.values().stream().filter(Seats::isWorthTelling).toList();
        return all.isEmpty() ? null : all;
    }

    private static boolean isWorthTelling(Replacement replacement) {
        return replacement.getIncarnation() > 0 || replacement.getHolds() != null;
    }
}
