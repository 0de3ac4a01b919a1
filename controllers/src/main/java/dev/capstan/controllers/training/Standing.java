package dev.capstan.controllers.training;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;
import java.util.Set;

/** Where a job stands, read from its own status, so that a new operator goes on where the last one stopped. */
final class Standing {
    private static final Set<String> QUEUED = Set.of(
            Reasons.WAITING_FOR_CAPACITY,
            Reasons.DOES_NOT_FIT,
            Reasons.TOPOLOGY_PLACEMENT_FAILED,
            Reasons.WAITING_FOR_QUOTA,
            Reasons.EXCEEDS_MAX_QUOTA,
            Reasons.NO_MATCHING_FLAVOR,
            Reasons.WAITING_FOR_TURN,
            Reasons.QUOTA_STOPPED,
            Reasons.FLAVOR_CONFLICT);
    /** Reasons of PodsReady from the moment on that every pod of the attempt was seen: from then on, none is made. */
    private static final Set<String> ALL_MADE = Set.of(Reasons.PODS_STARTING, Reasons.WORKERS_READY);

    private Standing() {}

    static Optional<Condition> condition(TrainingJob job, String type) {
        return job.getStatus() == null
                ? Optional.empty()
                : ConditionSet.find(job.getStatus().getConditions(), type);
    }

    static boolean holds(TrainingJob job, String type) {
        return job.getStatus() != null && ConditionSet.holds(job.getStatus().getConditions(), type);
    }

    /** Whether the job has ended for good. */
    static boolean finished(TrainingJob job) {
        return holds(job, Conditions.COMPLETE) || holds(job, Conditions.FAILED);
    }

    /** Whether the current attempt has a grant; one for another attempt is void. */
    static boolean granted(TrainingJob job) {
        var status = job.getStatus();
        return status != null
                && status.getAdmission() != null
                && status.getAttempt() != null
                && status.getAttempt().equals(status.getAdmission().getAttempt());
    }

    /** Whether the status says that the job waits for places and for nothing else. */
    static boolean queues(TrainingJob job) {
        return condition(job, Conditions.ADMITTED)
                .filter(condition -> Conditions.FALSE.equals(condition.getStatus()))
                .filter(condition -> isQueue(condition.getReason()))
                .isPresent();
    }

    /** Whether a wait for this reason is one for places. */
    static boolean isQueue(String reason) {
        return QUEUED.contains(reason);
    }

    /** Whether every pod of the current attempt was seen once. */
    static boolean allMade(TrainingJob job) {
        return condition(job, Conditions.PODS_READY)
                .filter(condition -> ALL_MADE.contains(condition.getReason()))
                .isPresent();
    }

    /** Whether the job is to rest. */
    static boolean toSuspend(TrainingJob job) {
        return TrainingDefaults.suspend(job.getSpec());
    }

    /**
     * Whether the pods of the current attempt were told to end so that the job rests; there is no way back from that.
     */
    static boolean suspending(TrainingJob job) {
        return granted(job)
                && condition(job, Conditions.PODS_READY)
                        .filter(condition -> Reasons.SUSPENDING.equals(condition.getReason()))
                        .isPresent();
    }
}
