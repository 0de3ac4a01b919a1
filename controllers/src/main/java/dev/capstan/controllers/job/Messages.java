package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What conditions and events say about a job. */
final class Messages {
    /** In what validation, LimitRanges and ResourceQuotas say of them. */
    private static final List<String> OF_RESOURCES = List.of("resources.", "per Container", "per Pod", "must specify ");

    private Messages() {}

    /** {@code 1 pod}, {@code 4 pods}. */
    static String pods(int count) {
        return count == 1 ? "1 pod" : count + " pods";
    }

    static String ready(int ready, int total) {
        return "%d of %d workers are ready".formatted(ready, total);
    }

    /**
     * That the API server didn't take a child, in its own words. Where they are about a pod's resources they name
     * fields of the pod, and numbers that may come from three places.
     */
    static String refused(String child, String message) {
        boolean resources = OF_RESOURCES.stream().anyMatch(message::contains);
        return child + " was refused: " + message
                + (resources
                        ? "; workers.resources says what a worker gets, and what it leaves out comes from the installation's"
                                + " worker.requests and the namespace's LimitRange"
                        : "");
    }

    /** What workers do that have met. */
    static String working(JobDescription description, Situation.Running running) {
        var doing = running.stage()
                .flatMap(stage -> description.doing(stage, running.total()))
                .orElse(running.total() == 1 ? "1 worker runs" : running.total() + " workers have met");
        return running.problem().map(problem -> doing + "; " + problem).orElse(doing);
    }

    /** That what was gone of that which running pods need is made again. */
    static Notice remade(JobState state) {
        return new Notice(
                Notice.Reason.Remade,
                state.attempt(),
                "somebody deleted %s, which the pods need: made again".formatted(gone(state.world())),
                // It may happen several times in an attempt.
                Long.toHexString(state.world().now().getEpochSecond()));
    }

    /** That it can't be. */
    static String notRemade(World world, Refusal refusal) {
        return "somebody deleted %s, which the pods need, and it can't be made again: %s"
                .formatted(gone(world), said(refusal));
    }

    /** Why the API server didn't take a child. */
    static String said(Refusal refusal) {
        return switch (refusal) {
            case Refusal.Denied(var child, var message) -> child + " was refused: " + message;
            case Refusal.OverQuota(var message) -> message;
            case Refusal.Taken(var message, var leaving) -> message;
        };
    }

    private static String gone(World world) {
        return world.gone().stream().map(Owned::key).sorted().collect(Collectors.joining(", "));
    }

    /** How many workers are ready, and what is in the way of the first that has trouble. */
    static String howFar(List<WorkerState> workers) {
        return ready(WorkerStates.ready(workers), workers.size()) + trouble(workers);
    }

    /** What is in the way of the first that has trouble; empty if none has. */
    static String trouble(List<WorkerState> workers) {
        return workers.stream()
                .flatMap(worker -> switch (worker) {
                    case WorkerState.Starting(var rank, var pod, var trouble, var until, var quiet) ->
                        Stream.of(new Trouble(pod, trouble));
                    case WorkerState.Running(var rank, var pod, var ip, var ready, var trouble) ->
                        Stream.of(new Trouble(pod, trouble));
                    case WorkerState.Missing missing -> Stream.<Trouble>empty();
                    case WorkerState.Ending ending -> Stream.<Trouble>empty();
                    case WorkerState.Ended ended -> Stream.<Trouble>empty();
                    case WorkerState.Refused refused -> Stream.<Trouble>empty();
                    case WorkerState.Strayed strayed -> Stream.<Trouble>empty();
                    case WorkerState.Lost lost -> Stream.<Trouble>empty();
                })
                .filter(trouble -> !trouble.words().isEmpty())
                .findFirst()
                .map(trouble -> "; pod " + trouble.pod() + ": " + trouble.words())
                .orElse("");
    }

    private record Trouble(String pod, String words) {}

    /** That somebody's pods say that they are workers of this job; empty if there are none. */
    static String twins(List<Pod> twins) {
        return twins.stream()
                .min(Comparator.comparing(twin -> twin.getMetadata().getName()))
                .map(twin -> "; pod %s says that it is worker %d of this job too, and wasn't made for it: delete it"
                        .formatted(twin.getMetadata().getName(), PodLabels.rank(twin)))
                .orElse("");
    }

    /** The nodes that a job was granted places on. */
    static String nodes(CapstanJob<?, ?> job) {
        return job.getStatus().getAdmission().getPlacements().stream()
                .map(Placement::getNode)
                .distinct()
                .sorted(Comparator.naturalOrder())
                .collect(Collectors.joining(", "));
    }
}
