package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress.Stage;
import java.util.Optional;

/** Where a job stands: what its conditions say. */
sealed interface Situation {
    /** Can't queue yet: something that it names is missing, old pods have to end, a backoff runs. */
    record Pending(Wait why) implements Situation {}

    /** Can't queue yet: its data are being checked. */
    record Checking(Wait why) implements Situation {}

    /** Its data were checked and are fine. */
    record Checked(Wait why) implements Situation {}

    /** Waits for places. */
    record Queued(Wait why) implements Situation {}

    /** Has places; its pods are about to be made. */
    record Granted(Wait why) implements Situation {}

    /** All of its pods were made; not all have met. */
    record Starting(Wait why) implements Situation {}

    /**
     * Was whole once in this attempt; {@code ready} workers are ready at the moment. What rank 0 is busy with is empty
     * until it was asked.
     */
    record Running(int ready, int total, Optional<Stage> stage) implements Situation {}

    /** An attempt ended and the next was begun, by a wait that says why. */
    record Anew(Wait why) implements Situation {}

    /** Is to rest; its pods have to end first. */
    record Suspending(Wait why) implements Situation {}

    /** Rests: nothing runs, no place is held. */
    record Suspended(String message) implements Situation {}

    /** Ended with a model. */
    record Complete(Outcome.Artifact artifact) implements Situation {}

    /** Ended without. */
    record Failed(String reason, String message) implements Situation {}
}
