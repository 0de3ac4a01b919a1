package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A pod that reads and checks all samples before a job queues for its expensive places. Once is enough; what is lost on
 * the way is tried again. How many tries there were is told by the pods that they left: one that was deleted is made
 * again.
 */
final class DataCheck {
    /** Pods of so many tries stay for their logs, and as many as there may be crashes. */
    private static final int KEPT = 5;

    private DataCheck() {}

    /** What to do before the job queues; nothing if the data needn't be checked, or are. */
    static Optional<Decision> decide(JobState state) {
        return isDue(state.description()) ? Optional.of(check(state)) : Optional.empty();
    }

    /** Whether the data are to be checked, and aren't yet. */
    static boolean isDue(JobDescription description) {
        return description.checksData() && !StatusReader.holds(description.job(), Conditions.DATA_CHECKED);
    }

    private static Decision check(JobState state) {
        var pods = state.world().checks().stream()
                .sorted(Comparator.comparing(PodLabels::number))
                .toList();
        if (pods.isEmpty()) {
            return make(state, 1);
        }
        return switch (state(state, pods.getLast())) {
            case WorkerState.Ended ended
            when ended.outcome().reason() == Outcome.Reason.Succeeded ->
                Decision.of(new Situation.Checked(new Wait(WaitReason.PENDING, "the data were checked")));
            case WorkerState.Ended ended
            when !ended.outcome().reason().retryable() ->
                AdmittedJob.fail(state, ended.outcome().reason().name(), said(ended));
            case WorkerState.Ended ended
            when ended.outcome().reason() == Outcome.Reason.StorageUnavailable
                    && PodLabels.number(pods.getLast()) > maxRestarts(state) ->
                AdmittedJob.fail(
                        state,
                        Reasons.RESTARTS_EXHAUSTED,
                        "tried %d times (failurePolicy.maxRestarts is %d): %s"
                                .formatted(PodLabels.number(pods.getLast()), maxRestarts(state), said(ended)));
            case WorkerState.Ended ended ->
                crashes(state, pods) >= maxCrashes(state)
                        ? AdmittedJob.fail(
                                state,
                                Reasons.PROGRAM_CRASHED,
                                RestartPolicy.exhausted(crashes(state, pods), maxCrashes(state), said(ended)))
                        : again(state, pods, ended.at(), said(ended));
            case WorkerState.Refused refused ->
                again(state, pods, made(pods.getLast()), "pod " + refused.pod() + ": " + refused.why());
            case WorkerState.Lost lost ->
                again(state, pods, made(pods.getLast()), "pod " + lost.pod() + " was lost: " + lost.why());
            case WorkerState.Ending ending -> wait(state, "pod " + ending.pod() + " was told to end");
            case WorkerState.Starting starting ->
                wait(
                        state,
                        "pod " + starting.pod()
                                + (starting.trouble().isEmpty() ? " starts" : ": " + starting.trouble()));
            case WorkerState.Running running -> wait(state, "pod " + running.pod() + " reads all samples");
            case WorkerState.Missing missing -> make(state, 1);
        };
    }

    private static Decision make(JobState state, int number) {
        var name = state.description().owner().names().check(number);
        return wait(state, "makes pod " + name).with(JobChildren.check(state, number));
    }

    private static Decision again(JobState state, List<Pod> pods, Instant since, String cause) {
        int tries = PodLabels.number(pods.getLast());
        var left = Duration.between(state.world().now(), since.plus(Attempts.BACKOFF.after(tries)));
        if (left.isPositive()) {
            return wait(state, "waits before the next try: " + cause).again(left);
        }
        var decision = make(state, tries + 1);
        var forgotten = pods.stream()
                .filter(pod -> PodLabels.number(pod) <= tries - Math.max(KEPT, maxCrashes(state)))
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
        return decision.alsoDeleting(forgotten);
    }

    private static Decision wait(JobState state, String message) {
        return Decision.of(new Situation.Checking(new Wait(WaitReason.CHECKING_DATA, message)));
    }

    private static int crashes(JobState state, List<Pod> pods) {
        return (int) pods.stream()
                .map(pod -> state(state, pod))
                .filter(worker -> worker instanceof WorkerState.Ended ended
                        && ended.outcome().reason() == Outcome.Reason.WorkerError
                        && !ended.disturbed())
                .count();
    }

    private static int maxRestarts(JobState state) {
        return state.spec().failurePolicy().maxRestarts();
    }

    private static int maxCrashes(JobState state) {
        return state.spec().failurePolicy().maxCrashes();
    }

    private static WorkerState state(JobState state, Pod pod) {
        return WorkerStates.of(pod, 0, state.world());
    }

    private static Instant made(Pod pod) {
        var time = pod.getMetadata().getCreationTimestamp();
        return time == null ? Instant.EPOCH : Instant.parse(time);
    }

    private static String said(WorkerState.Ended ended) {
        return "data check (pod %s): %s: %s"
                .formatted(
                        ended.pod(), ended.outcome().reason(), ended.outcome().message());
    }
}
