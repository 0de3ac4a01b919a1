package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Artifact;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress.Stage;
import java.util.Optional;

/** Where a job stands: its conditions, its phase and the rest of its status follow from this. */
sealed interface Situation {
    /** Has ended before, and stays as it is. */
    record Unchanged() implements Situation {}

    /** Can't queue yet: something that it names is missing, old pods have to end, a backoff runs. */
    record Pending(Wait why) implements Situation {}

    /** The model that it goes on from was found; it can't queue yet. */
    record ModelFound(Wait why, Artifact model) implements Situation {}

    /** Has a place for the pod that checks its data, which is made, or reads them. */
    record Checking(Wait why) implements Situation {}

    /**
     * Its data were checked and are fine.
     *
     * @param endsAttempt whether an attempt had its place for that, which is given up now
     */
    record Checked(Wait why, boolean endsAttempt) implements Situation {}

    /** Waits for places; one whose data are to be checked first, for the place of the pod that does so. */
    record Queued(Wait why) implements Situation {}

    /** Has places; its pods are about to be made. */
    record Granted(Wait why) implements Situation {}

    /** All of its pods were made; not all have met. */
    record Starting(Wait why) implements Situation {}

    /**
     * All of its pods were there once in this attempt; {@code ready} workers are ready at the moment. What rank 0 is
     * busy with is empty until it was asked; {@code problem} is what keeps it from writing, if something does.
     *
     * @param besides what else is to be said of its pods, to go on from a count; mostly nothing
     */
    record Running(int ready, int total, Optional<Stage> stage, Optional<String> problem, String besides)
            implements Situation {}

    /** An attempt ended, and the next begins: it queues again. */
    record Requeued(Wait why, Attempts.End end) implements Situation {}

    /** Is to be suspended, and works on while its state can't be kept. */
    record Keeping(Wait why) implements Situation {}

    /** Is to be suspended; its pods have to end first. */
    record Suspending(Wait why) implements Situation {}

    /**
     * Suspended: nothing runs, no place is held.
     *
     * @param endsAttempt whether an attempt gave its places up for it just now
     * @param stateLost whether what came after its last checkpoint is lost, as it could not be kept
     */
    record Suspended(String message, boolean endsAttempt, boolean stateLost) implements Situation {}

    /** Ended with a model, or with a result that isn't to be let through: then there is no artifact. */
    record Complete(Outcome outcome, String reason, String message) implements Situation {}

    /** Ended without. */
    record Failed(String reason, String message) implements Situation {}
}
