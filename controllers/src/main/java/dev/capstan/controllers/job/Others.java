package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.JobRef;
import java.util.List;
import java.util.Optional;

/**
 * What other jobs have to do with one that has no places yet.
 *
 * @param cycle jobs each of which goes on from the model of the next, and the last of them from that of the first, of
 *     which the job itself is the first; empty if there is no such circle
 * @param outputHolder the job whose turn it is to write the place that this one writes, too
 */
public record Others(List<JobRef> cycle, Optional<OutputUse.Holder> outputHolder) {
    /** None has anything to do with it. */
    public static final Others NONE = new Others(List.of(), Optional.empty());
}
