package dev.capstan.worker.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** LibTorch computes what DL4J computes, on the same memory. */
class LibTorchTest {
    private static final int NETWORKS = Integer.getInteger("torch.networks", 60);
    private static final int ROWS = 7;
    private static final Optimizer SGD = new Optimizer.Sgd(0.01);

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static LongStream seeds() {
        return LongStream.range(0, NETWORKS);
    }

    static LongStream someSeeds() {
        return LongStream.range(0, NETWORKS / 3);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void gradientsAndAnswersAreDl4js(long seed) {
        var drawn = DrawnNetwork.of(seed);
        var training = DrawnNetwork.training(SGD, 0);
        var network = drawn.network(training);
        var engine = engine(network, training);
        var batch = engine.stage().batch(ROWS, drawn.shape());
        var same = network.stage().batch(ROWS, drawn.shape());
        for (int step = 0; step < 3; step++) {
            drawn.fill(batch, new Random(seed + step));
            drawn.fill(same, new Random(seed + step));
            double expectedLoss = network.stage().computeGradient(same, seed + step + 1);
            var expected = network.gradients().dup();
            network.gradients().assign(Float.NaN);
            double loss = engine.stage().computeGradient(batch, seed + step + 1);
            assertNear(expected, network.gradients(), 1e-5, drawn.toString());
            assertEquals(expectedLoss, loss, 1e-5 * Math.max(1, Math.abs(expectedLoss)), drawn.toString());
            var answers = engine.stage().answer(batch);
            var expectedAnswers = network.stage().answer(same);
            assertEquals(expectedAnswers.loss(), answers.loss(), 1e-5 * Math.max(1, expectedAnswers.loss()));
            assertArrayEquals(expectedAnswers.classes(), answers.classes());
            assertArrayEquals(expectedAnswers.outputs(), answers.outputs(), 1e-5f);
            engine.optimizer().update(ROWS);
        }
    }

    static Stream<List<Layer>> beforeDropout() {
        var normalized = new Layer.LayerNormalization(1e-3);
        return Stream.of(
                List.of(),
                List.of(normalized),
                List.of(new Layer.Positions(), new Layer.Attention(2)),
                List.of(new Layer.Conv1d(3, 3, "tanh")),
                List.of(new Layer.Dense(3, "tanh"), normalized),
                List.of(new Layer.BidirectionalLstm(2, "tanh")),
                List.of(new Layer.Residual(List.of(normalized, new Layer.Attention(1)))),
                List.of(new Layer.Residual(List.of(new Layer.Conv1d(4, 3, "tanh")))));
    }

    /** DL4J draws along memory, which layers lay out in different ways. */
    @ParameterizedTest
    @MethodSource("beforeDropout")
    void whatDl4jDropsOfSequencesIsDropped(List<Layer> before) {
        var layers = new ArrayList<Layer>();
        layers.add(new Layer.Embedding(4));
        layers.addAll(before);
        layers.add(new Layer.Dropout(0.5));
        layers.add(new Layer.Lstm(3, "tanh", false));
        layers.add(new Layer.Output(DrawnNetwork.CLASSES, "softmax", "mcxent"));
        var drawn = new DrawnNetwork(new Shape.Tokens(5, 9), layers, null);
        var training = DrawnNetwork.training(SGD, 0);
        var network = drawn.network(training);
        var batch = engine(network, training).stage().batch(ROWS, drawn.shape());
        var same = network.stage().batch(ROWS, drawn.shape());
        drawn.fill(batch, new Random(1));
        drawn.fill(same, new Random(1));
        network.stage().computeGradient(same, 5);
        var expected = network.gradients().dup();
        engine(network, training).stage().computeGradient(batch, 5);
        assertNear(expected, network.gradients(), 1e-5, drawn.toString());
    }

    /**
     * Of networks that draw nothing and know no statistics of a batch; and the same bytes again, whatever else runs.
     */
    @ParameterizedTest
    @MethodSource("someSeeds")
    void gradientsOfSeveralThreadsAddUp(long seed) {
        var drawn = DrawnNetwork.of(seed);
        if (drawn.layers().stream().anyMatch(LibTorchTest::isOfBatches)) {
            return;
        }
        var training = DrawnNetwork.training(new Optimizer.Adam(0.01, 0.9, 0.99, 1e-6), 0);
        var network = drawn.network(training);
        var same = drawn.network(training);
        var dl4j = drawn.network(training);
        var engine = engine(network, training, 3);
        var again = engine(same, training, 3);
        // More threads than samples, too.
        for (int rows : new int[] {ROWS, 2, 1}) {
            var batch = engine.stage().batch(rows, drawn.shape());
            drawn.fill(batch, new Random(seed));
            double loss = engine.stage().computeGradient(batch, 1);
            var of = again.stage().batch(rows, drawn.shape());
            drawn.fill(of, new Random(seed));
            assertEquals(loss, again.stage().computeGradient(of, 1));
            assertArrayEquals(floats(network.gradients()), floats(same.gradients()));
            var alone = dl4j.stage().batch(rows, drawn.shape());
            drawn.fill(alone, new Random(seed));
            double expectedLoss = dl4j.stage().computeGradient(alone, 1);
            assertNear(dl4j.gradients(), network.gradients(), 1e-5, drawn.toString());
            assertEquals(expectedLoss, loss, 1e-5 * Math.max(1, Math.abs(expectedLoss)));
            var answers = engine.stage().answer(batch);
            var expected = dl4j.stage().answer(alone);
            assertEquals(expected.loss(), answers.loss(), 1e-5 * Math.max(1, expected.loss()));
            assertArrayEquals(expected.classes(), answers.classes());
            assertArrayEquals(expected.outputs(), answers.outputs(), 1e-5f);
            engine.optimizer().update(rows);
            again.optimizer().update(rows);
            assertArrayEquals(floats(network.parameters()), floats(same.parameters()));
            dl4j.parameters().assign(network.parameters());
        }
    }

    /** What several threads drop is drawn from the seed, too, and they drop different things. */
    @Test
    void threadsDrawByTheSeed() {
        var drawn = new DrawnNetwork(
                new Shape.Flat(3),
                List.of(
                        new Layer.Dense(50, "tanh"),
                        new Layer.Dropout(0.5),
                        new Layer.Output(DrawnNetwork.CLASSES, "softmax", "mcxent")),
                null);
        var training = DrawnNetwork.training(SGD, 0);
        var network = drawn.network(training);
        var engine = engine(network, training, 2);
        var batch = engine.stage().batch(2, drawn.shape());
        batch.inputs().put(new float[] {1, 2, 3, 1, 2, 3});
        batch.targets().put(0, 1).put(DrawnNetwork.CLASSES, 1);
        engine.stage().computeGradient(batch, 5);
        var first = floats(network.gradients());
        engine.stage().computeGradient(batch, 6);
        assertFalse(Arrays.equals(first, floats(network.gradients())));
        engine.stage().computeGradient(batch, 5);
        assertArrayEquals(first, floats(network.gradients()));
        // Of one sample twice over, either thread's gradient would be half of both if they dropped the same.
        var alone = engine(network, training).stage();
        var one = alone.batch(1, drawn.shape());
        one.inputs().put(new float[] {1, 2, 3});
        one.targets().put(0, 1);
        alone.computeGradient(one, 5);
        network.gradients().muli(2);
        assertFalse(Arrays.equals(first, floats(network.gradients())));
    }

    private static boolean isOfBatches(Layer layer) {
        return layer instanceof Layer.BatchNormalization
                || layer instanceof Layer.Dropout
                || layer instanceof Layer.Residual(var inner) && inner.stream().anyMatch(LibTorchTest::isOfBatches);
    }

    /**
     * Where a function has no derivative of its own: samples of zeros get there, and so do zeros that dropout leaves.
     */
    @ParameterizedTest
    @ValueSource(strings = {"relu", "relu6", "leakyrelu", "elu", "selu", "hardtanh", "hardsigmoid", "softsign"})
    void derivativesAtZeroAreDl4js(String function) {
        var drawn = new DrawnNetwork(
                new Shape.Flat(3),
                List.of(new Layer.Dense(5, function), new Layer.Output(DrawnNetwork.CLASSES, "softmax", "mcxent")),
                null);
        var training = DrawnNetwork.training(SGD, 0);
        var network = drawn.network(training);
        var batch = engine(network, training).stage().batch(ROWS, drawn.shape());
        var same = network.stage().batch(ROWS, drawn.shape());
        for (int i = 0; i < ROWS; i++) {
            batch.targets().put(i * DrawnNetwork.CLASSES, 1);
            same.targets().put(i * DrawnNetwork.CLASSES, 1);
        }
        network.stage().computeGradient(same, 1);
        var expected = network.gradients().dup();
        engine(network, training).stage().computeGradient(batch, 1);
        assertNear(expected, network.gradients(), 1e-5, function);
    }

    @Test
    void allKindsOfLayersAreDrawn() {
        var kinds = new HashSet<Class<?>>();
        seeds().forEach(seed -> DrawnNetwork.of(seed).layers().forEach(layer -> kinds.add(layer.getClass())));
        assertEquals(Layer.class.getPermittedSubclasses().length, kinds.size(), () -> "only " + kinds);
    }

    static Stream<Optimizer> optimizers() {
        return Stream.of(
                SGD,
                new Optimizer.Nesterov(0.05, 0.9),
                new Optimizer.Adam(0.01, 0.9, 0.99, 1e-6),
                new Optimizer.AdamW(0.01, 0.9, 0.99, 1e-6, 0.1),
                new Optimizer.RmsProp(0.01, 0.9, 1e-6),
                new Optimizer.AdaGrad(0.05, 1e-6));
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void updatesAreDl4js(Optimizer optimizer) {
        for (long seed = 0; seed < 6; seed++) {
            var drawn = DrawnNetwork.of(seed);
            var training = DrawnNetwork.training(optimizer, seed % 2 == 0 ? 0 : 0.01);
            var ours = drawn.network(training);
            var engine = engine(ours, training);
            var dl4j = drawn.network(training);
            assertArrayEquals(floats(dl4j.parameters()), floats(ours.parameters()));
            var batch = engine.stage().batch(ROWS, drawn.shape());
            var same = dl4j.stage().batch(ROWS, drawn.shape());
            // Which of nearly equal values is the largest hangs on the last bit.
            int steps = drawn.shape() instanceof Shape.Image ? 5 : 20;
            for (int step = 0; step < steps; step++) {
                drawn.fill(batch, new Random(step));
                drawn.fill(same, new Random(step));
                engine.stage().computeGradient(batch, step + 1);
                engine.optimizer().update(ROWS);
                dl4j.stage().computeGradient(same, step + 1);
                dl4j.optimizer().update(ROWS);
            }
            assertEquals(steps, ours.step());
            assertNear(dl4j.parameters(), ours.parameters(), 1e-4, drawn.toString());
            if (dl4j.updaterState() != null) {
                assertNear(dl4j.updaterState(), ours.updaterState(), 1e-3, drawn.toString());
            }
        }
    }

    private static Computing engine(Network network, Training training) {
        return engine(network, training, 1);
    }

    private static Computing engine(Network network, Training training, int threads) {
        return Engines.ready(network, new Engines.Decision(training.engine(), threads, "the test asks for it"));
    }

    private static void assertNear(INDArray expected, INDArray found, double bound, String what) {
        double difference = expected.reshape(expected.length())
                .sub(found.reshape(found.length()))
                .norm2Number()
                .doubleValue();
        double size = expected.norm2Number().doubleValue();
        assertTrue(difference <= bound * size, () -> difference / size + " of " + what);
    }

    private static float[] floats(INDArray array) {
        return array.reshape(array.length()).toFloatVector();
    }
}
