package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.step.Engine;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Stage;
import dev.capstan.worker.step.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one step of a gang does besides adding gradients up. */
class StepTest {
    private static final Samples SAMPLES = Fixtures.images(13, 5);
    private static final Schedule.Range BATCH = new Schedule.Range(0, 13);
    private static final double DECAY = 0.9;
    private static final int PIXELS = SAMPLES.inputs();
    /** Of each pixel a factor, an offset, a running mean and a running variance; then a plain layer. */
    private static final List<Layer> NORMALIZED = List.of(
            new Layer.Dense(PIXELS, "identity"),
            new Layer.BatchNormalization(DECAY, 1e-5),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));

    private static final int STATISTICS = PIXELS * (PIXELS + 1) + 2 * PIXELS;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    /**
     * The mean of the ranks' means, weighted with their samples, is the batch's; their variances are averaged alike.
     */
    @Test
    void runningStatisticsAreAveragedOverUnequalShares() throws Exception {
        var one = after(1, null);
        var three = after(3, null);
        assertArrayEquals(means(one), means(three), 1e-6f);
        var expected = new float[PIXELS];
        var network = network(null);
        for (int rank = 0; rank < 3; rank++) {
            var share = BATCH.share(rank, 3);
            assertTrue(share.size() < 6);
            var stage = network.stage();
            var batch = stage.batch(share.size(), SAMPLES.shape());
            new Filler(SAMPLES, Objective.TARGETS, Fixtures.CLASSES).fill(batch, order(), share);
            stage.computeGradient(batch, 7);
            var statistics = stage.slices().get(1);
            assertEquals(new Slice(STATISTICS, 2 * PIXELS, Slice.Kind.STATISTIC), statistics);
            var change =
                    Arrays.copyOfRange(network.gradients().dup().data().asFloat(), STATISTICS, STATISTICS + 2 * PIXELS);
            for (int i = 0; i < PIXELS; i++) {
                expected[i] += change[PIXELS + i] * share.size() / BATCH.size();
            }
        }
        var variances = Arrays.copyOfRange(three, STATISTICS + PIXELS, STATISTICS + 2 * PIXELS);
        for (int i = 0; i < PIXELS; i++) {
            assertEquals(1 - expected[i], variances[i], 1e-6);
        }
    }

    /**
     * With a decay of 0 the running variances are those of the last batch: 0 if one of its shares were a single sample.
     */
    @ParameterizedTest(name = "{0} samples, {1} workers")
    @CsvSource({"13, 1", "13, 2", "15, 2", "15, 4"})
    void aShortLastBatchLeavesTheRunningVariancesWhole(int samples, int workers) throws Exception {
        var layers = List.<Layer>of(
                new Layer.BatchNormalization(0, 1e-5), new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
        var training = Fixtures.training(1, 4, new Optimizer.Sgd(1), 7);
        var data = Fixtures.images(samples, 5);
        var learned = new Preprocessing(new Shape.Flat(PIXELS), List.of("a", "b", "c", "d"), null);
        var all = Gang.run(workers, Patience.DEFAULT, ring -> {
            var network = Networks.create(new JobFile.Model(layers, null, null, null), training, learned, null);
            new Trainer(network, data, training, ring, new ProgressBoard(1, System::nanoTime)).train();
            return network.parameters().data().asFloat();
        });
        int last = samples % 4 == 1 ? 5 : samples % 4;
        var expected = new double[PIXELS];
        // What ranks that share have at least two of each keep: the mean of their variances.
        var range = new Schedule.Range(samples - last, samples);
        var order = SampleOrder.of(samples, training.seed(), 0);
        for (int rank = 0; rank < workers; rank++) {
            var share = range.share(rank, workers, 2);
            for (int pixel = 0; pixel < PIXELS && share.size() > 0; pixel++) {
                expected[pixel] += variance(data, order, share, pixel) * share.size() / last;
            }
        }
        for (int pixel = 0; pixel < PIXELS; pixel++) {
            assertTrue(expected[pixel] > 1e-7);
            assertEquals(expected[pixel], all.getFirst()[3 * PIXELS + pixel], 1e-5, "pixel " + pixel);
        }
    }

    private static double variance(Samples samples, int[] order, Schedule.Range share, int pixel) {
        var row = new float[PIXELS];
        double sum = 0;
        double squares = 0;
        for (int place = share.from(); place < share.to(); place++) {
            samples.copyInputs(order[place], row, 0);
            sum += row[pixel];
            squares += row[pixel] * (double) row[pixel];
        }
        double mean = sum / share.size();
        return squares / share.size() - mean * mean;
    }

    @Test
    void theWholeGradientIsClippedToItsNorm() throws Exception {
        var start = network(null).parameters().data().asFloat();
        var free = updates(start, after(3, null));
        double norm = norm(free);
        double bound = norm / 4;
        var clipped = updates(start, after(3, new Training.Clipping(bound, 0)));
        assertEquals(bound, norm(clipped), 1e-4 * bound);
        for (int i = 0; i < STATISTICS; i++) {
            assertEquals(free[i] / 4, clipped[i], 1e-5);
        }
        assertArrayEquals(statistics(free), statistics(clipped), "no gradient, so never clipped");
        var loose = updates(start, after(3, new Training.Clipping(norm * 1.01, 0)));
        assertArrayEquals(free, loose);
    }

    @Test
    void eachNumberOfTheMeanGradientIsClippedToAValue() throws Exception {
        var start = network(null).parameters().data().asFloat();
        var free = updates(start, after(2, null));
        float bound = 0.1f;
        var clipped = updates(start, after(2, new Training.Clipping(0, bound)));
        int cut = 0;
        for (int i = 0; i < STATISTICS; i++) {
            assertEquals(Math.clamp(free[i], -bound, bound), clipped[i], 1e-6);
            cut += Math.abs(free[i]) > bound ? 1 : 0;
        }
        assertTrue(cut > 10 && cut < STATISTICS / 2, cut + " of " + STATISTICS);
        assertArrayEquals(statistics(free), statistics(clipped), "no gradient, so never clipped");
    }

    /** As pruning asks for: neither the gradient nor what the optimizer remembers revives them. */
    @Test
    void weightsThatATransformMasksStayWhatTheyAre() throws Exception {
        var masked = new Slice(5, 20, Slice.Kind.DERIVATIVE);
        var all = Gang.run(2, Patience.DEFAULT, ring -> {
            var network = network(null);
            network.stage().parameters().scale(masked, 0);
            var before = network.parameters().dup().data().asFloat();
            var step = new Step(
                    new Masked(network, masked),
                    SAMPLES,
                    Objective.TARGETS,
                    training(null),
                    new RingExchange(ring),
                    List.of());
            step.train(order(), BATCH);
            step.train(order(), BATCH);
            var after = network.parameters().data().asFloat();
            for (int i = 0; i < PIXELS * PIXELS; i++) {
                boolean inside = i >= 5 && i < 25;
                assertEquals(inside, after[i] == 0, "weight " + i);
                assertEquals(inside, after[i] == before[i], "weight " + i);
            }
            return after;
        });
        assertArrayEquals(all.get(0), all.get(1), "ranks hold the same bits");
    }

    /** A network some of whose weights are 0. */
    private record Masked(Engine engine, Slice slice) implements Engine {
        @Override
        public Stage stage() {
            return engine.stage();
        }

        @Override
        public dev.capstan.worker.step.Optimizer optimizer() {
            return engine.optimizer();
        }

        @Override
        public Weights constraints() {
            return new Weights() {
                @Override
                public void reduced(Flat gradient, int samples) {
                    gradient.scale(slice, 0);
                }

                @Override
                public void updated(Flat parameters) {
                    parameters.scale(slice, 0);
                }
            };
        }
    }

    /** The parameters after one step of a gang. */
    private static float[] after(int size, Training.Clipping clipping) throws Exception {
        var all = Gang.run(size, Patience.DEFAULT, ring -> {
            var network = network(clipping);
            new Step(network, SAMPLES, Objective.TARGETS, training(clipping), new RingExchange(ring), List.of())
                    .train(order(), BATCH);
            return network.parameters().data().asFloat();
        });
        for (var each : all) {
            assertArrayEquals(all.getFirst(), each, "ranks hold the same bits");
        }
        return all.getFirst();
    }

    private static Network network(Training.Clipping clipping) {
        return Networks.create(
                new JobFile.Model(NORMALIZED, null, null, null),
                training(clipping),
                new Preprocessing(SAMPLES.shape(), List.of("a", "b", "c", "d"), null),
                null);
    }

    private static Training training(Training.Clipping clipping) {
        return new Training(1, BATCH.size(), new Optimizer.Sgd(1), null, 0, 0, clipping, 0, null, null, 7);
    }

    private static int[] order() {
        return IntStream.range(0, SAMPLES.size()).toArray();
    }

    private static float[] updates(float[] before, float[] after) {
        var updates = new float[before.length];
        for (int i = 0; i < before.length; i++) {
            updates[i] = before[i] - after[i];
        }
        return updates;
    }

    /** Over all but the statistics, which come last but for the output layer. */
    private static double norm(float[] updates) {
        double squares = 0;
        for (int i = 0; i < updates.length; i++) {
            if (i < STATISTICS || i >= STATISTICS + 2 * PIXELS) {
                squares += (double) updates[i] * updates[i];
            }
        }
        return Math.sqrt(squares);
    }

    private static float[] means(float[] parameters) {
        return Arrays.copyOfRange(parameters, STATISTICS, STATISTICS + PIXELS);
    }

    private static float[] statistics(float[] values) {
        return Arrays.copyOfRange(values, STATISTICS, STATISTICS + 2 * PIXELS);
    }
}
