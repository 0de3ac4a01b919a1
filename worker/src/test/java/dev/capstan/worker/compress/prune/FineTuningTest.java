package dev.capstan.worker.compress.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.compress.prune.Pruning.Norm;
import dev.capstan.worker.compress.prune.Pruning.Scope;
import dev.capstan.worker.compress.prune.Pruning.SingleWeights;
import dev.capstan.worker.compress.prune.Pruning.WholeUnits;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Mask;
import dev.capstan.worker.step.Weights;
import dev.capstan.worker.train.Edge;
import dev.capstan.worker.train.Evaluation;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Split;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.Watch;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is pruned stays away while the rest is trained further. */
class FineTuningTest {
    private static final Samples SAMPLES = Fixtures.images(301, 5);
    private static final int BATCH = 32;
    private static final List<Layer> LAYERS = List.of(
            new Layer.Dense(16, "sigmoid"),
            new Layer.Dense(8, "tanh"),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static Stream<Arguments> trainings() {
        var adamW = new Optimizer.AdamW(0.01, 0.9, 0.999, 1e-8, 0.1);
        return Stream.of(
                Arguments.of("SGD", with(Fixtures.SGD, 0, null)),
                Arguments.of("Nesterov", with(Fixtures.NESTEROV, 0, null)),
                Arguments.of("Adam with penalties", with(Fixtures.ADAM, 0.01, null)),
                Arguments.of("AdamW", with(adamW, 0, null)),
                Arguments.of("RMSProp", with(new Optimizer.RmsProp(0.01, 0.9, 1e-8), 0, null)),
                Arguments.of("AdaGrad", with(new Optimizer.AdaGrad(0.05, 1e-8), 0, null)),
                Arguments.of("Adam, clipped", with(Fixtures.ADAM, 0, new Training.Clipping(0.1, 0))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("trainings")
    void prunedWeightsAreExactlyZeroAfterEachStepAndTheOptimizerKnowsNothingOfThem(String name, Training training)
            throws Exception {
        var all = Gang.run(2, Patience.DEFAULT, ring -> {
            var network = network(training);
            var held = new HeldAtZero(
                    chosen(network, new SingleWeights(Scope.LAYER, 75)).mask());
            network.stage().parameters().zero(held.mask());
            var before = values(network);
            int[] steps = new int[1];
            Edge looks = position -> {
                steps[0]++;
                assertZero(held.mask(), network);
            };
            new Trainer(
                            network,
                            new Split(SAMPLES, null),
                            training,
                            ring,
                            board(),
                            new Watch(null),
                            looks,
                            List.of(held))
                    .train();
            assertEquals(20, steps[0]);
            assertNotEquals(before[firstOf(held.mask(), false)], values(network)[firstOf(held.mask(), false)]);
            assertStateIsFresh(held.mask(), network, training);
            return values(network);
        });
        assertArrayEquals(all.get(0), all.get(1), "ranks hold the same bits");
    }

    private static void assertZero(Mask mask, Network network) {
        network.stage().parameters().inMemory(floats -> {
            for (int i = 0; i < mask.length(); i++) {
                if (mask.zero(i)) {
                    assertEquals(0, floats.getInt(i * Float.BYTES), "the bits of weight " + i);
                }
            }
            return null;
        });
    }

    /**
     * All numbers that the optimizer keeps of a parameter lie a whole vector of parameters apart. Most begin with 0,
     * those of RMSProp and AdaGrad with a small number, of which gradients of 0 make no larger one.
     */
    private static void assertStateIsFresh(Mask mask, Network network, Training training) {
        if (network.updaterState() == null) {
            return;
        }
        var fresh = network(training).updaterState().data().asFloat();
        var state = network.updaterState().data().asFloat();
        for (int i = 0; i < state.length; i++) {
            if (mask.zero(i % mask.length())) {
                assertTrue(state[i] >= 0 && state[i] <= fresh[i], "state " + i + " became " + state[i]);
            }
        }
        assertTrue(state[firstOf(mask, false)] != fresh[firstOf(mask, false)], "and others do change");
    }

    private static int firstOf(Mask mask, boolean zero) {
        int i = 0;
        while (mask.zero(i) != zero) {
            i++;
        }
        return i;
    }

    /** Momentum from before the pruning would move weights whose gradient is 0. */
    @Test
    void whatTheOptimizerRemembersFromBeforeMovesNothing() throws Exception {
        var training = with(Fixtures.NESTEROV, 0, null);
        Gang.run(1, Patience.DEFAULT, ring -> {
            var network = network(training);
            new Trainer(network, SAMPLES, training, ring, board()).train();
            var mask = chosen(network, new SingleWeights(Scope.GLOBAL, 50)).mask();
            network.stage().parameters().zero(mask);
            var held = new HeldAtZero(mask);
            new Trainer(
                            network,
                            new Split(SAMPLES, null),
                            training,
                            ring,
                            board(),
                            new Watch(null),
                            position -> assertZero(mask, network),
                            List.of(held))
                    .train();
            var gradientAlone = new Weights() {
                @Override
                public void reduced(Flat gradient, int samples) {
                    gradient.zero(mask);
                }
            };
            var again = network(training);
            new Trainer(again, SAMPLES, training, ring, board()).train();
            again.stage().parameters().zero(mask);
            again.resume(0, 0);
            new Trainer(
                            again,
                            new Split(SAMPLES, null),
                            training,
                            ring,
                            board(),
                            new Watch(null),
                            Edge.NONE,
                            List.of(gradientAlone))
                    .train();
            assertNotEquals(0, values(again)[firstOf(mask, true)], "momentum moves it");
            return null;
        });
    }

    /** What is masked has no part in anything: not in the loss, not in the gradient's norm, not in a penalty. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("trainings")
    void trainingUnderAMaskOfUnitsIsTrainingTheCutNetwork(String name, Training training) throws Exception {
        Gang.run(1, Patience.DEFAULT, ring -> {
            var masked = network(training);
            var choice = chosen(masked, new WholeUnits(Norm.L2, Scope.LAYER, 50));
            var cut = masked.without(choice.removed());
            masked.stage().parameters().zero(choice.mask());
            new Trainer(cut, SAMPLES, training, ring, board()).train();
            new Trainer(
                            masked,
                            new Split(SAMPLES, null),
                            training,
                            ring,
                            board(),
                            new Watch(null),
                            Edge.NONE,
                            List.of(new HeldAtZero(choice.mask())))
                    .train();
            assertEquals(20, cut.step());
            assertArrayEquals(values(masked.without(choice.removed())), values(cut), 1e-4f);
            return null;
        });
    }

    @Test
    void severalRanksTuneWhatOneDoes() throws Exception {
        var training = with(Fixtures.NESTEROV, 0, new Training.Clipping(0.5, 0));
        var one = Gang.run(1, Patience.DEFAULT, ring -> tuned(training, ring)).getFirst();
        for (var each : Gang.run(3, Patience.DEFAULT, ring -> tuned(training, ring))) {
            assertArrayEquals(one, each, 2e-5f);
        }
    }

    private static float[] tuned(Training training, Ring ring) {
        var network = network(training);
        var held = new HeldAtZero(
                chosen(network, new SingleWeights(Scope.GLOBAL, 80)).mask());
        network.stage().parameters().zero(held.mask());
        new Trainer(
                        network,
                        new Split(SAMPLES, null),
                        training,
                        ring,
                        board(),
                        new Watch(null),
                        Edge.NONE,
                        List.of(held))
                .train();
        return values(network);
    }

    /** Most of what pruning costs comes back. */
    @Test
    void aPrunedNetworkLearnsAgain() throws Exception {
        var training = Fixtures.training(8, BATCH, new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8), 7);
        Gang.run(1, Patience.DEFAULT, ring -> {
            var network = network(training);
            new Trainer(network, SAMPLES, training, ring, board()).train();
            double trained = accuracy(network);
            var choice = chosen(network, new WholeUnits(Norm.L1, Scope.LAYER, 60));
            var cut = network.without(choice.removed());
            double pruned = accuracy(cut);
            new Trainer(cut, SAMPLES, training, ring, board()).train();
            double tuned = accuracy(cut);
            assertTrue(trained > 0.9 && pruned < trained - 0.1, trained + " became " + pruned);
            assertTrue(tuned > 0.9, "and only " + tuned + " again");
            return null;
        });
    }

    private static double accuracy(Network network) {
        return Evaluation.measure(network.stage(), Fixtures.images(200, 6), BATCH, () -> {})
                .get("accuracy");
    }

    private static Choice chosen(Network network, Pruning pruning) {
        return Chooser.choose(pruning, network.structure(), network.stage().parameters());
    }

    private static Network network(Training training) {
        return Networks.create(LAYERS, training, SAMPLES.inputs());
    }

    private static ProgressBoard board() {
        return new ProgressBoard(1, System::nanoTime);
    }

    private static float[] values(Network network) {
        return network.parameters().dup().data().asFloat();
    }

    private static Training with(Optimizer optimizer, double penalty, Training.Clipping clipping) {
        return new Training(2, BATCH, optimizer, null, penalty, penalty, clipping, 0, null, null, 7);
    }
}
