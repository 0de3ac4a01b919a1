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
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Patience;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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
            var arrays = new Batch(share.size(), SAMPLES.shape(), Fixtures.CLASSES);
            arrays.fill(SAMPLES, order(), share);
            network.computeGradient(arrays.inputs(), arrays.labels(), null);
            var change = network.statistics().getFirst().dup().data().asFloat();
            for (int i = 0; i < PIXELS; i++) {
                expected[i] += change[PIXELS + i] * share.size() / BATCH.size();
            }
        }
        var variances = Arrays.copyOfRange(three, STATISTICS + PIXELS, STATISTICS + 2 * PIXELS);
        for (int i = 0; i < PIXELS; i++) {
            assertEquals(1 - expected[i], variances[i], 1e-6);
        }
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

    /** The parameters after one step of a gang. */
    private static float[] after(int size, Training.Clipping clipping) throws Exception {
        var all = Gang.run(size, Patience.DEFAULT, ring -> {
            var network = network(clipping);
            new Step(network, training(clipping), ring).train(SAMPLES, order(), BATCH);
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
