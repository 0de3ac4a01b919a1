package dev.capstan.protocol;

/**
 * How far a worker is; rank 0 answers with it on {@link Contract#PROGRESS_PATH}.
 *
 * @param attempt the attempt that this is about
 * @param stage what the worker is busy with
 * @param epoch current epoch, counted from 1; 0 before training
 * @param epochs epochs in all
 * @param step steps done since the start of the training
 * @param steps steps in all
 * @param loss mean loss a sample over the steps since the last report; NaN before the first step
 * @param samplesPerSecond of all workers together, over the last seconds
 * @param estimatedSecondsRemaining until the training's end at the present speed; -1 while unknown
 * @param lastCheckpoint the newest whole checkpoint of the job, also of an earlier attempt; null if there is none
 * @param checkpointProblem why the last try at a checkpoint failed; null if it didn't
 */
public record Progress(
        int attempt,
        Stage stage,
        int epoch,
        int epochs,
        long step,
        long steps,
        double loss,
        double samplesPerSecond,
        long estimatedSecondsRemaining,
        Checkpoint lastCheckpoint,
        String checkpointProblem) {

    /**
     * A state of the training that a later attempt can go on from.
     *
     * @param step steps done
     * @param uri its folder, as the user names places
     * @param digest {@code sha256:} and 64 hex digits over its manifest
     * @param time when it was whole, RFC 3339
     */
    public record Checkpoint(long step, String uri, String digest, String time) {}

    /** What a worker is busy with, in the order in which it happens. */
    public enum Stage {
        /** Waits for its peers. */
        MEETING,
        /** Reads and checks the data. */
        LOADING,
        /** Trains. */
        TRAINING,
        /** Measures the model on the test data. */
        EVALUATING,
        /** Writes the artifact. */
        SAVING,
        /** Has nothing more to do. */
        DONE
    }
}
