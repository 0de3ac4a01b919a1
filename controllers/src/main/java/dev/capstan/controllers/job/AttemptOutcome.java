package dev.capstan.controllers.job;

import dev.capstan.controllers.job.WorkerState.Ended;
import dev.capstan.controllers.job.WorkerState.Lost;
import dev.capstan.controllers.job.WorkerState.Missing;
import dev.capstan.controllers.job.WorkerState.Refused;
import dev.capstan.controllers.job.WorkerState.Strayed;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What has become of an attempt, judged by all of its workers together. */
sealed interface AttemptOutcome {
    /**
     * How long after a first worker's end the others' last words are waited for: when one worker finds bad data, its
     * peers end because they lost it, and theirs may be the first to be heard.
     */
    Duration HEAR_THEM_ALL = Duration.ofSeconds(5);

    /** Nothing speaks against it. */
    record Alive() implements AttemptOutcome {}

    /** Something ended; whether another attempt can help will be known soon. */
    record Settling(Duration left) implements AttemptOutcome {}

    /** The work is done: the model is there, or a result that isn't to be let through. */
    record Succeeded(Outcome outcome) implements AttemptOutcome {}

    /** Another attempt would end the same way. */
    record Failed(String reason, String message) implements AttemptOutcome {}

    /** Workers were lost with their machines, pods or storage; another attempt can help. */
    record Broken(String message) implements AttemptOutcome {}

    /** A worker ended by its own doing, and nothing was the matter with its machine; another attempt may help. */
    record Crashed(String message) implements AttemptOutcome {}

    /** The training samples aren't those any more that the job's state was trained on. */
    record OtherData(String message) implements AttemptOutcome {}

    /**
     * A kubelet didn't take a pod, or what comes before the worker failed there; the gang can't become whole.
     *
     * @param byKubelet whether it wasn't taken
     */
    record TurnedAway(String message, boolean byKubelet) implements AttemptOutcome {}

    /** Whether the workers that are left could still go on, if those that are lost were replaced. */
    default boolean isOpen() {
        return switch (this) {
            case Alive alive -> true;
            case Settling settling -> true;
            case Broken broken -> true;
            case Crashed crashed -> true;
            case Succeeded succeeded -> false;
            case Failed failed -> false;
            case OtherData other -> false;
            case TurnedAway turnedAway -> false;
        };
    }

    /** The fate of an attempt, all of whose pods were made. */
    static AttemptOutcome of(List<WorkerState> workers, Instant now) {
        var ended = only(workers, Ended.class).toList();
        var result = ended.stream()
                .filter(worker -> worker.rank() == 0 && worker.outcome().reason() == Reason.Succeeded)
                .map(Ended::outcome)
                .filter(AttemptOutcome::isResult)
                .findFirst();
        if (result.isPresent()) {
            return new Succeeded(result.get());
        }
        var hopeless = ended.stream()
                .filter(worker -> worker.outcome().reason() != Reason.Succeeded)
                .filter(worker -> !worker.outcome().reason().retryable())
                .min(Comparator.comparing(Ended::at).thenComparing(Ended::rank));
        if (hopeless.isPresent()) {
            var outcome = hopeless.get().outcome();
            return new Failed(outcome.reason().name(), worker(hopeless.get()) + ": " + outcome.message());
        }
        var other = ended.stream()
                .filter(worker -> worker.outcome().reason() == Reason.DataChanged)
                .min(Comparator.comparing(Ended::rank));
        if (other.isPresent()) {
            return new OtherData(other.get().outcome().message());
        }
        var refused = only(workers, Refused.class).findFirst();
        if (refused.isPresent()) {
            return new TurnedAway(
                    "pod " + refused.get().pod() + ": " + refused.get().why(),
                    refused.get().byKubelet());
        }
        return loss(workers).map(cause -> settle(workers, cause, now)).orElseGet(Alive::new);
    }

    private static boolean isResult(Outcome outcome) {
        return outcome.artifact() == null
                ? outcome.compression() != null && outcome.compression().refused()
                : Believable.is(outcome.artifact());
    }

    /** Whether a worker of these crashed, and no other was taken away, which is what others crash by. */
    private static boolean crashed(List<WorkerState> workers) {
        boolean disturbed = workers.stream().anyMatch(worker -> switch (worker) {
            case Lost lost -> true;
            case Missing missing -> true;
            case Strayed strayed -> true;
            case WorkerState.Ending ending -> true;
            case Ended ended -> ended.disturbed();
            case Refused refused -> false;
            case WorkerState.Starting starting -> false;
            case WorkerState.Running running -> false;
        });
        return !disturbed
                && only(workers, Ended.class)
                        .anyMatch(worker -> worker.outcome().reason() == Reason.WorkerError);
    }

    private static AttemptOutcome settle(List<WorkerState> workers, String cause, Instant now) {
        boolean allSpoke = workers.stream().allMatch(worker -> worker instanceof Ended || isTakenAway(worker));
        boolean takenAway = workers.stream().anyMatch(AttemptOutcome::isTakenAway);
        var until = only(workers, Ended.class)
                .map(Ended::at)
                .min(Comparator.naturalOrder())
                .orElse(Instant.EPOCH)
                .plus(HEAR_THEM_ALL);
        if (!allSpoke && !takenAway && now.isBefore(until)) {
            return new Settling(Duration.between(now, until));
        }
        return crashed(workers) ? new Crashed(cause) : new Broken(cause);
    }

    private static boolean isTakenAway(WorkerState worker) {
        return worker instanceof Lost || worker instanceof Missing || worker instanceof Strayed;
    }

    /** The most telling of the losses: what took a worker away, rather than that others missed it. */
    private static Optional<String> loss(List<WorkerState> workers) {
        var lost = only(workers, Lost.class).findFirst();
        if (lost.isPresent()) {
            return Optional.of(
                    "pod " + lost.get().pod() + " was lost: " + lost.get().why());
        }
        var strayed = only(workers, Strayed.class).findFirst();
        if (strayed.isPresent()) {
            return Optional.of("worker %d's pod %s is no longer this job's: %s"
                    .formatted(
                            strayed.get().rank(),
                            strayed.get().pod(),
                            strayed.get().why()));
        }
        var ended = only(workers, Ended.class)
                .filter(worker -> worker.rank() == 0 || worker.outcome().reason() != Reason.Succeeded)
                .min(Comparator.comparing((Ended worker) -> worker.outcome().reason() == Reason.PeerLost)
                        .thenComparing(Ended::at)
                        .thenComparing(Ended::rank));
        var missing = only(workers, Missing.class).findFirst();
        if (missing.isPresent()
                && ended.filter(worker -> worker.outcome().reason() != Reason.PeerLost)
                        .isEmpty()) {
            return Optional.of("the pod of worker " + missing.get().rank() + " was deleted");
        }
        // All stop, and keep their state, when one is asked to: it is that one's pod that tells why.
        return ended.map(worker -> missing.filter(gone -> worker.outcome().reason() == Reason.Terminated)
                        .map(gone -> "the pod of worker %d was deleted, and all stopped; ".formatted(gone.rank()))
                        .orElse("")
                + said(worker));
    }

    private static String said(Ended worker) {
        var outcome = worker.outcome();
        var message = outcome.reason() == Reason.Succeeded
                ? "ended without an artifact whose digest, size and metrics it told"
                : outcome.message();
        return worker(worker) + ": " + outcome.reason() + ": " + message;
    }

    private static String worker(Ended worker) {
        return "worker %d (pod %s)".formatted(worker.rank(), worker.pod());
    }

    private static <T extends WorkerState> Stream<T> only(List<WorkerState> workers, Class<T> type) {
        return workers.stream().filter(type::isInstance).map(type::cast);
    }
}
