package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Stage;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EvaluationTest {
    private static final Layer OUTPUT = new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent");

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of("dense", Fixtures.images(301, 5), List.of(new Layer.Dense(16, "relu"), OUTPUT)),
                Arguments.of(
                        "convolutional",
                        Fixtures.images(301, 5),
                        List.of(
                                new Layer.Convolution(4, 3, 1, Layer.Padding.SAME, "relu"),
                                new Layer.BatchNormalization(0.9, 1e-5),
                                new Layer.Dropout(0.5),
                                OUTPUT)),
                Arguments.of(
                        "recurrent",
                        Fixtures.words(301),
                        List.of(new Layer.Embedding(6), new Layer.Lstm(8, "tanh", false), OUTPUT)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void howManySamplesAreTakenAtOnceChangesNoMeasure(String name, Samples samples, List<Layer> layers) {
        var network = network(samples, layers);
        var whole = Evaluation.measure(network.stage(), samples, 500, () -> {});
        for (int atOnce : new int[] {1, 7, 100, 300}) {
            var parts = Evaluation.measure(network.stage(), samples, atOnce, () -> {});
            assertEquals(whole.get("accuracy"), parts.get("accuracy"));
            assertEquals(whole.get("loss"), parts.get("loss"), 1e-6);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void whatRanksShareOutIsCountedAsByOne(String name, Samples samples, List<Layer> layers) throws Exception {
        var alone = Evaluation.of(network(samples, layers).stage(), samples, 50, () -> {});
        for (int ranks : new int[] {1, 3}) {
            var shared = Gang.run(
                    ranks,
                    Patience.DEFAULT,
                    ring -> testing(network(samples, layers), samples, ring).measure(50, () -> {}));
            for (var each : shared) {
                assertEquals(alone.metrics().get("accuracy"), each.metrics().get("accuracy"));
                assertEquals(alone.metrics().get("f1"), each.metrics().get("f1"));
                assertEquals(matrix(alone), matrix(each));
                assertEquals(alone.loss(), each.loss(), 1e-6);
                assertEquals(shared.getFirst().loss(), each.loss(), "the same bits");
            }
        }
    }

    /** More ranks than samples, of which one has come too late to measure anything, and is waited for all the same. */
    @Test
    void whoeverSkipsItsShareIsMetAllTheSame() throws Exception {
        var samples = Fixtures.images(2, 5);
        var counted = Gang.run(3, Patience.DEFAULT, ring -> {
            var testing = testing(network(samples, Fixtures.layers()), samples, ring);
            if (ring.rank() == 2) {
                testing.skip();
                return 0;
            }
            return matrix(testing.measure(50, () -> {})).stream()
                    .flatMap(List::stream)
                    .mapToInt(Integer::intValue)
                    .sum();
        });
        // Rank 0 has no sample of the two, rank 1 has one.
        assertEquals(List.of(1, 1, 0), counted);
    }

    private static Testing testing(Network network, Samples samples, Collectives ring) {
        return new Testing(network.stage(), samples, ring, Duration.ofMinutes(1));
    }

    private static List<List<Integer>> matrix(Evaluation.Result result) {
        return ((Scores.Classes) result.scores()).confusion().matrix();
    }

    @Test
    void noMoreSamplesAreTakenAtOnceThanInTraining() {
        var samples = Fixtures.images(20, 5);
        var network = network(samples, Fixtures.layers());
        var sizes = new ArrayList<Integer>();
        Evaluation.measure(watched(network.stage(), sizes), samples, 8, () -> {});
        assertEquals(List.of(8, 8, 4), sizes);
    }

    @Test
    void whatIsTakenAtOnceFitsIntoOneBuffer() {
        var row = new Shape.Flat(10);
        assertEquals(500, Evaluation.atOnce(100_000, row, 4));
        assertEquals(32, Evaluation.atOnce(32, row, 4));
        assertEquals(497, Evaluation.atOnce(100_000, new Shape.Image(600, 600, 3), 4));
        assertEquals(53, Evaluation.atOnce(100_000, row, 10_000_000));
        assertEquals(1, Evaluation.atOnce(100_000, new Shape.Flat(Integer.MAX_VALUE), 4));
    }

    private static Network network(Samples samples, List<Layer> layers) {
        var training = new Training(1, 32, Fixtures.ADAM, null, 0.01, 0.01, null, 0, null, null, 7);
        return Networks.create(
                new JobFile.Model(layers, null, null, null),
                training,
                new Preprocessing(samples.shape(), List.of("a", "b", "c", "d"), null),
                null);
    }

    /** The same stage, which notes how many samples it is measured on at once. */
    private static Stage watched(Stage stage, List<Integer> sizes) {
        return (Stage) Proxy.newProxyInstance(
                Stage.class.getClassLoader(), new Class<?>[] {Stage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("answer")) {
                        sizes.add(((Batch) arguments[0]).rows());
                    }
                    return method.invoke(stage, arguments);
                });
    }
}
