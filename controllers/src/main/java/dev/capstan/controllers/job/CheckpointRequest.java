package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import java.util.List;
import java.util.Optional;

/**
 * A request for a checkpoint: an annotation on the job, once for each new text. It stays open until a checkpoint is
 * there that was begun after it, also over a new attempt, and is dropped when the job doesn't run any more.
 *
 * @param handled the text of the last request that was handled; null if there was none
 * @param ask the text of a request that a worker still has to be told of
 * @param notice what there is to tell about it
 */
record CheckpointRequest(String handled, Optional<String> ask, Optional<Notice> notice) {
    static final String ANNOTATION = "capstan.dev/checkpoint";
    /** A job that is one of these runs no more, or not until it is told to. */
    private static final List<String> OVER = List.of(Conditions.COMPLETE, Conditions.FAILED, Conditions.SUSPENDED);

    /** What there is to do about the request in a job whose conditions will be those of the status. */
    static CheckpointRequest of(JobState state, JobStatus status) {
        var handled = status.getHandledCheckpointRequest();
        var open = Optional.ofNullable(state.job().getMetadata().getAnnotations())
                .map(annotations -> annotations.get(ANNOTATION))
                .filter(text -> !text.equals(handled));
        if (open.isEmpty()) {
            return new CheckpointRequest(handled, Optional.empty(), Optional.empty());
        }
        var text = open.get();
        if (state.world().doneRequest().filter(text::equals).isPresent()) {
            return new CheckpointRequest(text, Optional.empty(), Optional.empty());
        }
        var conditions = status.getConditions();
        if (OVER.stream().anyMatch(type -> ConditionSet.holds(conditions, type))) {
            return new CheckpointRequest(
                    text,
                    Optional.empty(),
                    Optional.of(state.notice(
                            Notice.Reason.CheckpointRequestDropped,
                            "no checkpoint was made for %s: %s, as the job doesn't train any more"
                                    .formatted(ANNOTATION, text))));
        }
        return new CheckpointRequest(
                handled, ConditionSet.holds(conditions, Conditions.READY) ? open : Optional.empty(), Optional.empty());
    }
}
