package dev.capstan.worker.compress.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A network without some of its units answers as the one in which they are held at 0. */
class CutNetworkTest {
    private static final int ROWS = 5;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static LongStream seeds() {
        return LongStream.range(0, 80);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aCutNetworkAnswersAsTheMaskedOne(long seed) {
        var random = new RandomNetworks(seed);
        var drawn = random.draw();
        var network = drawn.network();
        var removed = random.units(network.structure());
        var inputs = random.inputs(drawn.shape(), ROWS);
        var mask = RandomNetworks.mask(drawn.shape(), inputs);

        var cut = network.without(removed);
        network.stage().parameters().zero(UnitMask.of(network.structure(), removed, (int)
                network.parameters().length()));

        var expected = network.output(inputs, mask);
        assertArrayEquals(values(expected), values(cut.output(inputs, mask)), 2e-5f, drawn.layers()::toString);
        assertSizes(network, removed, cut);
    }

    /** Every tensor of the cut network is as much smaller as its units say. */
    private static void assertSizes(Network network, List<BitSet> removed, Network cut) {
        var before = network.structure();
        var after = cut.structure();
        for (int i = 0; i < before.units().size(); i++) {
            assertEquals(
                    before.units().get(i).count() - removed.get(i).cardinality(),
                    after.units().get(i).count());
        }
        long parameters = after.parts().stream()
                .flatMap(each -> each.tensors().stream())
                .mapToLong(each -> each.length())
                .sum();
        assertEquals(cut.parameters().length(), parameters, "no parameter is left out");
    }

    /** By hand: the second channel of two goes, and with it its kernel, bias and rows of the flattened image. */
    @Test
    void aChannelGoesWithAllThatIsItsOwn() {
        var network = RandomNetworks.network(
                new Shape.Image(3, 3, 1),
                List.of(
                        new Layer.Convolution(2, 2, 1, Padding.VALID, "relu"),
                        new Layer.BatchNormalization(0.9, 1e-5),
                        new Layer.Output(3, "softmax", "mcxent")));
        for (int i = 0; i < network.parameters().length(); i++) {
            network.parameters().putScalar(i, i);
        }
        var second = new BitSet();
        second.set(1);
        var cut = network.without(List.of(second, new BitSet()));
        // Bias and kernel; gamma, beta, mean and variance; of each class 4 of 8 rows, column by column; the biases.
        assertArrayEquals(
                new float[] {0, 2, 3, 4, 5, 10, 12, 14, 16, 18, 19, 20, 21, 26, 27, 28, 29, 34, 35, 36, 37, 42, 43, 44},
                values(cut.parameters()));
    }

    /** A unit that is left with its bias, or with what its activation makes of 0, isn't gone. */
    @Test
    void theMaskTakesWhatAUnitGivesThoughItsWeightsAreZero() {
        var network = RandomNetworks.network(
                new Shape.Flat(4), List.of(new Layer.Dense(3, "sigmoid"), new Layer.Output(3, "softmax", "mcxent")));
        var random = new RandomNetworks(3);
        random.draw(network);
        var inputs = random.inputs(new Shape.Flat(4), ROWS);
        var first = new BitSet();
        first.set(0);
        var removed = List.of(first, new BitSet());
        var cut = network.without(removed).output(inputs, null);
        for (int i = 0; i < 4; i++) {
            network.parameters().putScalar(i, 0);
        }
        network.parameters().putScalar(12, 0);
        assertNotEquals(0, cut.distance2(network.output(inputs, null)), 0.01, "0.5 of it still comes through");
        network.stage().parameters().zero(UnitMask.of(network.structure(), removed, 27));
        assertArrayEquals(values(cut), values(network.output(inputs, null)), 1e-6f);
    }

    @Test
    void aCutNetworkIsWrittenAndReadAsAnyOther() throws Exception {
        var random = new RandomNetworks(1);
        var network = RandomNetworks.network(
                new Shape.Image(8, 8, 2),
                List.of(
                        new Layer.Convolution(6, 3, 1, Padding.SAME, "relu"),
                        new Layer.BatchNormalization(0.9, 1e-5),
                        new Layer.Pooling(Layer.PoolingType.MAX, 2, 2),
                        new Layer.Dense(10, "relu"),
                        new Layer.Output(3, "softmax", "mcxent")));
        random.draw(network);
        var cut = network.without(random.units(network.structure()));
        var bytes = new ByteArrayOutputStream();
        ModelArchive.write(cut, bytes);
        var read = ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(bytes.toByteArray()));
        var inputs = random.inputs(new Shape.Image(8, 8, 2), ROWS);
        assertEquals(cut.output(inputs, null), read.output(inputs));
        assertTrue(read.numParams() < network.parameters().length());
    }

    /** Its gradient is computed and its optimizer has the right size, from the first step on. */
    @Test
    void aCutNetworkTrains() {
        var random = new RandomNetworks(2);
        var shape = new Shape.Tokens(5, 9);
        var network = RandomNetworks.network(
                shape,
                List.of(
                        new Layer.Embedding(6),
                        new Layer.Lstm(5, "tanh", false),
                        new Layer.Output(3, "softmax", "mcxent")));
        network.resume(7, 1);
        var cut = network.without(random.units(network.structure()));
        assertEquals(0, cut.step());
        assertEquals(0, cut.epoch());
        var before = cut.parameters().dup();
        var inputs = random.inputs(shape, ROWS);
        var labels = inputs.like().getColumns(0, 1, 2);
        labels.getColumn(1).assign(1);
        double first = loss(cut, inputs, labels);
        for (int i = 0; i < 50; i++) {
            loss(cut, inputs, labels);
            cut.update(ROWS);
        }
        assertTrue(loss(cut, inputs, labels) < first);
        assertFalse(before.equals(cut.parameters()));
        assertEquals(2 * cut.parameters().length(), cut.updaterState().length(), "Adam's two moments");
        assertEquals(Fixtures.ADAM.learningRate(), 0.002);
    }

    private static double loss(Network network, INDArray inputs, INDArray labels) {
        return network.computeGradient(inputs, labels, RandomNetworks.mask(new Shape.Tokens(5, 9), inputs));
    }

    private static float[] values(INDArray array) {
        return array.dup('c').data().asFloat();
    }
}
