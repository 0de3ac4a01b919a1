package dev.capstan.controllers.training;

import dev.capstan.crds.JobStatus;
import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.util.List;

/**
 * What of a status changes all the time while a gang gets on: how many workers are ready, and the sentences about it.
 */
final class Numbers {
    private Numbers() {}

    /** Whether two statuses differ in that alone. */
    static boolean alone(TrainingJobStatus before, TrainingJobStatus after) {
        return without(before).equals(without(after));
    }

    private static JobStatus without(TrainingJobStatus status) {
        return Draft.copy(status).setWorkers(null).setConditions(wordless(status.getConditions()));
    }

    private static List<Condition> wordless(List<Condition> conditions) {
        return conditions == null
                ? List.of()
                : conditions.stream()
                        .map(condition ->
                                new ConditionBuilder(condition).withMessage("").build())
                        .toList();
    }
}
