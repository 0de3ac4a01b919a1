package dev.capstan.controllers.kube;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Conditions;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Since when each job has waited for what it waits for: a condition's time tells since when it has waited at all. Kept
 * in memory alone, as it decides on nothing but how often to look again.
 */
final class WaitClock {
    private final Map<String, Wait> waits = new ConcurrentHashMap<>();

    private record Wait(String reason, Instant since) {}

    /** Since when the job's status has said what it says now; nothing if it doesn't say that the job waits. */
    Optional<Instant> since(CapstanJob<?, ?> job, Instant now) {
        var reason = Optional.ofNullable(job.getStatus())
                .flatMap(status -> ConditionSet.find(status.getConditions(), Conditions.RECONCILING))
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()))
                .map(Condition::getReason);
        var wait = waits.compute(
                job.getMetadata().getUid(),
                (uid, last) -> reason.map(is -> last != null && last.reason().equals(is) ? last : new Wait(is, now))
                        .orElse(null));
        return Optional.ofNullable(wait).map(Wait::since);
    }

    /** Forgets the job of a UID. */
    void forget(String jobUid) {
        waits.remove(jobUid);
    }
}
