package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Engine;
import dev.capstan.protocol.Wire;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.torch.Engines;
import dev.capstan.worker.torch.ScriptModels;
import dev.capstan.worker.torch.WrittenModule;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every statement of docs/reproducibility.md about models, as something that would fail if it weren't true. */
class WhatIsReproducibleTest {
    private static final Layer OUTPUT = new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent");

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    /** What a model's parameters are after some steps of another number of workers. */
    private enum Model {
        DENSE(Fixtures.images(301, 5), 50, List.of(new Layer.Dense(16, "relu"), OUTPUT)),
        CONVOLUTIONAL(
                Fixtures.images(301, 5),
                5,
                List.of(
                        new Layer.Convolution(4, 3, 1, Padding.VALID, "relu"),
                        new Layer.Pooling(PoolingType.MAX, 2, 2),
                        OUTPUT)),
        RECURRENT(Fixtures.words(301), 10, List.of(new Layer.Embedding(6), new Layer.Lstm(8, "tanh", false), OUTPUT)),
        DROPOUT(Fixtures.images(301, 5), 10, List.of(new Layer.Dense(16, "relu"), new Layer.Dropout(0.5), OUTPUT)),
        NORMALIZED(
                Fixtures.images(301, 5),
                10,
                List.of(
                        new Layer.Convolution(4, 3, 1, Padding.SAME, "relu"),
                        new Layer.BatchNormalization(0.9, 1e-5),
                        OUTPUT));

        private final Samples samples;
        private final int steps;
        private final List<Layer> layers;

        Model(Samples samples, int steps, List<Layer> layers) {
            this.samples = samples;
            this.steps = steps;
            this.layers = layers;
        }
    }

    static Stream<Arguments> all() {
        return of(Model.values());
    }

    static Stream<Arguments> sums() {
        return of(Model.DENSE, Model.CONVOLUTIONAL, Model.RECURRENT);
    }

    static Stream<Arguments> others() {
        return of(Model.DROPOUT, Model.NORMALIZED);
    }

    private static Stream<Arguments> of(Model... models) {
        return Arrays.stream(models)
                .flatMap(model -> Arrays.stream(Engine.values()).map(engine -> Arguments.of(model, engine)));
    }

    @ParameterizedTest
    @MethodSource("all")
    void twoRunsOfTheSameJobLeaveTheSameBytes(Model model, Engine engine) throws Exception {
        assertArrayEquals(
                trained(model, engine, 2).archive(), trained(model, engine, 2).archive());
    }

    @ParameterizedTest
    @MethodSource("sums")
    void anotherNumberOfWorkersRoundsOtherwiseAndNoMore(Model model, Engine engine) throws Exception {
        assertArrayEquals(
                trained(model, engine, 1).parameters(),
                trained(model, engine, 2).parameters(),
                2e-5f);
    }

    @ParameterizedTest
    @MethodSource("sums")
    void anotherEngineRoundsOtherwiseAndNoMore(Model model, Engine engine) throws Exception {
        assertArrayEquals(
                trained(model, Engine.DEEPLEARNING4J, 1).parameters(),
                trained(model, engine, 1).parameters(),
                2e-5f);
    }

    /** Ranks draw differently, and each normalizes by its own share. */
    @ParameterizedTest
    @MethodSource("others")
    void anotherNumberOfWorkersTrainsAnotherModel(Model model, Engine engine) throws Exception {
        var one = trained(model, engine, 1).parameters();
        var two = trained(model, engine, 2).parameters();
        double largest = 0;
        for (int i = 0; i < one.length; i++) {
            largest = Math.max(largest, Math.abs(one[i] - two[i]));
        }
        assertTrue(largest > 1e-3, "they differ by " + largest + " at most: the document says too little");
    }

    /** Each gradient is rounded to 8 bits, which the optimizer's means even out. */
    @ParameterizedTest
    @MethodSource("sums")
    void roundedGradientsTrainAnotherModelThatIsTheSameEachTimeAndNear(Model model, Engine engine) throws Exception {
        var wire = new Wire(null, Wire.Precision.BF16);
        var rounded = trained(model, engine, 2, wire);
        assertArrayEquals(rounded.archive(), trained(model, engine, 2, wire).archive());
        var exact = trained(model, engine, 2);
        assertFalse(Arrays.equals(exact.archive(), rounded.archive()));
        double apart = 0;
        double moved = 0;
        var beginning = trained(model, engine, 2, wire, 0).parameters();
        for (int i = 0; i < beginning.length; i++) {
            apart += Math.pow(rounded.parameters()[i] - exact.parameters()[i], 2);
            moved += Math.pow(exact.parameters()[i] - beginning[i], 2);
        }
        assertTrue(Math.sqrt(apart / moved) < 0.1, "apart by " + Math.sqrt(apart / moved) + " of their way");
    }

    /** A user's TorchScript module: with dropout and running statistics, what differs between ranks is averaged. */
    @Test
    void aTorchScriptModuleIsTrainedToTheSameBytes(@TempDir Path folder) throws Exception {
        int pixels = Fixtures.SIDE * Fixtures.SIDE;
        var dropped = WrittenModule.dropped(pixels, 16, Fixtures.CLASSES).save(folder.resolve("a.pt"));
        assertArrayEquals(script(dropped, 2).archive(), script(dropped, 2).archive());
        var dense = WrittenModule.dense(pixels, 16, Fixtures.CLASSES, 0).save(folder.resolve("b.pt"));
        assertArrayEquals(script(dense, 1).parameters(), script(dense, 2).parameters(), 2e-5f);
    }

    private static Trained script(JobFile.Place place, int workers) throws Exception {
        var samples = Fixtures.images(301, 5);
        return trained(
                samples,
                Engine.LIBTORCH,
                workers,
                Wire.DEFAULT,
                30,
                (training, data) -> ScriptModels.network(place, training, data, null, samples));
    }

    private interface Maker {
        Network make(Training training, Preprocessing data);
    }

    private record Trained(byte[] archive, float[] parameters) {}

    private static Trained trained(Model model, Engine engine, int workers) throws Exception {
        return trained(model, engine, workers, Wire.DEFAULT);
    }

    private static Trained trained(Model model, Engine engine, int workers, Wire wire) throws Exception {
        return trained(model, engine, workers, wire, model.steps);
    }

    private static Trained trained(Model model, Engine engine, int workers, Wire wire, int steps) throws Exception {
        return trained(
                model.samples,
                engine,
                workers,
                wire,
                steps,
                (training, data) ->
                        Networks.create(new JobFile.Model(model.layers, null, null, null), training, data, null));
    }

    private static Trained trained(Samples samples, Engine engine, int workers, Wire wire, int steps, Maker maker)
            throws Exception {
        int batch = 32;
        var adam = new Optimizer.Adam(0.002, 0.9, 0.999, 1e-8);
        var training = new Training(1, batch, adam, null, 0, 0, null, 0, null, null, 11).by(engine);
        var all = Gang.run(workers, Patience.DEFAULT, wire, ring -> {
            var network = maker.make(training, new Preprocessing(samples.shape(), List.of("a", "b", "c", "d"), null));
            var computing = Engines.ready(network, new Engines.Decision(engine, "the test asks for it"));
            var step = new Step(computing, samples, Objective.TARGETS, training, new RingExchange(ring), List.of());
            var schedule = new Schedule(samples.size(), batch, 100);
            var order = SampleOrder.of(samples.size(), training.seed(), 0);
            for (int i = 0; i < steps; i++) {
                step.train(order, schedule.batch(i % schedule.stepsPerEpoch()));
            }
            var bytes = new ByteArrayOutputStream();
            ModelArchive.write(network, bytes);
            return new Trained(bytes.toByteArray(), network.parameters().data().asFloat());
        });
        for (var each : all) {
            assertArrayEquals(all.getFirst().archive(), each.archive(), "ranks hold the same bits");
        }
        return all.getFirst();
    }
}
