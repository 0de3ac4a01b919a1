package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.model.RawModel;
import dev.capstan.worker.step.Exchange;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.torch.Computing;
import dev.capstan.worker.torch.Engines;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Who is given a training's state computes what the giver computes, by whatever optimizer and engine. */
class HandoverTest {
    private static final Samples SAMPLES = Fixtures.images(64, 5);
    private static final int BATCH = 32;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static Stream<Arguments> optimizers() {
        return Stream.<Optimizer>of(
                        Fixtures.SGD,
                        Fixtures.NESTEROV,
                        Fixtures.ADAM,
                        new Optimizer.AdamW(0.002, 0.9, 0.999, 1e-8, 0.01),
                        new Optimizer.RmsProp(0.01, 0.9, 1e-8),
                        new Optimizer.AdaGrad(0.05, 1e-6))
                .flatMap(optimizer -> Stream.of(Training.Engine.values())
                        .map(engine ->
                                Arguments.of(optimizer.getClass().getSimpleName() + ", " + engine, optimizer, engine)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("optimizers")
    void theStateOfAnyOptimizerGoesOnAtAPeer(String name, Optimizer optimizer, Training.Engine engine)
            throws Exception {
        var giver = new Side(optimizer, engine, 8);
        giver.train(3);
        var taker = new Side(optimizer, engine, 8);
        // As a spare has done before, for nothing.
        WarmUp.of(taker.network, taker.computing, SAMPLES, taker.training, 1);
        assertArrayEquals(
                new Side(optimizer, engine, 8).numbers(), taker.numbers(), "what was tried out has left nothing");
        var sent = new ByteArrayOutputStream();
        giver.state.send(sent);
        taker.state.receive(new ByteArrayInputStream(sent.toByteArray()));
        assertEquals(giver.state.position(), taker.state.position());
        assertArrayEquals(giver.numbers(), taker.numbers());
        giver.train(2);
        taker.train(2);
        assertArrayEquals(giver.numbers(), taker.numbers());
        assertEquals(5, taker.network.step());
    }

    @Test
    void aStateOfAnotherModelIsRefused() throws Exception {
        var sent = new ByteArrayOutputStream();
        RawModel.write(new Side(Fixtures.ADAM, Training.Engine.DEEPLEARNING4J, 8).network, sent);
        var other = new Side(Fixtures.ADAM, Training.Engine.DEEPLEARNING4J, 9);
        var e = assertThrows(
                IOException.class, () -> RawModel.read(new ByteArrayInputStream(sent.toByteArray()), other.network));
        assertEquals("it has 332 parameters, this model has 373", e.getMessage());
        var without = new Side(Fixtures.SGD, Training.Engine.DEEPLEARNING4J, 8);
        e = assertThrows(
                IOException.class, () -> RawModel.read(new ByteArrayInputStream(sent.toByteArray()), without.network));
        assertEquals("it has 664 numbers in the updater's state, this model has 0", e.getMessage());
    }

    /** A rank with its network. */
    private static final class Side {
        private final Training training;
        private final Network network;
        private final Computing computing;
        private final TrainingState state;
        private final Step step;
        private Position position = Position.START;

        Side(Optimizer optimizer, Training.Engine engine, int units) {
            training = Fixtures.training(1, BATCH, optimizer, 7);
            var layers = List.<Layer>of(
                    new Layer.Dense(units, "relu"), new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
            network = Networks.create(
                    new JobFile.Model(layers, null, null, null), null, training, Fixtures.PREPROCESSING, null);
            computing = Engines.ready(network, new Engines.Decision(engine, "it is tried"));
            state = new TrainingState(
                    new JobFile.Job("team-a", "quarters", "uid-1", 1),
                    1,
                    new TrainingState.Origin("recipe", "data", Fixtures.PREPROCESSING),
                    network,
                    new Watch(null));
            step = new Step(computing, SAMPLES, Objective.TARGETS, training, ALONE, List.of());
        }

        void train(int steps) {
            var order = new int[SAMPLES.size()];
            for (int i = 0; i < order.length; i++) {
                order[i] = i;
            }
            for (int i = 0; i < steps; i++) {
                step.train(order, new Schedule.Range(0, BATCH));
                position = new Position(network.step(), 0, network.step());
                state.reached(position);
            }
        }

        byte[] numbers() throws IOException {
            var out = new ByteArrayOutputStream();
            RawModel.write(network, out);
            return out.toByteArray();
        }
    }

    private static final Exchange ALONE = new Exchange() {
        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int ranks() {
            return 1;
        }

        @Override
        public double sum(Flat gradient, double loss) {
            return loss;
        }
    };
}
