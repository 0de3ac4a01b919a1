package dev.capstan.controllers.job;

import dev.capstan.controllers.lineage.References;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A pod that reads and checks all samples before a job queues for its expensive places. It is an attempt of its own,
 * which queues for one place, without devices, and is granted it like any other. When the data are fine, that attempt
 * is over, and the next one queues: the job's turn goes by its own age still. What is lost on the way is tried again,
 * in a further attempt.
 */
final class DataCheck {
    /** So many pods of earlier checks stay for their logs. */
    private static final int KEPT = 5;

    private DataCheck() {}

    /** Whether the data are to be checked, and aren't yet: then the current attempt does that, and nothing else. */
    static boolean isDue(JobDescription description) {
        return description.checksData() && !StatusReader.holds(description.job(), Conditions.DATA_CHECKED);
    }

    /** What the check waits for, told apart from what the workers would. */
    static Wait of(Wait wait) {
        return new Wait(wait.reason(), "data check: " + wait.message());
    }

    /**
     * A job that has no place for a check: what one has found before, or finds still. Nothing if none does, and one has
     * to queue.
     *
     * <p>Releases before this one made such pods without a place: one that has its node already reads to the end.
     */
    static Optional<Decision> beforeQueueing(JobState state) {
        return found(state)
                .or(() -> isDue(state.description())
                        ? state.world().checks().stream()
                                .filter(pod -> isWithoutPlace(pod) && !PodReport.finished(pod))
                                .filter(pod -> !state.world().onDeadNode(pod))
                                .findFirst()
                                .map(pod -> wait("pod " + pod.getMetadata().getName() + " reads all samples"))
                        : Optional.empty());
    }

    /** What a check has found, of whatever attempt: the data are fine, or never will be. */
    static Optional<Decision> found(JobState state) {
        return isDue(state.description())
                ? state.world().checks().stream()
                        .flatMap(pod -> verdict(state, state.check(pod)).stream())
                        .findFirst()
                : Optional.empty();
    }

    private static Optional<Decision> verdict(JobState state, WorkerState check) {
        if (!(check instanceof WorkerState.Ended ended)) {
            return Optional.empty();
        }
        var reason = ended.outcome().reason();
        if (reason == Outcome.Reason.Succeeded) {
            return Optional.of(Decision.of(new Situation.Checked(
                    new Wait(WaitReason.PENDING, "the data were checked"), StatusReader.granted(state.job()))));
        }
        return reason.retryable()
                ? Optional.empty()
                : Optional.of(AdmittedJob.fail(
                        state,
                        reason.name(),
                        pod(ended) + ": " + ended.outcome().message()));
    }

    /** Made by a release before this one, and bound: it takes room on its node, though admission gave it none. */
    private static boolean isWithoutPlace(Pod pod) {
        return PodLabels.attempt(pod) == 0 && pod.getSpec().getNodeName() != null;
    }

    /** Pods that still run, or are about to, and that nobody waits for any more. */
    static Stream<Pod> old(JobState state) {
        boolean reads = isDue(state.description()) && !StatusReader.granted(state.job());
        return state.world().checks().stream()
                .filter(pod -> PodLabels.attempt(pod) < state.attempt() && !hasEnded(state, pod))
                .filter(pod -> !(reads && isWithoutPlace(pod)));
    }

    /**
     * Kubelets say that a container has ended before they say it of its pod. A sidecar that somebody has added may go
     * on for ever, and its pod with it.
     */
    private static boolean hasEnded(JobState state, Pod pod) {
        return PodReport.finished(pod)
                || state.check(pod) instanceof WorkerState.Ended && !PodReport.hasSidecarRunning(pod);
    }

    /** A check that has a place: its pod is made, reads and ends. */
    static Decision decide(JobState state) {
        var found = found(state);
        if (found.isPresent()) {
            return found.get();
        }
        return state.world().checks().stream()
                .filter(pod -> PodLabels.attempt(pod) == state.attempt())
                .findFirst()
                .map(pod -> decide(state, state.check(pod)))
                .orElseGet(() -> make(state));
    }

    private static Decision decide(JobState state, WorkerState check) {
        return switch (check) {
            case WorkerState.Ended ended -> ended(state, ended);
            case WorkerState.Refused refused ->
                rollBack(
                        state,
                        new Wait(
                                refused.byKubelet() ? WaitReason.POD_REFUSED : WaitReason.PODS_FAILING,
                                "pod " + refused.pod() + ": " + refused.why()));
            case WorkerState.Strayed strayed ->
                again(state, "pod " + strayed.pod() + " is no longer this job's: " + strayed.why());
            case WorkerState.Lost lost -> again(state, "pod " + lost.pod() + " was lost: " + lost.why());
            // It holds its room by itself until it is gone, and the place may be one that nothing can run on any more.
            case WorkerState.Ending ending -> again(state, "pod " + ending.pod() + " was told to end");
            case WorkerState.Starting starting ->
                onItsWay(
                        state,
                        starting,
                        "pod " + starting.pod()
                                + (starting.trouble().isEmpty() ? " starts" : ": " + starting.trouble()));
            case WorkerState.Running running -> wait("pod " + running.pod() + " reads all samples");
            case WorkerState.Missing missing -> make(state);
        };
    }

    private static Decision ended(JobState state, WorkerState.Ended ended) {
        var attempts = state.attempts();
        var policy = state.spec().failurePolicy();
        int tries = attempts.checks() + 1;
        if (ended.outcome().reason() == Outcome.Reason.StorageUnavailable && tries > policy.maxRestarts()) {
            return AdmittedJob.fail(
                    state,
                    Reasons.RESTARTS_EXHAUSTED,
                    "tried %d times (failurePolicy.maxRestarts is %d): %s"
                            .formatted(tries, policy.maxRestarts(), said(ended)));
        }
        boolean crashed = ended.outcome().reason() == Outcome.Reason.WorkerError && !ended.disturbed();
        if (!crashed) {
            return again(state, said(ended));
        }
        int crashes = attempts.crashes() + 1;
        return crashes >= policy.maxCrashes()
                ? AdmittedJob.fail(
                        state,
                        Reasons.PROGRAM_CRASHED,
                        RestartPolicy.exhausted(crashes, policy.maxCrashes(), said(ended)))
                : again(state, new Wait(WaitReason.CHECKING_DATA, said(ended)), Attempts.End.CHECK_CRASHED);
    }

    /** A pod that isn't there is made, again if need be: its place is there. */
    private static Decision make(JobState state) {
        var description = state.description();
        var referents = state.world().referents();
        var missing = description.references().missing(referents).or(() -> References.withoutVolume(referents));
        if (missing.isPresent()) {
            return rollBack(state, missing.get());
        }
        var name = description.owner().names().pod(state.attempt(), description.check(), 0, 0);
        var lost = LostPlaces.ofCheck(state).why();
        return lost.isPresent()
                ? rollBack(state, lost.get())
                : wait("makes pod " + name).with(JobChildren.check(state)).alsoDeleting(forgotten(state));
    }

    private static List<Pod> forgotten(JobState state) {
        var ended = state.world().checks().stream()
                .filter(PodReport::finished)
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .sorted(Comparator.comparing(PodLabels::attempt))
                .toList();
        return ended.subList(0, Math.max(0, ended.size() - KEPT));
    }

    /** Gives it the time that a gang has to become whole, as long as its place is there. */
    private static Decision onItsWay(JobState state, WorkerState.Starting check, String how) {
        var granted = Instant.parse(state.job().getStatus().getAdmission().getTime());
        int timeout = state.spec().scheduling().timeoutSeconds();
        var left = Duration.between(state.world().now(), granted.plusSeconds(timeout));
        if (!left.isPositive()) {
            return rollBack(
                    state,
                    new Wait(
                            WaitReason.PLACEMENT_TIMED_OUT,
                            "doesn't run %d s after its place was granted: %s".formatted(timeout, how)));
        }
        var places = LostPlaces.ofCheck(state);
        var now = state.world().now();
        var hopes = StuckPods.of(List.of(check), now);
        return places.why()
                .or(() -> hopes.why().map(why -> new Wait(WaitReason.PODS_FAILING, why)))
                .map(lost -> rollBack(state, lost))
                .orElseGet(() -> wait(how)
                        .again(Stream.of(
                                        Optional.of(left),
                                        places.left(),
                                        hopes.left(),
                                        StuckPods.lookAgain(List.of(check), Duration.between(granted, now)))
                                .flatMap(Optional::stream)
                                .min(Comparator.naturalOrder())
                                .orElse(left)));
    }

    /** The place is given up, since the pod can't be made or doesn't come to run, and the check queues again. */
    static Decision rollBack(JobState state, Wait why) {
        return again(state, why, Attempts.End.UNCHECKED);
    }

    private static Decision again(JobState state, String cause) {
        return again(state, new Wait(WaitReason.CHECKING_DATA, cause), Attempts.End.UNCHECKED);
    }

    private static Decision again(JobState state, Wait cause, Attempts.End end) {
        return Decision.of(new Situation.Requeued(
                new Wait(cause.reason(), "the data are to be checked again: " + cause.message()), end));
    }

    private static Decision wait(String message) {
        return Decision.of(new Situation.Checking(new Wait(WaitReason.CHECKING_DATA, message)));
    }

    private static String said(WorkerState.Ended ended) {
        return pod(ended) + ": " + ended.outcome().reason() + ": "
                + ended.outcome().message();
    }

    private static String pod(WorkerState.Ended ended) {
        return "data check (pod " + ended.pod() + ")";
    }
}
