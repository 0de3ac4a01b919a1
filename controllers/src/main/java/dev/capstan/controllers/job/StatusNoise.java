package dev.capstan.controllers.job;

import dev.capstan.crds.Block;
import dev.capstan.crds.JobStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.util.List;

/** What of a status changes all the time while pods start: how many are ready, and the sentences about it. */
public final class StatusNoise {
    private StatusNoise() {}

    /** Whether two statuses differ in that alone. */
    public static boolean alone(JobStatus before, JobStatus after) {
        return without(before).equals(without(after));
    }

    private static JobStatus without(JobStatus status) {
        return Block.copy(status).setWorkers(null).setConditions(wordless(status.getConditions()));
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
