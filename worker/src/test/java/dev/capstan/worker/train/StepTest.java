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
import dev.capstan.worker.compress.prune.HeldAtZero;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.step.Engine;
import dev.capstan.worker.step.Mask;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.torch.Engines;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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
    @ParameterizedTest
    @EnumSource
    void runningStatisticsAreAveragedOverUnequalShares(Training.Engine by) throws Exception {
        var one = after(1, null, by);
        var three = after(3, null, by);
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

    /** Whatever the number of ranks, and for the last batch, which has fewer samples than a share has parts. */
    @ParameterizedTest
    @EnumSource
    void aShareInPartsHasTheGradientOfTheWhole(Training.Engine by) throws Exception {
        var layers =
                List.<Layer>of(new Layer.Dense(8, "tanh"), new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
        var before = networkOf(layers, training(null)).parameters().data().asFloat();
        for (int ranks : new int[] {1, 3}) {
            var whole = after(ranks, layers, training(null), by);
            for (int parts : new int[] {2, 4, 20}) {
                var inParts = after(ranks, layers, training(null).inParts(parts), by);
                assertArrayEquals(whole, inParts, 1e-6f, ranks + " ranks, " + parts + " parts");
            }
            assertTrue(norm(updates(before, whole)) > 0.01);
        }
    }

    /** As ranks do with their shares: means are the whole's, variances leave out how far the parts' means lie apart. */
    @ParameterizedTest
    @EnumSource
    void partsAreNormalizedByThemselves(Training.Engine by) throws Exception {
        var whole = after(1, null, by);
        var inParts = after(1, NORMALIZED, training(null).inParts(3), by);
        assertArrayEquals(means(whole), means(inParts), 1e-6f);
        assertArrayEquals(statistics(after(3, null, by)), statistics(inParts), 1e-6f);
        assertTrue(norm(updates(whole, inParts)) > 1e-4);
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

    @ParameterizedTest
    @EnumSource
    void theWholeGradientIsClippedToItsNorm(Training.Engine by) throws Exception {
        var start = network(null).parameters().data().asFloat();
        var free = updates(start, after(3, null, by));
        double norm = norm(free);
        double bound = norm / 4;
        var clipped = updates(start, after(3, new Training.Clipping(bound, 0), by));
        assertEquals(bound, norm(clipped), 1e-4 * bound);
        for (int i = 0; i < STATISTICS; i++) {
            assertEquals(free[i] / 4, clipped[i], 1e-5);
        }
        assertArrayEquals(statistics(free), statistics(clipped), "no gradient, so never clipped");
        var loose = updates(start, after(3, new Training.Clipping(norm * 1.01, 0), by));
        assertArrayEquals(free, loose);
    }

    @ParameterizedTest
    @EnumSource
    void eachNumberOfTheMeanGradientIsClippedToAValue(Training.Engine by) throws Exception {
        var start = network(null).parameters().data().asFloat();
        var free = updates(start, after(2, null, by));
        float bound = 0.1f;
        var clipped = updates(start, after(2, new Training.Clipping(0, bound), by));
        int cut = 0;
        for (int i = 0; i < STATISTICS; i++) {
            assertEquals(Math.clamp(free[i], -bound, bound), clipped[i], 1e-6);
            cut += Math.abs(free[i]) > bound ? 1 : 0;
        }
        assertTrue(cut > 10 && cut < STATISTICS / 2, cut + " of " + STATISTICS);
        assertArrayEquals(statistics(free), statistics(clipped), "no gradient, so never clipped");
    }

    /** As pruning asks for: neither the gradient nor what the optimizer remembers revives them. */
    @ParameterizedTest
    @EnumSource
    void weightsThatAMaskHoldsStayAtZero(Training.Engine by) throws Exception {
        var zeros = new BitSet();
        zeros.set(5, 25);
        var all = Gang.run(2, Patience.DEFAULT, ring -> {
            var training = new Training(
                    1, BATCH.size(), Fixtures.ADAM, null, 0, 0.01, new Training.Clipping(1, 0), 0, null, null, 7);
            var network = networkOf(NORMALIZED, training);
            network.stage().parameters().scale(new Slice(5, 20, Slice.Kind.DERIVATIVE), 0);
            var before = network.parameters().dup().data().asFloat();
            var masked = new HeldAtZero(Mask.of(before.length, zeros));
            var step = new Step(
                    engine(network, by), SAMPLES, Objective.TARGETS, training, new RingExchange(ring), List.of(masked));
            step.train(order(), BATCH);
            step.train(order(), BATCH);
            var after = network.parameters().data().asFloat();
            for (int i = 0; i < PIXELS * PIXELS; i++) {
                boolean inside = zeros.get(i);
                assertEquals(inside, after[i] == 0, "weight " + i);
                assertEquals(inside, after[i] == before[i], "weight " + i);
            }
            return after;
        });
        assertArrayEquals(all.get(0), all.get(1), "ranks hold the same bits");
    }

    /** The parameters after one step of a gang. */
    private static float[] after(int size, Training.Clipping clipping, Training.Engine by) throws Exception {
        return after(size, NORMALIZED, training(clipping), by);
    }

    private static float[] after(int size, List<Layer> layers, Training training, Training.Engine by) throws Exception {
        var all = Gang.run(size, Patience.DEFAULT, ring -> {
            var network = networkOf(layers, training);
            new Step(engine(network, by), SAMPLES, Objective.TARGETS, training, new RingExchange(ring), List.of())
                    .train(order(), BATCH);
            return network.parameters().data().asFloat();
        });
        for (var each : all) {
            assertArrayEquals(all.getFirst(), each, "ranks hold the same bits");
        }
        return all.getFirst();
    }

    private static Engine engine(Network network, Training.Engine by) {
        return Engines.ready(network, new Engines.Decision(by, "the test asks for it"));
    }

    private static Network network(Training.Clipping clipping) {
        return networkOf(NORMALIZED, training(clipping));
    }

    private static Network networkOf(List<Layer> layers, Training training) {
        return Networks.create(
                new JobFile.Model(layers, null, null, null),
                training,
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
