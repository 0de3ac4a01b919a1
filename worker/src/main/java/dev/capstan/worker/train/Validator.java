package dev.capstan.worker.train;

import dev.capstan.worker.checkpoint.Description.Measure;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.step.Stage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.stream.IntStream;

/** Measures a model on samples that all ranks share out among them. */
final class Validator {
    /** Shares differ by one sample at most, but a rank's machine may be slower than another's. */
    private static final Duration SILENCE = Duration.ofHours(1);

    private Validator() {}

    /**
     * The same bits on every rank: each rank's sums are added in the order of the ranks.
     *
     * @param most as {@link Evaluation#measure} takes at once
     */
    static Measure measure(Stage stage, Samples samples, int most, Collectives ring) {
        var share = new Schedule.Range(0, samples.size()).share(ring.rank(), ring.size());
        var mine = ByteBuffer.allocate(2 * Double.BYTES);
        if (share.size() > 0) {
            var result = Evaluation.of(
                    stage,
                    samples.subset(IntStream.range(share.from(), share.to()).toArray()),
                    most,
                    () -> {});
            mine.putDouble(result.loss() * share.size())
                    .putDouble(
                            switch (result.scores()) {
                                case Scores.Classes(var confusion) -> confusion.right();
                                case Scores.Numbers(var errors) -> errors.sumOfSquares();
                            });
        }
        double loss = 0;
        double sum = 0;
        for (var each : ring.allGather(mine.array(), SILENCE)) {
            var sums = ByteBuffer.wrap(each);
            loss += sums.getDouble();
            sum += sums.getDouble();
        }
        new Finite().check(loss, "the validation loss");
        double mean = sum / samples.size();
        return samples.targets() == 0
                ? new Measure(loss / samples.size(), mean)
                : new Measure(loss / samples.size(), null, Math.sqrt(mean / samples.targets()));
    }
}
