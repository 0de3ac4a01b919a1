package dev.capstan.controllers.job;

import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Placement;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

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

    /** How many workers are ready, and what is in the way of the first that has trouble. */
    static String howFar(List<WorkerState> workers) {
        var count = ready(WorkerStates.ready(workers), workers.size());
        return workers.stream()
                .filter(WorkerState.Starting.class::isInstance)
                .map(WorkerState.Starting.class::cast)
                .filter(worker -> !worker.trouble().isEmpty())
                .findFirst()
                .map(worker -> count + "; pod " + worker.pod() + ": " + worker.trouble())
                .orElse(count);
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
