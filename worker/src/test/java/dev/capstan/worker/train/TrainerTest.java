package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Dl4jBatch;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.step.Objective;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a gang trains is what one process trains with DL4J's own fit. */
class TrainerTest {
    /** 9 batches of 32 and one of 13, so that shares are uneven for 2, 3 and 4 workers. */
    private static final Samples SAMPLES = Fixtures.images(301, 5);

    private static final int EPOCHS = 5;
    private static final int BATCH = 32;
    private static final long SEED = 11;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static Stream<Arguments> gangs() {
        return Stream.of(Fixtures.SGD, Fixtures.NESTEROV, Fixtures.ADAM)
                .flatMap(optimizer -> Stream.of(2, 3, 4).map(size -> Arguments.of(name(optimizer), size, optimizer)));
    }

    @ParameterizedTest(name = "{0}, {1} workers")
    @MethodSource("gangs")
    void aGangTrainsTheModelOfOneProcess(String name, int size, Optimizer optimizer) throws Exception {
        var alone = fit(training(optimizer, BATCH));
        var gang = Gang.run(size, Patience.DEFAULT, ring -> trained(training(optimizer, BATCH), ring));
        for (var network : gang) {
            assertArrayEquals(parameters(gang.getFirst()), parameters(network), "ranks hold the same bits");
            assertArrayEquals(parameters(alone), parameters(network), 2e-5f);
            assertEquals(alone.getIterationCount(), network.step());
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("optimizers")
    void aWorkerAloneTrainsTheVeryBitsOfFit(String name, Optimizer optimizer) throws Exception {
        var alone = fit(training(optimizer, BATCH));
        var worker = Gang.run(1, Patience.DEFAULT, ring -> trained(training(optimizer, BATCH), ring))
                .getFirst();
        assertArrayEquals(parameters(alone), parameters(worker));
        assertEquals(alone.getEpochCount(), worker.epoch());
        assertEquals(alone.getLayerWiseConfigurations().toJson(), worker.configuration());
        if (alone.updaterState() != null) {
            assertArrayEquals(
                    alone.updaterState().data().asFloat(),
                    worker.updaterState().data().asFloat());
        }
    }

    static Stream<Arguments> optimizers() {
        return Stream.of(Fixtures.SGD, Fixtures.NESTEROV, Fixtures.ADAM).map(each -> Arguments.of(name(each), each));
    }

    @Test
    void moreWorkersThanSamplesInABatchStayTogether() throws Exception {
        var training = Fixtures.training(1, 3, Fixtures.NESTEROV, SEED);
        var alone = fit(training);
        for (var network : Gang.run(4, Patience.DEFAULT, ring -> trained(training, ring))) {
            assertArrayEquals(parameters(alone), parameters(network), 2e-5f);
        }
    }

    @Test
    void twoRunsOfAGangGiveTheSameBits() throws Exception {
        var first = Gang.run(3, Patience.DEFAULT, ring -> trained(training(Fixtures.ADAM, BATCH), ring));
        var second = Gang.run(3, Patience.DEFAULT, ring -> trained(training(Fixtures.ADAM, BATCH), ring));
        assertArrayEquals(parameters(first.getFirst()), parameters(second.getFirst()));
    }

    @Test
    void theGangLearnsAndTellsOneLoss() throws Exception {
        var test = Fixtures.images(200, 6);
        var training = training(new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8), BATCH);
        var boards = Gang.run(2, Patience.DEFAULT, ring -> {
            var board = new ProgressBoard(1, System::nanoTime);
            var network = network(training);
            new Trainer(network, SAMPLES, training, ring, board).train();
            var metrics = Evaluation.measure(network.stage(), test, BATCH, () -> {});
            assertTrue(metrics.get("accuracy") > 0.9, metrics.toString());
            assertTrue(metrics.get("loss") < 0.7, metrics.toString());
            return board.progress();
        });
        assertEquals(boards.get(0).step(), boards.get(1).step());
        assertEquals(10 * EPOCHS, boards.get(0).step());
        assertTrue(boards.get(0).loss() > 0);
    }

    @Test
    void divergenceIsToldByAllWithTheStepOfTheRankThatSawIt() throws Exception {
        var wild = new Optimizer.Sgd(1e30);
        var ends = Gang.ends(3, Patience.DEFAULT, ring -> trained(training(wild, BATCH), ring));
        for (var end : ends) {
            assertEquals(Reason.Diverged, end.failure().reason());
            assertTrue(
                    end.failure().getMessage().contains(" of epoch 1"),
                    end.failure().getMessage());
        }
    }

    /** One rank alone has such a sample; nothing of its gradient goes to the others. */
    @Test
    void aGradientThatIsNotFiniteIsToldWithItsRankAndLayerBeforeItIsSent() throws Exception {
        var training = training(new Optimizer.Sgd(0.01), BATCH);
        var ends = Gang.ends(2, Patience.DEFAULT, ring -> {
            var samples = ring.rank() == 1 ? new Poisoned(SAMPLES) : SAMPLES;
            return new Trainer(network(training), samples, training, ring, new ProgressBoard(1, System::nanoTime))
                    .train();
        });
        for (var end : ends) {
            assertEquals(Reason.Diverged, end.failure().reason());
            assertFalse(end.failure().reason().retryable());
            assertTrue(
                    end.failure()
                            .getMessage()
                            .matches("(rank 1 ended: )?rank 1's gradient of layer1 \\(OutputLayer, [bW]\\)"
                                    + " became NaN or infinite; .* It happened at step 1 of epoch 1"),
                    end.failure().getMessage());
        }
    }

    /** What it waits for the others makes no rank slow: all have that in common. */
    @Test
    void aRankThatComputesMuchLongerThanTheOthersIsTold() throws Exception {
        var training = Fixtures.training(10, BATCH, new Optimizer.Sgd(0.01), SEED);
        var boards = Gang.run(2, Patience.DEFAULT, ring -> {
            var board = new ProgressBoard(1, System::nanoTime);
            var samples = ring.rank() == 1 ? new Slow(SAMPLES) : SAMPLES;
            new Trainer(network(training), samples, training, ring, board).train();
            return board.progress();
        });
        for (var progress : boards) {
            assertEquals(100, progress.step());
            assertEquals(1, progress.straggler().rank());
            assertTrue(progress.straggler().factor() > Pace.MUCH, progress.toString());
        }
    }

    private record Slow(Samples samples) implements Samples {
        @Override
        public int size() {
            return samples.size();
        }

        @Override
        public Shape shape() {
            return samples.shape();
        }

        @Override
        public int label(int sample) {
            return samples.label(sample);
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            samples.copyInputs(sample, target, offset);
            LockSupport.parkNanos(1_500_000);
        }
    }

    private record Poisoned(Samples samples) implements Samples {
        @Override
        public int size() {
            return samples.size();
        }

        @Override
        public Shape shape() {
            return samples.shape();
        }

        @Override
        public int label(int sample) {
            return samples.label(sample);
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            samples.copyInputs(sample, target, offset);
            target[offset] = Float.NaN;
        }
    }

    private static Training training(Optimizer optimizer, int batchSize) {
        return Fixtures.training(EPOCHS, batchSize, optimizer, SEED);
    }

    private static String name(Optimizer optimizer) {
        return optimizer.getClass().getSimpleName();
    }

    private static Network network(Training training) {
        return Networks.create(Fixtures.layers(), training, SAMPLES.inputs());
    }

    private static Network trained(Training training, Ring ring) {
        var network = network(training);
        new Trainer(network, SAMPLES, training, ring, new ProgressBoard(1, System::nanoTime)).train();
        return network;
    }

    private static MultiLayerNetwork fit(Training training) {
        var network = Networks.multiLayer(Fixtures.layers(), training, SAMPLES.inputs());
        var schedule = new Schedule(SAMPLES.size(), training.batchSize(), training.epochs());
        for (int epoch = 0; epoch < training.epochs(); epoch++) {
            var order = SampleOrder.of(SAMPLES.size(), training.seed(), epoch);
            for (int step = 0; step < schedule.stepsPerEpoch(); step++) {
                var places = schedule.batch(step);
                var batch = Dl4jBatch.of(places.size(), SAMPLES.shape(), Fixtures.CLASSES);
                new Filler(SAMPLES, Objective.TARGETS, Fixtures.CLASSES).fill(batch, order, places);
                network.fit(batch.inputArray(), batch.targetArray());
            }
            network.incrementEpochCount();
        }
        return network;
    }

    private static float[] parameters(Network network) {
        return network.parameters().data().asFloat();
    }

    private static float[] parameters(MultiLayerNetwork network) {
        return network.params().data().asFloat();
    }
}
