package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** A job that has ended: nothing is made any more, what still runs is stopped, and in time the job is deleted. */
final class FinishedJob {
    /** Workers that still run when the job has ended may end by themselves, so that their logs stay. */
    private static final Duration LINGER = Duration.ofSeconds(10);

    private FinishedJob() {}

    static Plan<TrainingJobStatus> decide(Draft draft) {
        var plan = stop(draft, draft.seen());
        var left = TrainingDefaults.timeToLiveAfterFinished(draft.job().getSpec())
                .map(timeToLive -> left(draft, timeToLive));
        if (left.isEmpty()) {
            return plan;
        }
        return left.get().isPositive() ? plan.again(left.get()) : plan.deletingJob();
    }

    private static Plan<TrainingJobStatus> stop(Draft draft, Plan<TrainingJobStatus> plan) {
        var running = Stream.concat(draft.world().pods().stream(), draft.world().checks().stream())
                .filter(FinishedJob::mayBeStopped)
                .toList();
        if (running.isEmpty()) {
            return plan;
        }
        var left = left(draft, LINGER);
        return left.isPositive() ? plan.again(left) : plan.withChildren(Children.deleted(running));
    }

    private static boolean mayBeStopped(Pod pod) {
        return !WorkerStates.finished(pod) && pod.getMetadata().getDeletionTimestamp() == null;
    }

    private static Duration left(Draft draft, Duration sinceTheEnd) {
        var ended = Optional.ofNullable(draft.job().getStatus().getCompletionTime())
                .map(Instant::parse)
                .orElse(Instant.EPOCH);
        return Duration.between(draft.world().now(), ended.plus(sinceTheEnd));
    }
}
