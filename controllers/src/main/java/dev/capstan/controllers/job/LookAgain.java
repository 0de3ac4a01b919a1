package dev.capstan.controllers.job;

import java.time.Duration;

/**
 * How soon to look again for what nobody tells of, such as a secret that has to be created, or a webhook that refuses:
 * soon at first, and more and more seldom the longer a job has waited for it.
 */
final class LookAgain {
    static final Duration SOONEST = Duration.ofSeconds(5);
    static final Duration LATEST = Duration.ofMinutes(2);

    private LookAgain() {}

    /** After as long as the job has waited already. */
    static Duration in(World world) {
        var waited = world.waitingSince()
                .map(since -> Duration.between(since, world.now()))
                .orElse(Duration.ZERO);
        if (waited.compareTo(SOONEST) < 0) {
            return SOONEST;
        }
        return waited.compareTo(LATEST) > 0 ? LATEST : waited;
    }
}
