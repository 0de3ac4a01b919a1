package dev.capstan.controllers.job;

import dev.capstan.crds.Membership;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Who takes the ranks of lost workers: spares that stand by, and pods that are made anew for the rest. */
final class Succession {
    private final JobState state;
    private final SeatPlaces places;
    private final Membership next;
    private final List<WorkerState> workers;
    private Seats seats;

    /** @param next the membership that is to be written; it is changed */
    Succession(JobState state, SeatPlaces places, Membership next, Seats seats, List<WorkerState> workers) {
        this.state = state;
        this.places = places;
        this.next = next;
        this.seats = seats;
        this.workers = new ArrayList<>(workers);
    }

    /**
     * A rank's pod is lost.
     *
     * @param elsewhere whether its place isn't good for another
     */
    void lost(Losses.Loss loss, boolean elsewhere) {
        int seat = seats.of(loss.rank());
        lost(loss.rank(), elsewhere);
        if (loss.cause() == Losses.Cause.Unreachable) {
            seats = seats.unexplained(seat);
        }
    }

    /** As above, of a pod of which nothing is to be found out. */
    void lost(int rank, boolean elsewhere) {
        if (elsewhere) {
            places.giveBack(next, seats.of(rank));
        }
        seats = seats.lost(rank);
        workers.set(rank, new WorkerState.Missing(rank));
    }

    /**
     * Spares take the ranks that have no pod that runs: those first whose own next pod would take longest, as they have
     * no place for it. The workers go on when all ranks are there, so one term for all of them is soonest.
     */
    void bySpares() {
        var spares = new ArrayDeque<>(state.spares().warm());
        var ranks = seats.gathering().stream()
                .filter(rank -> !(workers.get(rank) instanceof WorkerState.Running))
                .sorted(Comparator.comparing((Integer rank) -> places.isFree(seats.of(rank), next)))
                .toList();
        for (int rank : ranks) {
            if (spares.isEmpty()) {
                return;
            }
            var spare = spares.poll();
            if (!(workers.get(rank) instanceof WorkerState.Missing)) {
                // What is made there isn't a spare.
                lost(rank, false);
            }
            seats = seats.taken(rank, spare.rank());
            workers.set(rank, new WorkerState.Running(rank, spare.pod(), spare.ip(), spare.ready(), spare.trouble()));
        }
    }

    /** How the workers are then. */
    List<WorkerState> workers() {
        return List.copyOf(workers);
    }

    /** What the status is to say. */
    Membership membership() {
        return next.setReplaced(seats.told());
    }
}
