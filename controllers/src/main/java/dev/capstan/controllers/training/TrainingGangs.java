package dev.capstan.controllers.training;

import dev.capstan.controllers.gang.ClusterView;
import dev.capstan.controllers.gang.Gang;
import dev.capstan.controllers.gang.Requests;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A training job as admission sees it: a gang that waits, places that it holds, or neither. */
public final class TrainingGangs {
    private static final Set<String> QUEUED = Set.of(Reasons.WAITING_FOR_CAPACITY, Reasons.DOES_NOT_FIT);

    private TrainingGangs() {}

    /**
     * The gang of a job that asks for places: one whose status says that it waits for them. A job that has to wait for
     * something else first, such as a claim or the end of its old pods, doesn't queue.
     */
    public static Optional<Gang> waiting(TrainingJob job, WorkerSettings settings) {
        var status = job.getStatus();
        boolean queued = status != null
                && status.getAttempt() != null
                && job.getMetadata().getDeletionTimestamp() == null
                && ConditionSet.find(status.getConditions(), Conditions.ADMITTED)
                        .filter(condition -> Conditions.FALSE.equals(condition.getStatus()))
                        .filter(condition -> QUEUED.contains(condition.getReason()))
                        .isPresent()
                && !granted(job);
        return queued ? Optional.of(gang(job, settings)) : Optional.empty();
    }

    /** The places that a job holds; those whose pods are there are told apart by the pods. */
    public static Optional<ClusterView.Hold> hold(TrainingJob job, WorkerSettings settings) {
        if (!granted(job) || finished(job)) {
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
                gang(job, settings).each()));
    }

    /** Whether the current attempt has a grant; one for another attempt is void. */
    static boolean granted(TrainingJob job) {
        var status = job.getStatus();
        return status != null
                && status.getAdmission() != null
                && status.getAttempt() != null
                && status.getAttempt().equals(status.getAdmission().getAttempt());
    }

    /** Whether the job has ended for good. */
    static boolean finished(TrainingJob job) {
        return job.getStatus() != null
                && (ConditionSet.holds(job.getStatus().getConditions(), Conditions.COMPLETE)
                        || ConditionSet.holds(job.getStatus().getConditions(), Conditions.FAILED));
    }

    private static Gang gang(TrainingJob job, WorkerSettings settings) {
        var metadata = job.getMetadata();
        var workers = job.getSpec().getWorkers();
        int attempt = job.getStatus().getAttempt();
        return new Gang(
                new Gang.Job(metadata.getNamespace(), metadata.getName(), metadata.getUid()),
                attempt,
                Instant.parse(metadata.getCreationTimestamp()),
                TrainingDefaults.replicas(job.getSpec()),
                Requests.of(WorkerPods.spec(job, attempt, 0, settings)),
                workers == null || workers.getNodeSelector() == null ? Map.of() : workers.getNodeSelector(),
                workers == null || workers.getTolerations() == null ? List.of() : workers.getTolerations());
    }
}
