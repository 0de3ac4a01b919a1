package dev.capstan.controllers.kube;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How soon a thing may be done again. A rate limiter of the Java Operator SDK schedules the next pass from its timer's
 * own thread too; if an event schedules one at the same moment, that thread dies ("Task already scheduled or
 * cancelled"), and from then on no pass is put off, retried or limited any more. Whoever asks here comes back by the
 * pass's own result.
 */
public final class Pace {
    private final Duration every;
    private final Map<String, Instant> done = new ConcurrentHashMap<>();

    /** @param every the least time from one time to the next */
    public Pace(Duration every) {
        this.every = every;
    }

    /** How much later than now the thing may be done; empty if it may be done now, which then counts as done. */
    public Optional<Duration> later(String thing, Instant now) {
        // Of all things: nobody tells of one that is deleted.
        done.values().removeIf(last -> !now.isBefore(last.plus(every)));
        return Optional.ofNullable(done.putIfAbsent(thing, now)).map(last -> Duration.between(now, last.plus(every)));
    }

    /** The thing may be done at any time again. */
    void forget(String thing) {
        done.remove(thing);
    }
}
