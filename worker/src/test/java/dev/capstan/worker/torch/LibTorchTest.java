package dev.capstan.worker.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
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
        return Engines.ready(network, new Engines.Decision(training.engine(), "the test asks for it"), 1);
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
