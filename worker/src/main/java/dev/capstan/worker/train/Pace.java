package dev.capstan.worker.train;

import dev.capstan.protocol.Progress;
import dev.capstan.worker.ring.Collectives;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Which rank takes much longer to compute than the others. A step takes all ranks as long as the slowest of them, so
 * each tells how long it has computed itself, without what it has waited.
 */
final class Pace {
    /** How often ranks tell each other. */
    static final int STEPS = 50;
    /** How many times as long as the others' median makes a straggler: what ranks share is never quite even. */
    static final double MUCH = 1.5;
    /** What is over in less is measured by chance. */
    static final long SHORTEST = Duration.ofMillis(250).toNanos();

    private static final Duration LATE = Duration.ofMinutes(1);

    private long nanos;
    /** The rank that was the slowest when it was told the last time; -1 if none was. */
    private int suspect = -1;

    /** This rank has computed so long. */
    void computed(long time) {
        nanos += time;
    }

    /** Whether all ranks tell each other after that step. */
    static boolean due(long step) {
        return step % STEPS == 0;
    }

    /** Tells all others, and hears from all; at the same step on each rank. */
    Optional<Progress.Straggler> exchange(Collectives ring) {
        var mine = ByteBuffer.allocate(Long.BYTES).putLong(nanos).array();
        nanos = 0;
        return heard(ring.allGather(mine, LATE).stream()
                .mapToLong(each -> ByteBuffer.wrap(each).getLong())
                .toArray());
    }

    /**
     * Who is slow twice in a row is a straggler, until it isn't once.
     *
     * @param times of all ranks, in nanoseconds; 0 of one that has computed nothing, as one that has just come
     */
    Optional<Progress.Straggler> heard(long[] times) {
        int slowest = 0;
        for (int rank = 1; rank < times.length; rank++) {
            slowest = times[rank] > times[slowest] ? rank : slowest;
        }
        int most = slowest;
        double others = median(times, most);
        boolean slow = times[most] >= SHORTEST && others > 0 && times[most] > MUCH * others;
        var straggler = slow && suspect == most
                ? Optional.of(new Progress.Straggler(most, times[most] / others))
                : Optional.<Progress.Straggler>empty();
        suspect = slow ? most : -1;
        return straggler;
    }

    private static double median(long[] times, int without) {
        var others = new long[times.length];
        int count = 0;
        for (int rank = 0; rank < times.length; rank++) {
            if (rank != without && times[rank] > 0) {
                others[count++] = times[rank];
            }
        }
        Arrays.sort(others, 0, count);
        return count == 0 ? 0 : (others[(count - 1) / 2] + others[count / 2]) / 2.0;
    }
}
