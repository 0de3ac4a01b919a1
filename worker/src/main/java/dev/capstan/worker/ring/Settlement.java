package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * What has to be done at the beginning of a term so that all ranks stand at the same operation. It is a function of
 * where all of them stand, so each rank comes to the same by itself.
 *
 * @param completed operations that all have completed once this is done
 * @param source the rank that others get from what they lack: the lowest of those that have completed most
 * @param behind whether some rank has yet to complete the last of these operations
 * @param newcomers whether some rank has no state, and gets it
 * @param beginning whether nobody has a state, and all begin together: then there is nothing else to be done
 */
record Settlement(long completed, int source, boolean behind, boolean newcomers, boolean beginning) {
    private static final Settlement BEGINNING = new Settlement(Standing.BEGINNER, -1, false, false, true);

    /**
     * @param standings of all ranks, by rank
     * @throws Failure PeerLost if nobody has a state; WorkerError if ranks are further apart than they can be
     */
    static Settlement of(List<Standing> standings) {
        long most = standings.stream().mapToLong(Standing::completed).max().orElse(Standing.NEWCOMER);
        if (most < 0 && standings.stream().anyMatch(each -> each.completed() == Standing.BEGINNER)) {
            return BEGINNING;
        }
        if (most < 0) {
            throw new Failure(Reason.PeerLost, "every rank that had the training's state is gone");
        }
        var lost = apart(standings, most);
        if (lost.isPresent()) {
            throw new Failure(
                    Reason.WorkerError,
                    "rank " + lost.getAsInt() + " has completed "
                            + standings.get(lost.getAsInt()).completed() + " operations where another has completed "
                            + most + ", and they can't be more than one apart");
        }
        int source = standings.indexOf(new Standing(most));
        return new Settlement(
                most,
                source,
                standings.stream().anyMatch(each -> each.completed() == most - 1 && !each.stateless()),
                standings.stream().anyMatch(Standing::stateless),
                false);
    }

    /** An operation completes nowhere before every rank has come to it. */
    private static OptionalInt apart(List<Standing> standings, long most) {
        return IntStream.range(0, standings.size())
                .filter(rank ->
                        !standings.get(rank).stateless() && standings.get(rank).completed() < most - 1)
                .findFirst();
    }
}
