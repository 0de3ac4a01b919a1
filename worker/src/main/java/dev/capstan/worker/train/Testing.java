package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.step.Stage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;

/** Measures a trained model on test samples that all ranks share out among them, in one gather. */
public final class Testing {
    private final Stage stage;
    private final Samples samples;
    private final Collectives ring;
    private final Duration late;

    /**
     * @param samples the same on every rank
     * @param late how long the slowest rank may take
     */
    public Testing(Stage stage, Samples samples, Collectives ring, Duration late) {
        this.stage = stage;
        this.samples = samples;
        this.ring = ring;
        this.late = late;
    }

    /**
     * Measures. What is counted is what one rank alone would count; sums are made in the order of the ranks.
     *
     * @param most samples that a rank took in a step of the training
     * @param meanwhile is run between two passes; what it throws ends the measuring
     * @return the same on every rank
     */
    public Evaluation.Result measure(int most, Runnable meanwhile) {
        var share = new Schedule.Range(0, samples.size()).share(ring.rank(), ring.size());
        var mine = share.size() == 0
                ? Optional.<Evaluation.Result>empty()
                : Optional.of(Evaluation.of(
                        stage,
                        ring.size() == 1
                                ? samples
                                : samples.subset(IntStream.range(share.from(), share.to())
                                        .toArray()),
                        most,
                        meanwhile));
        if (ring.size() == 1) {
            return mine.orElseThrow();
        }
        var all = Scores.of(samples, stage.classes());
        double loss = 0;
        for (var each : ring.allGather(block(mine), late)) {
            var in = ByteBuffer.wrap(each);
            loss += in.getDouble();
            all.add(in);
        }
        return new Evaluation.Result(loss, samples.size(), all);
    }

    /**
     * Takes part in the gather without having measured anything: a rank that comes when the others have finished all
     * else.
     */
    public void skip() {
        if (ring.size() > 1) {
            ring.allGather(block(Optional.empty()), late);
        }
    }

    private byte[] block(Optional<Evaluation.Result> mine) {
        var scores = mine.map(Evaluation.Result::scores).orElseGet(() -> Scores.of(samples, stage.classes()));
        var block = ByteBuffer.allocate(Double.BYTES + scores.bytes());
        block.putDouble(mine.map(Evaluation.Result::sum).orElse(0.0));
        scores.write(block);
        return block.array();
    }
}
