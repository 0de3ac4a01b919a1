package dev.capstan.worker.train;

import dev.capstan.protocol.Progress.Epoch;
import dev.capstan.worker.artifact.EndedEpoch;
import dev.capstan.worker.checkpoint.Description.Measure;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What each epoch came to. It goes through checkpoints, so that a training that was interrupted has the same numbers as
 * one that wasn't, each once.
 */
public final class History {
    /** A longer training keeps its last epochs; TensorBoard draws as many. */
    static final int MOST = 1000;

    private final Clock clock;
    private final List<EndedEpoch> epochs = new ArrayList<>();
    private Consumer<List<EndedEpoch>> listener = epochs -> {};
    private double loss;
    private long samples;

    /**
     * What a checkpoint keeps.
     *
     * @param loss of the epoch under way, summed over its samples so far
     * @param samples how many these are
     * @param epochs what the last ones came to
     */
    record Course(double loss, long samples, List<EndedEpoch> epochs) {}

    History(Clock clock) {
        this.clock = clock;
    }

    /** Who is told of all epochs that are kept, whenever there is one more, and of those of an earlier attempt. */
    public void tell(Consumer<List<EndedEpoch>> listener) {
        this.listener = listener;
    }

    /** Notes a step's loss, summed over its samples. */
    void step(int batch, double sum) {
        loss += sum;
        samples += batch;
    }

    /**
     * Notes an epoch's end.
     *
     * @param epoch counted from 1
     * @param measure on the validation split; null if there is none
     */
    void end(int epoch, Measure measure) {
        var ended = new Epoch(
                epoch,
                samples == 0 ? null : (Double) (loss / samples),
                measure == null ? null : measure.loss(),
                measure == null ? null : measure.accuracy(),
                measure == null ? null : measure.rmse());
        epochs.add(new EndedEpoch(ended, clock.millis()));
        if (epochs.size() > MOST) {
            epochs.removeFirst();
        }
        loss = 0;
        samples = 0;
        listener.accept(ended());
    }

    /** All epochs that are kept, in their order. */
    public List<EndedEpoch> ended() {
        return List.copyOf(epochs);
    }

    /** What they came to. */
    public List<Epoch> epochs() {
        return epochs.stream().map(EndedEpoch::epoch).toList();
    }

    /** What a checkpoint has to keep of it. */
    Course course() {
        return new Course(loss, samples, ended());
    }

    /** Goes on from an earlier attempt. */
    void resume(Course course) {
        epochs.clear();
        epochs.addAll(course.epochs());
        loss = course.loss();
        samples = course.samples();
        listener.accept(ended());
    }
}
