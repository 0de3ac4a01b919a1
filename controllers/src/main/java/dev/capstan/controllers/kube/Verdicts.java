package dev.capstan.controllers.kube;

import dev.capstan.controllers.gang.Gang;
import dev.capstan.controllers.plan.Wait;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Why gangs wait, from the admission loop to the shells that write it down. Kept in memory alone: a new leader finds it
 * out anew.
 */
public final class Verdicts {
    /**
     * How often the numbers of one gang's verdict may change: with each pod of a busy cluster they do, and each time
     * would be a write for every waiting job.
     */
    private static final Duration CALM = Duration.ofSeconds(10);

    private final Map<String, Told> told = new ConcurrentHashMap<>();
    private final Clock clock;

    public Verdicts(Clock clock) {
        this.clock = clock;
    }

    private record Told(int attempt, Wait why, Instant at) {}

    /** Says why a gang waits; answers whether that is news. */
    boolean put(Gang gang, Wait wait) {
        var now = clock.instant();
        var last = told.get(gang.job().uid());
        boolean same = last != null
                && last.attempt() == gang.attempt()
                && (last.why().equals(wait)
                        || last.why().reason().equals(wait.reason())
                                && last.at().plus(CALM).isAfter(now));
        if (!same) {
            told.put(gang.job().uid(), new Told(gang.attempt(), wait, now));
        }
        return !same;
    }

    /** Forgets all gangs but these. */
    void retain(Set<String> jobUids) {
        told.keySet().retainAll(jobUids);
    }

    /** Why an attempt of a job waits, if admission has looked at it. */
    public Optional<Wait> of(String jobUid, int attempt) {
        return Optional.ofNullable(told.get(jobUid))
                .filter(last -> last.attempt() == attempt)
                .map(Told::why);
    }
}
