package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;
import java.util.Set;

/** Where a job stands, read from its own status, so that a new operator goes on where the last one stopped. */
final class StatusReader {
    /** Reasons of PodsReady from the moment on that every pod of the attempt was seen: from then on, none is made. */
    private static final Set<String> ALL_MADE = Set.of(Reasons.PODS_STARTING, Reasons.WORKERS_READY);

    private StatusReader() {}

    static Optional<Condition> condition(CapstanJob<?, ?> job, String type) {
        return job.getStatus() == null
                ? Optional.empty()
                : ConditionSet.find(job.getStatus().getConditions(), type);
    }

    static boolean holds(CapstanJob<?, ?> job, String type) {
        return job.getStatus() != null && ConditionSet.holds(job.getStatus().getConditions(), type);
    }

    /** Whether the job has ended for good. */
    static boolean finished(CapstanJob<?, ?> job) {
        return holds(job, Conditions.COMPLETE) || holds(job, Conditions.FAILED);
    }

    /** Whether the current attempt has a grant; one for another attempt is void. */
    static boolean granted(CapstanJob<?, ?> job) {
        var status = job.getStatus();
        return status != null
                && status.getAdmission() != null
                && status.getAttempt() != null
                && status.getAttempt().equals(status.getAdmission().getAttempt());
    }

    /** Whether the job has places, or had: its workers may have done something already. */
    static boolean hasBegun(CapstanJob<?, ?> job) {
        var status = job.getStatus();
        return granted(job)
                || status != null
                        && (status.getLastCheckpoint() != null
                                || status.getAttempt() != null && status.getAttempt() > 1);
    }

    /** Whether the status says that the job waits for places and for nothing else. */
    static boolean queues(CapstanJob<?, ?> job) {
        return condition(job, Conditions.ADMITTED)
                .filter(condition -> Conditions.FALSE.equals(condition.getStatus()))
                .flatMap(condition -> WaitReason.of(condition.getReason()))
                .filter(WaitReason::isQueued)
                .isPresent();
    }

    /** Whether every pod of the current attempt was seen once. */
    static boolean allMade(CapstanJob<?, ?> job) {
        return condition(job, Conditions.PODS_READY)
                .filter(condition -> ALL_MADE.contains(condition.getReason()))
                .isPresent();
    }

    /** Whether a job goes on in its places, and lacks some that it has given back. */
    static boolean lacksPlaces(JobDescription description) {
        var job = description.job();
        return granted(job)
                && job.getStatus().getMembership() != null
                && !finished(job)
                && !suspending(job)
                && job.getStatus().getAdmission().getPlacements().size() < description.pods();
    }

    /** Whether the job is to be suspended. */
    static boolean toSuspend(CapstanJob<?, ?> job) {
        return job.getSpec().suspend();
    }

    /**
     * Whether the pods of the current attempt were told to end so that the job is suspended, or its places are given
     * up; there is no way back from that.
     */
    static boolean suspending(CapstanJob<?, ?> job) {
        return granted(job)
                && condition(job, Conditions.PODS_READY)
                        .filter(condition -> Reasons.SUSPENDING.equals(condition.getReason()))
                        .isPresent();
    }
}
