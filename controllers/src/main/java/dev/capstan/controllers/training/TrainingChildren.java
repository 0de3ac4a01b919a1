package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Children;
import dev.capstan.crds.Placement;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What an attempt is made of. */
final class TrainingChildren {
    private TrainingChildren() {}

    /** What is missing of an attempt that has places: pods last, since they mount the rest. */
    static Children of(TrainingJob job, int attempt, List<WorkerState> workers, WorkerSettings settings) {
        var objects = new ArrayList<HasMetadata>();
        objects.add(Meeting.service(job));
        objects.add(Meeting.jobFile(job, attempt));
        var nodes = job.getStatus().getAdmission().getPlacements().stream()
                .collect(Collectors.toMap(Placement::getRank, Placement::getNode));
        for (var worker : workers) {
            if (worker instanceof WorkerState.Missing(var rank)) {
                objects.add(WorkerPods.pod(job, attempt, rank, nodes.get(rank), settings));
            }
        }
        return new Children(List.of(), Optional.of(Meeting.secret(job)), objects);
    }
}
