package dev.capstan.controllers.training;

import dev.capstan.crds.Placement;
import dev.capstan.crds.training.TrainingJob;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** What conditions and events say about a training job. */
final class Sentences {
    private Sentences() {}

    static String ready(int ready, int total) {
        return "%d of %d workers are ready".formatted(ready, total);
    }

    /** What a whole gang does. */
    static String busy(Situation.Running running) {
        boolean one = running.total() == 1;
        var workers = one ? "1 worker" : running.total() + " workers";
        return running.stage()
                .map(stage -> switch (stage) {
                    case MEETING -> null;
                    case LOADING -> workers + (one ? " reads its data" : " read their data");
                    case TRAINING -> workers + (one ? " trains" : " train");
                    case EVALUATING -> "the model is trained, and measured on the test data";
                    case SAVING, DONE -> "the model is trained, and saved";
                })
                .orElse(workers + (one ? " runs" : " have met"));
    }

    /** How many workers are ready, and what is in the way of the first that has trouble. */
    static String howFar(List<WorkerState> workers) {
        var count = ready(Draft.ready(workers), workers.size());
        return workers.stream()
                .filter(WorkerState.Starting.class::isInstance)
                .map(WorkerState.Starting.class::cast)
                .filter(worker -> !worker.trouble().isEmpty())
                .findFirst()
                .map(worker -> count + "; pod " + worker.pod() + ": " + worker.trouble())
                .orElse(count);
    }

    /** The nodes that a job was granted places on. */
    static String places(TrainingJob job) {
        return job.getStatus().getAdmission().getPlacements().stream()
                .map(Placement::getNode)
                .distinct()
                .sorted(Comparator.naturalOrder())
                .collect(Collectors.joining(", "));
    }
}
