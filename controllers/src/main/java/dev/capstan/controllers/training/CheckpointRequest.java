package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import java.util.List;
import java.util.Optional;

/**
 * A request for a checkpoint: an annotation on the job, once for each new text. It stays open until a worker has taken
 * it, also over a new attempt, and is dropped when the job doesn't train any more.
 */
final class CheckpointRequest {
    static final String ANNOTATION = "capstan.dev/checkpoint";
    /** A job that is one of these trains no more, or not until it is told to. */
    private static final List<String> OVER = List.of(Conditions.COMPLETE, Conditions.FAILED, Conditions.SUSPENDED);

    private CheckpointRequest() {}

    /** The plan, and what there is to do about the request. */
    static Plan<TrainingJobStatus> heed(Draft draft, Plan<TrainingJobStatus> plan) {
        var open = open(draft.job());
        if (open.isEmpty()) {
            return plan;
        }
        var text = open.get();
        if (draft.world().takenRequest().filter(text::equals).isPresent()) {
            plan.status().setHandledCheckpointRequest(text);
            return plan;
        }
        var conditions = plan.status().getConditions();
        if (OVER.stream().anyMatch(type -> ConditionSet.holds(conditions, type))) {
            plan.status().setHandledCheckpointRequest(text);
            return draft.tell(
                    plan,
                    Notice.Reason.CheckpointRequestDropped,
                    "no checkpoint was made for %s: %s, as the job doesn't train any more".formatted(ANNOTATION, text));
        }
        return ConditionSet.holds(conditions, Conditions.READY) ? plan.asking(open) : plan;
    }

    private static Optional<String> open(TrainingJob job) {
        var annotations = job.getMetadata().getAnnotations();
        var handled = job.getStatus() == null ? null : job.getStatus().getHandledCheckpointRequest();
        return annotations == null
                ? Optional.empty()
                : Optional.ofNullable(annotations.get(ANNOTATION)).filter(text -> !text.equals(handled));
    }
}
