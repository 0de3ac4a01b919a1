package dev.capstan.controllers.training;

import dev.capstan.controllers.gang.ClusterView;
import dev.capstan.controllers.gang.Gang;
import dev.capstan.controllers.gang.Requests;
import dev.capstan.crds.Placement;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/** A training job as admission sees it: a gang that waits, places that it holds, or neither. */
public final class TrainingGangs {
    private TrainingGangs() {}

    /**
     * The gang of a job that asks for places: one whose status says that it waits for them. A job that has to wait for
     * something else first, such as a claim or the end of its old pods, doesn't queue.
     *
     * @param priority the value of a priority class; of no name, the value of those that name none
     */
    public static Optional<Gang> waiting(
            TrainingJob job, WorkerSettings settings, ToIntFunction<Optional<String>> priority) {
        boolean queued = Standing.queues(job)
                && job.getStatus().getAttempt() != null
                && job.getMetadata().getDeletionTimestamp() == null
                && !Standing.toSuspend(job)
                && !Standing.granted(job);
        return queued
                ? Optional.of(
                        gang(job, settings, priority.applyAsInt(TrainingDefaults.priorityClassName(job.getSpec()))))
                : Optional.empty();
    }

    /** The places that a job holds; those whose pods are there are told apart by the pods. */
    public static Optional<ClusterView.Hold> hold(TrainingJob job, WorkerSettings settings) {
        if (!Standing.granted(job) || Standing.finished(job)) {
            return Optional.empty();
        }
        var admission = job.getStatus().getAdmission();
        List<String> nodes = admission.getPlacements().stream()
                .sorted(Comparator.comparing(Placement::getRank))
                .map(Placement::getNode)
                .toList();
        return Optional.of(new ClusterView.Hold(
                job.getMetadata().getUid(),
                admission.getAttempt(),
                nodes,
                Requests.of(WorkerPods.spec(job, admission.getAttempt(), 0, settings))));
    }

    private static Gang gang(TrainingJob job, WorkerSettings settings, int priority) {
        var metadata = job.getMetadata();
        var workers = job.getSpec().getWorkers();
        int attempt = job.getStatus().getAttempt();
        return new Gang(
                new Gang.Job(metadata.getNamespace(), metadata.getName(), metadata.getUid()),
                attempt,
                priority,
                Instant.parse(metadata.getCreationTimestamp()),
                TrainingDefaults.replicas(job.getSpec()),
                Requests.of(WorkerPods.spec(job, attempt, 0, settings)),
                workers == null || workers.getNodeSelector() == null ? Map.of() : workers.getNodeSelector(),
                workers == null || workers.getTolerations() == null ? List.of() : workers.getTolerations());
    }
}
