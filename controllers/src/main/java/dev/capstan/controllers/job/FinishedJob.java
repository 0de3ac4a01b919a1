package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.JobStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A job that has ended: nothing is made any more, what still runs is stopped, and in time the job is deleted. */
final class FinishedJob {
    /** Workers that still run when the job has ended may end by themselves, so that their logs stay. */
    private static final Duration LINGER = Duration.ofSeconds(10);

    private FinishedJob() {}

    static Decision decide(JobState state) {
        var decision = stop(state, Decision.of(new Situation.Unchanged()));
        var left = state.spec().timeToLiveAfterFinished().map(timeToLive -> left(state, timeToLive));
        if (left.isEmpty()) {
            return decision;
        }
        return left.get().isPositive() ? decision.again(left.get()) : decision.deletingJob();
    }

    private static Decision stop(JobState state, Decision decision) {
        var running = Stream.concat(state.world().pods().stream(), state.world().checks().stream())
                .filter(FinishedJob::mayBeStopped)
                .collect(Collectors.partitioningBy(pod -> standsBy(state, pod)));
        // Spares wait for what will never come.
        var stopping = running.get(true).isEmpty() ? decision : decision.with(Children.deleted(running.get(true)));
        if (running.get(false).isEmpty()) {
            return stopping;
        }
        var left = left(state, LINGER);
        return left.isPositive() ? stopping.again(left) : stopping.alsoDeleting(running.get(false));
    }

    private static boolean standsBy(JobState state, Pod pod) {
        return PodLabels.attempt(pod) == state.attempt()
                && state.seats().ofSpares().contains(PodLabels.rank(pod));
    }

    private static boolean mayBeStopped(Pod pod) {
        return !PodReport.finished(pod) && pod.getMetadata().getDeletionTimestamp() == null;
    }

    private static Duration left(JobState state, Duration sinceTheEnd) {
        var ended = state.status()
                .map(JobStatus::getCompletionTime)
                .map(Instant::parse)
                .orElse(Instant.EPOCH);
        return Duration.between(state.world().now(), ended.plus(sinceTheEnd));
    }
}
