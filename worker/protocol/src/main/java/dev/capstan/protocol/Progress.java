package dev.capstan.protocol;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.util.List;

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
 * @param compression how far a compression is, and what it has found so far; null of other work. Epochs and steps are
 *     then those of the fine-tuning that is under way, or was the last
 * @param engine what computes a training and why; null before it trains, and of other work
 * @param history what the last epochs came to, in their order; null before the first one's end
 * @param keeping what keeping the state costs, and what was found of it; null of workers that keep none, of older
 *     workers, and before anything is known
 * @param productive how much of the time went into steps that count; null before training, and of other work
 * @param straggler the rank that all others wait for; null if there is none
 * @param device what computes: {@code cpu}, or a GPU and its name, such as {@code cuda:0 (NVIDIA H100 80GB HBM3)}; null
 *     before that is known, and of older workers
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
        String checkpointProblem,
        Compression compression,
        String engine,
        List<Epoch> history,
        Keeping keeping,
        Productive productive,
        Straggler straggler,
        String device) {

    /** {@link #device} where none is used. */
    public static final String CPU = "cpu";

    /** Without what the epochs came to. */
    public Progress(
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
            String checkpointProblem,
            Compression compression,
            String engine) {
        this(
                attempt,
                stage,
                epoch,
                epochs,
                step,
                steps,
                loss,
                samplesPerSecond,
                estimatedSecondsRemaining,
                lastCheckpoint,
                checkpointProblem,
                compression,
                engine,
                null,
                null,
                null,
                null,
                null);
    }

    /** The same, with what computes. */
    public Progress on(String device) {
        return new Progress(
                attempt,
                stage,
                epoch,
                epochs,
                step,
                steps,
                loss,
                samplesPerSecond,
                estimatedSecondsRemaining,
                lastCheckpoint,
                checkpointProblem,
                compression,
                engine,
                history,
                keeping,
                productive,
                straggler,
                device);
    }

    /** The same, with what the last epochs came to. */
    public Progress with(List<Epoch> history) {
        return with(lastCheckpoint, checkpointProblem, history, keeping, productive);
    }

    /** The same, with the rank that all others wait for; null if there is none. */
    public Progress with(Straggler slow) {
        return with(lastCheckpoint, checkpointProblem, history, keeping, productive, slow);
    }

    /** The same, with what is known of kept states, epochs and time. */
    public Progress with(
            Checkpoint lastCheckpoint,
            String checkpointProblem,
            List<Epoch> history,
            Keeping keeping,
            Productive productive) {
        return with(lastCheckpoint, checkpointProblem, history, keeping, productive, straggler);
    }

    /** The same, with all of that. */
    public Progress with(
            Checkpoint lastCheckpoint,
            String checkpointProblem,
            List<Epoch> history,
            Keeping keeping,
            Productive productive,
            Straggler straggler) {
        return new Progress(
                attempt,
                stage,
                epoch,
                epochs,
                step,
                steps,
                loss,
                samplesPerSecond,
                estimatedSecondsRemaining,
                lastCheckpoint,
                checkpointProblem,
                compression,
                engine,
                history,
                keeping,
                productive,
                straggler,
                device);
    }

    /** The progress of a compression. */
    public Progress(
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
            String checkpointProblem,
            Compression compression) {
        this(
                attempt,
                stage,
                epoch,
                epochs,
                step,
                steps,
                loss,
                samplesPerSecond,
                estimatedSecondsRemaining,
                lastCheckpoint,
                checkpointProblem,
                compression,
                null);
    }

    /** The progress of a training before its engine is known. */
    public Progress(
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
        this(
                attempt,
                stage,
                epoch,
                epochs,
                step,
                steps,
                loss,
                samplesPerSecond,
                estimatedSecondsRemaining,
                lastCheckpoint,
                checkpointProblem,
                null);
    }

    /**
     * A state of the training that a later attempt can go on from.
     *
     * @param step steps done
     * @param uri its folder, as the user names places
     * @param digest {@code sha256:} and 64 hex digits over its manifest
     * @param time when it was whole, RFC 3339
     */
    public record Checkpoint(long step, String uri, String digest, String time) {}

    /**
     * What it costs to keep the state, and what was found of it.
     *
     * @param everySeconds how often that is done by the clock, as the worker has chosen or the job says; 0 if it isn't
     * @param stallMillis for how long the last checkpoint has stopped the training; 0 before the first one
     * @param writeMillis how long it then took to write it, beside the training; 0 before the first one is whole
     * @param bytes how many were copied for it
     * @param late how many checkpoints of this attempt came later than they were due, since the one before was still
     *     being written
     * @param broken what this attempt has found that isn't as it was written, and passed over; null if there was
     *     nothing
     */
    public record Keeping(
            long everySeconds, double stallMillis, double writeMillis, long bytes, int late, List<String> broken) {}

    /**
     * How much of the time went into steps that count.
     *
     * @param startStep the step after which this attempt has gone on
     * @param seconds in which the steps were made that led to the present state, in whichever attempt; without those of
     *     steps that had to be made again, and without waiting for lost workers, storage and checkpoints
     */
    public record Productive(long startStep, double seconds) {}

    /**
     * A rank that takes much longer to compute than the others, who wait for it in each step.
     *
     * @param rank which one
     * @param factor how many times as long as the others' median it computes, without what it waits; 1.5 at least
     */
    public record Straggler(int rank, double factor) {}

    /**
     * What an epoch came to.
     *
     * @param epoch counted from 1
     * @param loss mean loss a training sample, while it was trained on; null if an older version trained on them
     * @param validationLoss mean loss a sample of the validation split; null without one
     * @param validationAccuracy share of these that were told right; null without them, or if the model predicts
     *     numbers
     * @param validationRmse root of the mean squared error on these; null without them, or if the model tells classes
     *     apart
     */
    public record Epoch(
            int epoch, Double loss, Double validationLoss, Double validationAccuracy, Double validationRmse) {}

    /** What a worker is busy with; a compression goes through some of these once for each step. */
    public enum Stage {
        /** Waits for its peers. */
        MEETING,
        /** Reads and checks the data; also what is read where a later release of the worker is at something else. */
        @JsonEnumDefaultValue
        LOADING,
        /** Is ready, as a spare, and waits for a rank. */
        STANDBY,
        /** Chooses weights and takes them away. */
        PRUNING,
        /** Trains, or trains on what is left of a pruned model. */
        TRAINING,
        /** Finds activations' ranges. */
        CALIBRATING,
        /** Turns weights and activations into integers, and measures what that costs. */
        QUANTIZING,
        /** Measures the model on the test data. */
        EVALUATING,
        /** Writes the artifact. */
        SAVING,
        /** Has nothing more to do. */
        DONE
    }
}
