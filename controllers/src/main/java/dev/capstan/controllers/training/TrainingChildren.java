package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Trial;
import dev.capstan.crds.Placement;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a job's work is made of: pods last, since they mount the rest. */
final class TrainingChildren {
    private TrainingChildren() {}

    /** What is missing of an attempt that has places. */
    static Children gang(Draft draft, List<WorkerState> workers, WorkerSettings settings) {
        var job = draft.job();
        var objects = new ArrayList<HasMetadata>();
        objects.add(Meeting.service(job));
        objects.addAll(forAllPods(draft, settings));
        var nodes = job.getStatus().getAdmission().getPlacements().stream()
                .collect(Collectors.toMap(Placement::getRank, Placement::getNode));
        for (var worker : workers) {
            if (worker instanceof WorkerState.Missing(var rank)) {
                objects.add(WorkerPods.pod(job, draft.attempt(), rank, Optional.of(nodes.get(rank)), settings));
            }
        }
        return Children.made(Meeting.secret(job), objects);
    }

    /** A pod that checks the data, for the given try. */
    static Children check(Draft draft, int number, WorkerSettings settings) {
        var objects = new ArrayList<>(forAllPods(draft, settings));
        objects.add(CheckPods.pod(draft.job(), draft.attempt(), number, settings));
        return Children.made(Meeting.secret(draft.job()), objects);
    }

    /** Whether the API server would take the gang that the job is about to queue for. */
    static Children trial(Draft draft, WorkerSettings settings) {
        var pod = WorkerPods.pod(draft.job(), draft.attempt(), 0, Optional.empty(), settings);
        return Children.tried(new Trial(pod, draft.replicas()));
    }

    /** The same, and what bears the same name in all attempts is made. */
    static Children trialAndNames(Draft draft, WorkerSettings settings) {
        var objects = new ArrayList<HasMetadata>();
        objects.add(Meeting.service(draft.job()));
        objects.addAll(forAllAttempts(draft, settings));
        return new Children(
                List.of(), trial(draft, settings).trial(), Optional.of(Meeting.secret(draft.job())), objects);
    }

    private static List<HasMetadata> forAllPods(Draft draft, WorkerSettings settings) {
        var objects = forAllAttempts(draft, settings);
        objects.add(Meeting.jobFile(draft.job(), draft.attempt()));
        return objects;
    }

    private static List<HasMetadata> forAllAttempts(Draft draft, WorkerSettings settings) {
        var job = draft.job();
        var objects = new ArrayList<HasMetadata>();
        objects.add(Isolation.policy(job, settings));
        modelJson(job, draft.world().referents()).ifPresent(json -> objects.add(Meeting.model(job, json)));
        return objects;
    }

    /** The model's configuration, if it has yet to be copied. */
    private static Optional<String> modelJson(TrainingJob job, Referents referents) {
        return References.configuration(job)
                .flatMap(key ->
                        referents.lookup().flatMap(Referents.Lookup::configMap).map(data -> data.get(key.getKey())));
    }
}
