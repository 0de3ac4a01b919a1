package dev.capstan.worker.train;

import dev.capstan.protocol.JobFile;
import java.time.Duration;

/**
 * How long a training goes on between two checkpoints by the clock: as long as the job says, or as long as loses least.
 *
 * <p>The time that loses least is where what checkpoints cost and what is trained again after a failure are balanced:
 * the square root of twice the cost of one times the time between failures (Young, "A first order approximation to the
 * optimum checkpoint interval", Communications of the ACM 17(9), 1974), of which this is the higher-order estimate
 * (Daly, "A higher order estimate of the optimum checkpoint interval for restart dumps", Future Generation Computer
 * Systems 22(3), 2006, equation 20).
 */
final class Interval {
    /** No shorter: a step may take as long as this. */
    static final Duration FLOOR = Duration.ofSeconds(10);

    /** No longer, however seldom machines have failed so far. */
    static final Duration CEILING = Duration.ofMinutes(30);

    private final JobFile.Checkpoints when;

    Interval(JobFile.Checkpoints when) {
        this.when = when;
    }

    /** Whether there is one at all. */
    boolean byTheClock() {
        return when.everySeconds() > 0 || when.auto() != null;
    }

    /**
     * How long it is now.
     *
     * @param stall for how long a checkpoint stops the training; zero while none was made
     * @param write how long it takes to be whole
     * @param trained for how long this attempt has trained
     */
    Duration now(Duration stall, Duration write, Duration trained) {
        var auto = when.auto();
        if (auto == null) {
            return Duration.ofSeconds(when.everySeconds());
        }
        // As if the next failure came now: who has run for long without one may count on as much again.
        double between = (auto.seconds() + seconds(trained)) / Math.max(1, auto.failures());
        double best = best(seconds(stall), between);
        // One that is still being written when the next is due does nobody any good.
        double least = Math.max(seconds(FLOOR), 2 * seconds(write));
        return Duration.ofMillis(Math.round(1000 * Math.clamp(best, least, Math.max(least, seconds(CEILING)))));
    }

    /**
     * Daly's estimate.
     *
     * @param cost of a checkpoint in seconds
     * @param between failures in seconds
     */
    static double best(double cost, double between) {
        if (cost >= 2 * between) {
            return between;
        }
        double ratio = cost / (2 * between);
        return Math.sqrt(2 * cost * between) * (1 + Math.sqrt(ratio) / 3 + ratio / 9) - cost;
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
