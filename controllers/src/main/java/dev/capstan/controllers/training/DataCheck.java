package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
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
    static Optional<Plan<TrainingJobStatus>> decide(Draft draft, WorkerSettings settings) {
        return isDue(draft.job()) ? Optional.of(check(draft, settings)) : Optional.empty();
    }

    /** Whether the data are to be checked, and aren't yet. */
    static boolean isDue(TrainingJob job) {
        return TrainingDefaults.checkFirst(job.getSpec().getData()) && !Standing.holds(job, Conditions.DATA_CHECKED);
    }

    private static Plan<TrainingJobStatus> check(Draft draft, WorkerSettings settings) {
        var pods = draft.world().checks().stream()
                .sorted(Comparator.comparing(CheckPods::number))
                .toList();
        if (pods.isEmpty()) {
            return make(draft, 1, settings);
        }
        return switch (state(draft, pods.getLast())) {
            case WorkerState.Ended ended
            when ended.outcome().reason() == Outcome.Reason.Succeeded ->
                draft.plan(new Situation.Checked(new Wait(Reasons.PENDING, "the data were checked")));
            case WorkerState.Ended ended
            when !ended.outcome().reason().retryable() ->
                draft.fail(ended.outcome().reason().name(), said(ended));
            case WorkerState.Ended ended
            when ended.outcome().reason() == Outcome.Reason.StorageUnavailable
                    && CheckPods.number(pods.getLast()) > maxRestarts(draft) ->
                draft.fail(
                        Reasons.RESTARTS_EXHAUSTED,
                        "tried %d times (failurePolicy.maxRestarts is %d): %s"
                                .formatted(CheckPods.number(pods.getLast()), maxRestarts(draft), said(ended)));
            case WorkerState.Ended ended ->
                crashes(draft, pods) >= maxCrashes(draft)
                        ? draft.fail(
                                Reasons.PROGRAM_CRASHED,
                                Losses.exhausted(crashes(draft, pods), maxCrashes(draft), said(ended)))
                        : again(draft, pods, ended.at(), said(ended), settings);
            case WorkerState.Refused refused ->
                again(draft, pods, made(pods.getLast()), "pod " + refused.pod() + ": " + refused.why(), settings);
            case WorkerState.Lost lost ->
                again(draft, pods, made(pods.getLast()), "pod " + lost.pod() + " was lost: " + lost.why(), settings);
            case WorkerState.Ending ending -> wait(draft, "pod " + ending.pod() + " was told to end");
            case WorkerState.Starting starting ->
                wait(
                        draft,
                        "pod " + starting.pod()
                                + (starting.trouble().isEmpty() ? " starts" : ": " + starting.trouble()));
            case WorkerState.Running running -> wait(draft, "pod " + running.pod() + " reads all samples");
            case WorkerState.Missing missing -> make(draft, 1, settings);
        };
    }

    private static Plan<TrainingJobStatus> make(Draft draft, int number, WorkerSettings settings) {
        var name = Names.of(draft.job().getMetadata().getName()).check(number);
        return wait(draft, "makes pod " + name).withChildren(TrainingChildren.check(draft, number, settings));
    }

    private static Plan<TrainingJobStatus> again(
            Draft draft, List<Pod> pods, Instant since, String cause, WorkerSettings settings) {
        int tries = CheckPods.number(pods.getLast());
        var left = Duration.between(draft.world().now(), since.plus(Backoff.before(tries)));
        if (left.isPositive()) {
            return wait(draft, "waits before the next try: " + cause).again(left);
        }
        var plan = make(draft, tries + 1, settings);
        var forgotten = pods.stream()
                .filter(pod -> CheckPods.number(pod) <= tries - Math.max(KEPT, maxCrashes(draft)))
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
        return plan.withChildren(plan.children().alsoDelete(forgotten));
    }

    private static Plan<TrainingJobStatus> wait(Draft draft, String message) {
        return draft.plan(new Situation.Checking(new Wait(Reasons.CHECKING_DATA, message)));
    }

    private static int crashes(Draft draft, List<Pod> pods) {
        return (int) pods.stream()
                .map(pod -> state(draft, pod))
                .filter(state -> state instanceof WorkerState.Ended ended
                        && ended.outcome().reason() == Outcome.Reason.WorkerError
                        && !ended.disturbed())
                .count();
    }

    private static int maxRestarts(Draft draft) {
        return TrainingDefaults.maxRestarts(draft.job().getSpec());
    }

    private static int maxCrashes(Draft draft) {
        return TrainingDefaults.maxCrashes(draft.job().getSpec());
    }

    private static WorkerState state(Draft draft, Pod pod) {
        return WorkerStates.of(pod, 0, draft.world());
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
