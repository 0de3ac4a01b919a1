package dev.capstan.worker.train;

import dev.capstan.protocol.Training.EarlyStopping;
import dev.capstan.protocol.Training.EarlyStopping.Metric;
import dev.capstan.worker.checkpoint.State.Measure;
import dev.capstan.worker.checkpoint.State.Validation;
import dev.capstan.worker.model.Network;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Watches the measures of the validation split: which epoch was the best, and whether it is time to stop. */
public final class Watch {
    private final EarlyStopping stopping;
    private Validation measured;
    private INDArray bestParameters;

    /** @param stopping null if the training goes on to its last epoch whatever is measured */
    public Watch(EarlyStopping stopping) {
        this.stopping = stopping;
    }

    /** What was measured so far; null if nothing was. */
    public Validation measured() {
        return measured;
    }

    /** The best epoch's parameters; null if there are none or nobody wants them back. */
    INDArray bestParameters() {
        return bestParameters;
    }

    /** Goes on from what an earlier attempt measured. */
    void resume(Validation validation, INDArray best) {
        measured = validation;
        bestParameters = best;
    }

    /**
     * Notes an epoch's measure.
     *
     * @param epoch counted from 1
     * @param network as the epoch left it
     */
    void note(int epoch, Measure measure, Network network) {
        boolean best = measured == null || better(measure, measured.best());
        measured = best
                ? new Validation(measure, measure, epoch)
                : new Validation(measure, measured.best(), measured.bestEpoch());
        if (best && stopping != null && stopping.restoreBest()) {
            bestParameters = network.parameters().dup();
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
     * @return the measure that belongs to the network now; null if nothing was measured
     */
    Measure finish(Network network) {
        if (measured == null) {
            return null;
        }
        if (bestParameters == null) {
            return measured.last();
        }
        network.parameters().assign(bestParameters.reshape(network.parameters().shape()));
        return measured.best();
    }
}
