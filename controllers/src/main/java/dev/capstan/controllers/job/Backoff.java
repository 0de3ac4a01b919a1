package dev.capstan.controllers.job;

import java.time.Duration;

/** How long a job waits before it tries again: 1 s, 2 s, 4 s, … at most a minute. */
final class Backoff {
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private Backoff() {}

    /** The wait before the given try, counted from 1; none before there was one. */
    static Duration before(int tries) {
        if (tries <= 0) {
            return Duration.ZERO;
        }
        return tries > 6 ? LONGEST : Duration.ofSeconds(1L << (tries - 1));
    }
}
