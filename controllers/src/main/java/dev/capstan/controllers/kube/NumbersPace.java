package dev.capstan.controllers.kube;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How soon a job's status is written in which nothing but numbers is new. Those of a big gang change with each of its
 * pods, and each write is one for the API server and for all who watch the job.
 */
final class NumbersPace {
    static final Duration EVERY = Duration.ofSeconds(2);

    private final Map<String, Instant> written = new ConcurrentHashMap<>();

    /**
     * How much later than now a status should be written; empty if it is to be written now.
     *
     * @param mayWait whether nothing but numbers is new in it
     */
    Optional<Duration> later(String jobUid, boolean mayWait, Instant now) {
        if (!mayWait) {
            written.remove(jobUid);
            return Optional.empty();
        }
        // Of all jobs: nobody tells of one that is deleted.
        written.values().removeIf(last -> !now.isBefore(last.plus(EVERY)));
        return Optional.ofNullable(written.putIfAbsent(jobUid, now))
                .map(last -> Duration.between(now, last.plus(EVERY)));
    }
}
