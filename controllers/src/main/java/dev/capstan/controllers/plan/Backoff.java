package dev.capstan.controllers.plan;

import java.time.Duration;

/**
 * How long to wait before the next try: twice as long after each that was in vain.
 *
 * @param first the wait after the first
 * @param longest no wait is longer
 */
public record Backoff(Duration first, Duration longest) {
    /** The wait after so many tries in vain; none if there was none. */
    public Duration after(int tries) {
        if (tries <= 0) {
            return Duration.ZERO;
        }
        // Far beyond any longest, and no overflow.
        var wait = first.multipliedBy(1L << Math.min(tries - 1, 30));
        return wait.compareTo(longest) < 0 ? wait : longest;
    }
}
