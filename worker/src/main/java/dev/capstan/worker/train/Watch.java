package dev.capstan.worker.train;

import dev.capstan.protocol.Training.EarlyStopping;
import dev.capstan.protocol.Training.EarlyStopping.Metric;
import dev.capstan.worker.checkpoint.Description.Measure;
import dev.capstan.worker.checkpoint.Description.Validation;
import dev.capstan.worker.step.Flat;
import java.time.Clock;

/** Watches the measures of the validation split: which epoch was the best, and whether it is time to stop. */
public final class Watch {
    private final EarlyStopping stopping;
    private final History history = new History(Clock.systemUTC());
    private final Productive productive = new Productive(System::nanoTime);
    private Validation measured;
    private Flat bestParameters;

    /** @param stopping null if the training goes on to its last epoch whatever is measured */
    public Watch(EarlyStopping stopping) {
        this.stopping = stopping;
    }

    /** What each epoch came to. */
    public History history() {
        return history;
    }

    /** How much time went into steps that count. */
    Productive productive() {
        return productive;
    }

    /** What was measured so far; null if nothing was. */
    public Validation measured() {
        return measured;
    }

    /** The best epoch's parameters; null if there are none or nobody wants them back. */
    Flat bestParameters() {
        return bestParameters;
    }

    /** Goes on from what an earlier attempt measured. */
    void resume(Validation validation, Flat best) {
        measured = validation;
        bestParameters = best;
    }

    /**
     * Notes an epoch's measure.
     *
     * @param epoch counted from 1
     * @param parameters as the epoch left them
     */
    public void note(int epoch, Measure measure, Flat parameters) {
        boolean best = measured == null || better(measure, measured.best());
        measured = best
                ? new Validation(measure, measure, epoch)
                : new Validation(measure, measured.best(), measured.bestEpoch());
        if (best && stopping != null && stopping.restoreBest()) {
            bestParameters = parameters.copy();
        }
    }

    private boolean better(Measure measure, Measure than) {
        double minDelta = stopping == null ? 0 : stopping.minDelta();
        return stopping != null && stopping.metric() == Metric.ACCURACY
                ? measure.accuracy() > than.accuracy() + minDelta
                : measure.loss() < than.loss() - minDelta;
    }

    /** Whether there was no improvement for as many epochs as the job has patience. */
    boolean over(int epochs) {
        return stopping != null && measured != null && epochs - measured.bestEpoch() >= stopping.patience();
    }

    /**
     * Puts the best epoch's parameters back, if the job wants that.
     *
     * @return the measure that belongs to them now; null if nothing was measured
     */
    Measure finish(Flat parameters) {
        if (measured == null) {
            return null;
        }
        if (bestParameters == null) {
            return measured.last();
        }
        parameters.set(bestParameters);
        return measured.best();
    }
}
