package dev.capstan.worker.compress.prune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.compress.prune.Choice.Share;
import dev.capstan.worker.compress.prune.Choice.Whole;
import dev.capstan.worker.compress.prune.Pruning.Groups;
import dev.capstan.worker.compress.prune.Pruning.Norm;
import dev.capstan.worker.compress.prune.Pruning.Scope;
import dev.capstan.worker.compress.prune.Pruning.SingleWeights;
import dev.capstan.worker.compress.prune.Pruning.WholeUnits;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Structure.Tensor;
import dev.capstan.worker.outcome.Failure;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes, how much of it, and what is refused. */
class ChooserTest {
    private static final Layer OUTPUT = new Layer.Output(3, "softmax", "mcxent");

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    /** 4 → 6 → 3, so 24 and 18 weights. */
    private static Network dense() {
        var network = RandomNetworks.network(new Shape.Flat(4), List.of(new Layer.Dense(6, "relu"), OUTPUT));
        new RandomNetworks(1).draw(network);
        return network;
    }

    private static Choice choose(Pruning pruning, Network network) {
        return Chooser.choose(pruning, network.structure(), network.stage().parameters());
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 10, 29, 33.3, 50, 75, 90, 94, 94.5})
    void theSmallestWeightsOfEachLayerGo(double percent) {
        var network = dense();
        var choice = choose(new SingleWeights(Scope.LAYER, percent), network);
        assertEquals(
                List.of(
                        new Share("layer0", "weights", (int) (24 * percent / 100 + 1e-9), 24),
                        new Share("layer1", "weights", (int) (18 * percent / 100 + 1e-9), 18)),
                choice.shares());
        for (var part : network.structure().parts()) {
            assertSmallest(network, choice, List.of(part.tensors().getFirst()));
            assertFalse(choice.mask().zero(part.tensors().getLast().offset()), "biases stay");
        }
        assertEquals(List.of(), choice.removed());
        assertEquals(List.of(), choice.whole());
    }

    @Test
    void overAllLayersTheSmallestOfAllGo() {
        var network = dense();
        // Weights of the second layer are ten times those of the first: all of what goes is the first one's.
        var second = weights(network, 1);
        IntStream.range(second.offset(), second.offset() + 18).forEach(i -> multiply(network, i, 10));
        var choice = choose(new SingleWeights(Scope.GLOBAL, 50), network);
        assertSmallest(network, choice, List.of(weights(network, 0), second));
        assertEquals(21, choice.mask().count());
        assertTrue(choice.shares().getFirst().removed() > 17, choice.shares()::toString);
    }

    private static void multiply(Network network, int i, double factor) {
        network.parameters().putScalar(i, network.parameters().getFloat(i) * factor);
    }

    private static Tensor weights(Network network, int part) {
        return network.structure().parts().get(part).tensors().getFirst();
    }

    private static void assertSmallest(Network network, Choice choice, List<Tensor> tensors) {
        double largestGone = 0;
        double smallestLeft = Double.MAX_VALUE;
        for (var tensor : tensors) {
            for (int i = tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
                double magnitude = Math.abs(network.parameters().getFloat(i));
                if (choice.mask().zero(i)) {
                    largestGone = Math.max(largestGone, magnitude);
                } else {
                    smallestLeft = Math.min(smallestLeft, magnitude);
                }
            }
        }
        assertTrue(largestGone < smallestLeft, largestGone + " goes and " + smallestLeft + " stays");
    }

    /** A threshold takes all of equal weights or none: 30 % of an untrained or quantized layer became 0 or 100 %. */
    @Test
    void ofEqualWeightsExactlyTheShareGoes() {
        var network = dense();
        network.parameters().assign(-0.25);
        var choice = choose(new SingleWeights(Scope.GLOBAL, 30), network);
        assertEquals(12, choice.mask().count());
        assertEquals(
                IntStream.range(0, 12).boxed().toList(),
                IntStream.range(0, 51).filter(choice.mask()::zero).boxed().toList());
        network.parameters().assign(0);
        assertEquals(
                12, choose(new SingleWeights(Scope.GLOBAL, 30), network).mask().count());
        assertEquals(
                choice.mask(),
                choose(new SingleWeights(Scope.GLOBAL, 30), network).mask());
        var units = choose(new WholeUnits(Norm.L2, Scope.LAYER, 50), network);
        assertEquals("{0, 1, 2}", units.removed().getFirst().toString());
    }

    /** Weights that differ in the last bit only are told apart, and so are those near 0 and those near infinity. */
    @Test
    void magnitudesAreComparedToTheLastBit() {
        var network = dense();
        network.parameters().assign(Float.MAX_VALUE);
        network.parameters().putScalar(20, Math.nextDown(Float.MAX_VALUE));
        network.parameters().putScalar(3, -Float.MIN_VALUE);
        network.parameters().putScalar(30, Float.MIN_NORMAL);
        var choice = choose(new SingleWeights(Scope.GLOBAL, 100.0 * 3 / 42), network);
        assertEquals(
                List.of(3, 20, 30),
                IntStream.range(0, 51).filter(choice.mask()::zero).boxed().toList());
    }

    /** Almost everything can go: the rank of the last weight is never beyond the ends of its list. */
    @Test
    void nearlyAllMayGo() {
        var network = RandomNetworks.network(new Shape.Flat(100), List.of(new Layer.Dense(50, "relu"), OUTPUT));
        var all = new SingleWeights(Scope.GLOBAL, 99);
        assertEquals(5098, choose(all, network).mask().count());
        assertEquals(
                List.of(new Share("layer0", "weights", 4999, 5000), new Share("layer1", "weights", 149, 150)),
                choose(new SingleWeights(Scope.LAYER, 99.99), network).shares());
        assertEquals(
                0, choose(new SingleWeights(Scope.LAYER, 0.001), network).mask().count());
    }

    /** A share is of all weights: what an earlier pruning took counts, and goes again before anything else. */
    @Test
    void aSecondPruningTakesWhatTheFirstTookAndMore() {
        var network = dense();
        var first = choose(new SingleWeights(Scope.LAYER, 50), network).mask();
        network.stage().parameters().zero(first);
        assertEquals(first, Chooser.zeros(network.structure(), network.stage().parameters()));
        var second = choose(new SingleWeights(Scope.LAYER, 75), network).mask();
        assertTrue(IntStream.range(0, first.length()).allMatch(i -> !first.zero(i) || second.zero(i)));
        assertEquals(18 + 13, second.count());
    }

    /** A network that is cut after its weights were pruned knows by its zeros what has to stay so. */
    @Test
    void zerosOutliveACut() {
        var network = dense();
        network.stage()
                .parameters()
                .zero(choose(new SingleWeights(Scope.GLOBAL, 60), network).mask());
        var cut = network.without(
                choose(new WholeUnits(Norm.L1, Scope.LAYER, 50), network).removed());
        var zeros = Chooser.zeros(cut.structure(), cut.stage().parameters());
        assertTrue(zeros.count() > 0 && zeros.count() < cut.parameters().length());
        for (int i = 0; i < zeros.length(); i++) {
            boolean weight = i < 12 || i >= 15 && i < 24;
            assertEquals(weight && cut.parameters().getFloat(i) == 0, zeros.zero(i), "parameter " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(Norm.class)
    void theUnitsOfTheSmallestNormGo(Norm norm) {
        var network = dense();
        // Unit 2: two of 0.6 and two of 0 are less than four of 0.35 by L1, 1.2 and 1.4, and more by L2.
        set(network, 0, 1, 1, 1, 1);
        set(network, 1, 1, -1, 1, -1);
        set(network, 2, 0.6, 0, -0.6, 0);
        set(network, 3, -0.35, 0.35, 0.35, 0.35);
        set(network, 4, 2, 2, 2, 2);
        set(network, 5, 3, 3, 3, 3);
        var choice = choose(new WholeUnits(norm, Scope.LAYER, 17), network);
        assertEquals(
                norm == Norm.L1 ? "{2}" : "{3}", choice.removed().getFirst().toString());
        assertEquals(List.of(new Share("layer0", "neurons", 1, 6)), choice.shares());
        assertEquals(
                List.of(new Whole("layer1", "is the output layer, whose outputs are the classes")), choice.whole());
    }

    private static void set(Network network, int unit, double... weights) {
        for (int i = 0; i < weights.length; i++) {
            network.parameters().putScalar(unit * 4 + i, weights[i]);
        }
    }

    /** By the norm itself, a layer of a thousand inputs would lose nothing, and one of ten everything. */
    @Test
    void layersOfUnequalInputsAreComparedByTheWeight() {
        var network = RandomNetworks.network(
                new Shape.Flat(100), List.of(new Layer.Dense(4, "relu"), new Layer.Dense(4, "relu"), OUTPUT));
        var wide = weights(network, 0);
        var narrow = weights(network, 1);
        for (int i = 0; i < 400; i++) {
            network.parameters().putScalar(wide.offset() + i, 0.1 + 0.01 * (i / 100));
        }
        for (int i = 0; i < 16; i++) {
            network.parameters().putScalar(narrow.offset() + i, 0.105 + 0.01 * (i / 4));
        }
        for (var norm : Norm.values()) {
            var choice = choose(new WholeUnits(norm, Scope.GLOBAL, 50), network);
            assertEquals("[{0, 1}, {0, 1}, {}]", choice.removed().toString());
        }
    }

    @Test
    void twoOfFourStayAlongTheInputs() {
        var network = RandomNetworks.network(
                new Shape.Image(5, 5, 3),
                List.of(
                        new Layer.Convolution(8, 3, 1, Padding.VALID, "relu"),
                        new Layer.Convolution(6, 2, 1, Padding.VALID, "relu"),
                        new Layer.Dense(8, "relu"),
                        OUTPUT));
        new RandomNetworks(6).draw(network);
        var choice = choose(new Groups(2, 4), network);
        assertEquals(
                List.of(
                        new Share("layer1", "weights", 96, 192),
                        new Share("layer2", "weights", 96, 192),
                        new Share("layer3", "weights", 12, 24)),
                choice.shares());
        assertEquals(
                List.of(new Whole("layer0", "has 3 inputs to its W, which don't divide into groups of 4")),
                choice.whole());
        // Convolution: of each output channel and place of the kernel, 2 of 4 successive input channels.
        var kernel = weights(network, 1);
        for (int channel = 0; channel < 6; channel++) {
            for (int place = 0; place < 4; place++) {
                for (int group = 0; group < 8; group += 4) {
                    int from = kernel.offset() + channel * 32 + group * 4 + place;
                    assertTwoLargestStay(network, choice, new int[] {from, from + 4, from + 8, from + 12});
                }
            }
        }
        // Dense: of each neuron, 2 of 4 successive inputs, which lie in a row.
        var rows = weights(network, 2);
        for (int i = rows.offset(); i < rows.offset() + rows.length(); i += 4) {
            assertTwoLargestStay(network, choice, new int[] {i, i + 1, i + 2, i + 3});
        }
    }

    private static void assertTwoLargestStay(Network network, Choice choice, int[] group) {
        var sorted = Arrays.stream(group)
                .boxed()
                .sorted((a, b) -> Float.compare(
                        Math.abs(network.parameters().getFloat(a)),
                        Math.abs(network.parameters().getFloat(b))))
                .toList();
        for (int i = 0; i < 4; i++) {
            assertEquals(i < 2, choice.mask().zero(sorted.get(i)));
        }
    }

    @Test
    void anLstmsGatesHaveGroupsOfTheirOwnAndAnEmbeddingHasNone() {
        var network = RandomNetworks.network(
                new Shape.Tokens(5, 8), List.of(new Layer.Embedding(8), new Layer.Lstm(4, "tanh", false), OUTPUT));
        var choice = choose(new Groups(2, 4), network);
        assertEquals(
                List.of(
                        new Share("layer1", "weights", 8 * 16 / 2 + 4 * 16 / 2, 8 * 16 + 4 * 16),
                        new Share("layer2", "weights", 6, 12)),
                choice.shares());
        assertEquals(
                List.of(new Whole(
                        "layer0", "is an embedding: its weights are looked up, and nothing is summed over its inputs")),
                choice.whole());
        var e = assertThrows(
                Failure.class,
                () -> Chooser.choose(
                        new Groups(2, 4), network.structure(), network.stage().parameters(), List.of("layer0")));
        assertEquals(
                "layer0 can't be pruned like this: it is an embedding: its weights are looked up, and nothing is summed"
                        + " over its inputs",
                e.getMessage());
    }

    @Test
    void anLstmsUnitIsWeighedByAllItsGates() {
        var network = RandomNetworks.network(
                new Shape.Tokens(5, 8), List.of(new Layer.Embedding(2), new Layer.Lstm(3, "tanh", false), OUTPUT));
        network.parameters().assign(1);
        var lstm = network.structure().parts().get(1).tensors();
        // Of unit 1, the last gate's recurrent column alone is smaller.
        int column = (3 * 3 + 1) * 3;
        IntStream.range(0, 3)
                .forEach(i -> network.parameters().putScalar(lstm.get(1).offset() + column + i, 0.5));
        var choice = choose(new WholeUnits(Norm.L1, Scope.LAYER, 34), network);
        assertEquals("[{}, {1}, {}]", choice.removed().toString());
        assertEquals(
                List.of(new Share("layer0", "numbers of a word's vector", 0, 2), new Share("layer1", "units", 1, 3)),
                choice.shares());
    }

    @Test
    void aLayerThatIsNamedIsTheOnlyOneThatLosesSomething() {
        var network = dense();
        var choice = Chooser.choose(
                new SingleWeights(Scope.GLOBAL, 50),
                network.structure(),
                network.stage().parameters(),
                List.of("layer1"));
        assertEquals(List.of(new Share("layer1", "weights", 9, 18)), choice.shares());
        assertEquals(9, choice.mask().count());
        assertSaid(
                new WholeUnits(Norm.L1, Scope.LAYER, 50),
                network,
                List.of("layer1"),
                "layer1 can't be pruned like this: it is the output layer, whose outputs are the classes");
        assertSaid(
                new WholeUnits(Norm.L1, Scope.LAYER, 50),
                network,
                List.of("layer7"),
                "there is no layer layer7 that could be pruned; there are layer0");
    }

    @Test
    void aNarrowLayerKeepsAUnit() {
        var network = RandomNetworks.network(
                new Shape.Flat(4), List.of(new Layer.Dense(3, "relu"), new Layer.Dense(1, "relu"), OUTPUT));
        assertEquals(
                List.of(new Share("layer0", "neurons", 2, 3), new Share("layer1", "neurons", 0, 1)),
                choose(new WholeUnits(Norm.L1, Scope.LAYER, 90), network).shares());
        assertSaid(
                new WholeUnits(Norm.L1, Scope.LAYER, 100),
                network,
                List.of("layer0"),
                "pruning 100 % of the units leaves none of the 3 neurons of layer0; at most 66.66 % can go");
    }

    /** Found before anything is written, with a share that really is possible, and is the largest one. */
    @ParameterizedTest
    @EnumSource(Norm.class)
    void aLayerThatWouldBeLeftWithNothingIsNamedWithTheLargestShare(Norm norm) {
        var network = RandomNetworks.network(
                new Shape.Flat(4), List.of(new Layer.Dense(7, "relu"), new Layer.Dense(2, "relu"), OUTPUT));
        new RandomNetworks(8).draw(network);
        var narrow = weights(network, 1);
        IntStream.range(narrow.offset(), narrow.offset() + 14).forEach(i -> multiply(network, i, 0.01));
        assertSaid(
                new WholeUnits(norm, Scope.GLOBAL, 30),
                network,
                null,
                "pruning 30 % of the units of all layers together leaves none of the 2 neurons of layer1; at most"
                        + " 11.11 % can go");
        assertEquals(
                List.of(new Share("layer0", "neurons", 0, 7), new Share("layer1", "neurons", 0, 2)),
                choose(new WholeUnits(norm, Scope.GLOBAL, 11.11), network).shares());
        assertEquals(
                new Share("layer1", "neurons", 1, 2),
                choose(new WholeUnits(norm, Scope.GLOBAL, 11.12), network)
                        .shares()
                        .getLast());
    }

    @Test
    void aLayerOfZerosAloneIsRefusedToo() {
        var network = dense();
        var second = weights(network, 1);
        IntStream.range(second.offset(), second.offset() + 18).forEach(i -> multiply(network, i, 1e-6));
        assertSaid(
                new SingleWeights(Scope.GLOBAL, 60),
                network,
                null,
                "pruning 60 % of the weights of all layers together leaves none of the 18 of layer1; at most 40.47 %"
                        + " can go");
        assertEquals(
                16,
                choose(new SingleWeights(Scope.GLOBAL, 40.47), network)
                        .shares()
                        .getLast()
                        .removed());
        assertSaid(
                new SingleWeights(Scope.LAYER, 100),
                network,
                null,
                "pruning 100 % of the weights leaves none of the 24 of layer0; at most 94.44 % can go");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -5, 100.1, Double.NaN})
    void aShareThatIsNoneIsRefused(double percent) {
        var said = percent == 0 ? "0" : String.valueOf(percent).replace(".0", "");
        assertSaid(
                new SingleWeights(Scope.LAYER, percent),
                dense(),
                null,
                "a share of " + said + " % is to be pruned; it must be more than 0 and less than 100");
    }

    @Test
    void groupsThatLeaveNothingOrAllAreRefused() {
        assertSaid(
                new Groups(4, 4),
                dense(),
                null,
                "of each 4 weights 4 are to stay; it must be at least 1, and less than all of them, as in 2 of 4");
        assertSaid(
                new Groups(0, 4),
                dense(),
                null,
                "of each 4 weights 0 are to stay; it must be at least 1, and less than all of them, as in 2 of 4");
    }

    /** NaN sorts last, or first, or anywhere: some tools then keep it as the largest weight of all. */
    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY})
    void aWeightThatIsNoNumberIsRefused(float weight) {
        var network = dense();
        network.parameters().putScalar(weights(network, 1).offset() + 4, weight);
        for (var pruning :
                List.of(new SingleWeights(Scope.LAYER, 50), new SingleWeights(Scope.GLOBAL, 50), new Groups(1, 2))) {
            assertSaid(
                    pruning,
                    network,
                    null,
                    "layer1 has " + weight + " among the weights W, which has no rank by magnitude; the model must have"
                            + " finite weights");
        }
    }

    private static void assertSaid(Pruning pruning, Network network, List<String> layers, String sentence) {
        var before = network.parameters().dup();
        var e = assertThrows(
                Failure.class,
                () -> Chooser.choose(
                        pruning, network.structure(), network.stage().parameters(), layers));
        assertEquals(sentence, e.getMessage());
        assertEquals(Reason.InvalidJob, e.reason());
        assertEquals(before.toStringFull(), network.parameters().toStringFull(), "nothing is changed");
    }
}
