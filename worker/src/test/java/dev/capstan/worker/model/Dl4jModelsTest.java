package dev.capstan.worker.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.artifact.EarlierArtifact;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Models that come as they are: in DL4J's JSON, from an earlier training, with layers of the user's own. */
class Dl4jModelsTest {
    private static final Shape.Image GREY = new Shape.Image(6, 5, 1);
    private static final int ROWS = 4;
    private static final int CLASSES = 3;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @Test
    void aMultiLayerConfigurationTrainsAsDl4jTrainsIt() throws Exception {
        var configuration = multiLayer(InputType.convolutionalFlat(6, 5, 1), CNN2DFormat.NCHW);
        var network = create(configuration.toJson(), GREY, training(null));
        var reference = new MultiLayerNetwork(configuration);
        reference.init();
        assertArrayEquals(values(reference.params()), values(network.parameters()), "drawn from the job's seed");
        for (int step = 0; step < 3; step++) {
            step(network);
            reference.fit(inputs(), labels());
        }
        assertArrayEquals(values(reference.params()), values(network.parameters()), 1e-5f);
        assertEquals(3, network.step());
        assertEquals(CLASSES, Networks.classes(model(configuration.toJson()), null));
    }

    @Test
    void aComputationGraphTrainsAsDl4jTrainsIt() throws Exception {
        var configuration = graph();
        var network = create(configuration.toJson(), new Shape.Flat(30), training(null));
        var reference = new ComputationGraph(configuration);
        reference.init();
        for (int step = 0; step < 3; step++) {
            step(network);
            reference.fit(new INDArray[] {inputs()}, new INDArray[] {labels()});
        }
        network.endEpoch();
        reference.incrementEpochCount();
        assertArrayEquals(values(reference.params()), values(network.parameters()));
        assertArrayEquals(values(reference.updaterState()), values(network.updaterState()));
        assertEquals(reference.getConfiguration().toJson(), network.configuration());
        assertEquals(reference.output(inputs())[0], network.output(inputs(), null));
        assertEquals(CLASSES, Networks.classes(model(configuration.toJson()), null));
        var zip = folder.resolve("graph.zip");
        try (var out = Files.newOutputStream(zip)) {
            ModelArchive.write(network, out);
        }
        assertEquals(
                reference.params(),
                ModelSerializer.restoreComputationGraph(zip.toFile()).params());
    }

    @ParameterizedTest
    @EnumSource(CNN2DFormat.class)
    void imagesReachAModelInTheFormThatItWasBuiltFor(CNN2DFormat format) throws Exception {
        var configuration = multiLayer(InputType.convolutional(6, 5, 1, format), format);
        var network = create(configuration.toJson(), GREY, training(null));
        var image = inputs().reshape(ROWS, 1, 6, 5);
        var reference = new MultiLayerNetwork(configuration);
        reference.init();
        var expected = reference.output(format == CNN2DFormat.NCHW ? image : image.permute(0, 2, 3, 1));
        assertArrayEquals(values(expected), values(network.output(inputs(), null)), 1e-6f);
    }

    @Test
    void theJobsOptimizerReplacesTheModelsOwn() throws Exception {
        var adamW = new Optimizer.AdamW(0.01, 0.9, 0.999, 1e-8, 0.1);
        var network = create(graph().toJson(), new Shape.Flat(30), training(adamW));
        var written = ComputationGraphConfiguration.fromJson(network.configuration());
        for (var name : List.of("left", "right", "out")) {
            var layer = ((org.deeplearning4j.nn.conf.graph.LayerVertex)
                            written.getVertices().get(name))
                    .getLayerConf()
                    .getLayer();
            assertEquals(new Adam(0.01, 0.9, 0.999, 1e-8), layer.getUpdaterByParam("W"));
            assertEquals(new Adam(0.01, 0.9, 0.999, 1e-8), layer.getUpdaterByParam("b"));
            assertEquals(1, layer.getRegularizationByParam("W").size());
        }
    }

    static Stream<Arguments> refusals() {
        var merged = new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("a", "b")
                .addVertex("both", new MergeVertex(), "a", "b")
                .addLayer("out", output(6), "both")
                .setOutputs("out")
                .build();
        var recurrent = new NeuralNetConfiguration.Builder()
                .list()
                .layer(new org.deeplearning4j.nn.conf.layers.LSTM.Builder()
                        .nIn(30)
                        .nOut(3)
                        .build())
                .layer(new org.deeplearning4j.nn.conf.layers.RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .nIn(3)
                        .nOut(CLASSES)
                        .build());
        var good = list().list().layer(dense(30)).layer(output(4)).build().toJson();
        return Stream.of(
                Arguments.of("{\"confs\": [", "model.dl4j is no JSON: Unexpected end-of-input"),
                Arguments.of(
                        "{\"layers\": 3}",
                        "model.dl4j is neither a MultiLayerConfiguration (which has \"confs\") nor a"
                                + " ComputationGraphConfiguration (which has \"vertices\"); write it with DL4J's"
                                + " toJson()"),
                Arguments.of("{\"confs\": []}", "model.dl4j has no layers; it needs at least an output layer"),
                Arguments.of(
                        good.replace("org.deeplearning4j.nn.conf.layers.DenseLayer", "com.example.Mine"),
                        "model.dl4j names the class com.example.Mine, which this worker doesn't have; layers of your"
                                + " own must be in the jar that model.jar names"),
                Arguments.of(good.replace("\"nout\" : 4", "\"nout\" : {}"), "model.dl4j can't be read by DL4J: "),
                Arguments.of(merged.toJson(), "model.dl4j has 2 inputs and 1 outputs; this worker trains one of each"),
                Arguments.of(
                        list().list().layer(dense(30)).build().toJson(),
                        "model.dl4j ends in a DenseLayer; it must end in an output layer, such as DL4J's OutputLayer"
                                + " or LossLayer"),
                Arguments.of(
                        list().list().layer(dense(31)).layer(output(4)).build().toJson(),
                        "model.dl4j doesn't fit the data, rows of 30 numbers. DL4J says to 2 samples of shape [2, 30]:"),
                Arguments.of(
                        recurrent.build().toJson(),
                        "model.dl4j doesn't fit the data, rows of 30 numbers. DL4J says to 2 samples of shape [2, 30]:"),
                Arguments.of(
                        recurrent
                                .backpropType(BackpropType.TruncatedBPTT)
                                .build()
                                .toJson(),
                        "model.dl4j asks for truncated backpropagation; this worker needs the backpropType Standard"),
                Arguments.of(
                        list().dataType(DataType.DOUBLE)
                                .list()
                                .layer(dense(30))
                                .layer(output(4))
                                .build()
                                .toJson(),
                        "model.dl4j has the dataType DOUBLE; this worker trains FLOAT"),
                Arguments.of(
                        list().list()
                                .layer(new DenseLayer.Builder()
                                        .nIn(30)
                                        .nOut(100_000_000)
                                        .build())
                                .layer(output(100_000_000))
                                .build()
                                .toJson(),
                        "model.dl4j has 3400000003 parameters; this worker trains at most 536870911"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aModelThatCanNotBeTrainedIsRefused(String json, String sentence) {
        var e = assertThrows(Failure.class, () -> create(json, new Shape.Flat(30), training(null)));
        assertEquals(Reason.InvalidJob, e.reason());
        assertTrue(e.getMessage().startsWith(sentence), e.getMessage());
        assertTrue(e.getMessage().length() < 1000, e.getMessage());
    }

    @Test
    void anEarlierModelGoesOnFromItsParametersWithAFreshStart() throws Exception {
        var layers = List.<Layer>of(new Layer.Dense(5, "relu"), new Layer.Output(CLASSES, "softmax", "mcxent"));
        var earlier = Networks.create(layers, training(Fixtures.ADAM), 30);
        for (int i = 0; i < 3; i++) {
            step(earlier);
        }
        earlier.endEpoch();
        write(earlier);
        var network = from(null, training(Fixtures.NESTEROV));
        assertEquals(earlier.parameters(), network.parameters());
        assertEquals(0, network.step());
        assertEquals(0, network.epoch());
        assertEquals(network.parameters().length(), network.updaterState().length(), "Nesterov's, not Adam's");
        assertEquals(0, network.updaterState().amaxNumber().doubleValue());
        try (var opened = EarlierModel.open(new JobFile.From(place(), null))) {
            assertEquals(
                    CLASSES,
                    Networks.classes(new JobFile.Model(null, null, new JobFile.From(place(), null), null), opened));
        }
        assertEquals(
                2 * network.parameters().length(),
                from(null, training(null)).updaterState().length(),
                "without an optimizer of the job, the model's own");
        var digest = dev.capstan.worker.artifact.FileDigest.of(folder.resolve("model.zip"));
        assertEquals(earlier.parameters(), from(digest, training(null)).parameters());
    }

    @Test
    void anotherOrDamagedEarlierModelIsRefused() throws Exception {
        var layers = List.<Layer>of(new Layer.Output(CLASSES, "softmax", "mcxent"));
        assertFailure(
                Reason.InvalidJob,
                "model.from: pvc://models/base has no model.zip; it must be the folder that a finished job has left"
                        + " its model in",
                () -> from(null, training(null)));
        write(Networks.create(layers, training(Fixtures.ADAM), 30));
        assertFailure(
                Reason.InvalidData,
                "but the job goes on from sha256:abc; it was replaced or damaged",
                () -> EarlierArtifact.open(new JobFile.From(place(), "sha256:abc")));
        Files.writeString(folder.resolve("model.zip"), "no zip");
        assertFailure(
                Reason.InvalidData,
                "model.from: the model in pvc://models/base can't be read: ",
                () -> from(null, training(null)));
    }

    @Test
    void whatIsReadOfAnEarlierModelIsWhatWasVerified() throws Exception {
        var layers = List.<Layer>of(new Layer.Output(CLASSES, "softmax", "mcxent"));
        var verified = Networks.create(layers, training(Fixtures.ADAM), 30);
        write(verified);
        var from = new JobFile.From(place(), null);
        try (var earlier = EarlierModel.open(from)) {
            var other = Networks.create(layers, training(Fixtures.ADAM), 30);
            other.parameters().addi(1);
            Files.move(folder.resolve("model.zip"), folder.resolve("before"));
            write(other);
            assertEquals(
                    verified.parameters(),
                    from(earlier, from, training(null), null).parameters(),
                    "another file under the same name changes nothing");
            Files.write(
                    folder.resolve("before"),
                    Files.readAllBytes(folder.resolve("model.zip")),
                    StandardOpenOption.TRUNCATE_EXISTING);
            assertFailure(
                    Reason.InvalidData,
                    "coefficients.bin was changed while the model was in use",
                    () -> from(earlier, from, training(null), null));
        }
    }

    @Test
    void aConfigurationOfAnyLengthFillsNoMemory() throws Exception {
        try (var zip = new ZipOutputStream(Files.newOutputStream(folder.resolve("model.zip")))) {
            zip.putNextEntry(new ZipEntry("configuration.json"));
            var blanks = new byte[1 << 20];
            Arrays.fill(blanks, (byte) ' ');
            for (int i = 0; i < 65; i++) {
                zip.write(blanks);
            }
        }
        assertFailure(
                Reason.InvalidData,
                "configuration.json is longer than 64 MiB, the most that is read",
                () -> from(null, training(null)));
    }

    @Test
    void layersOfTheUsersOwnComeFromAJar() throws Exception {
        var jar = UserJar.doubling(folder, "Doubled");
        // The class is only in the jar: its name takes the place of another's.
        var json = list().list()
                .layer(dense(30))
                .layer(new org.deeplearning4j.nn.conf.layers.ActivationLayer(Activation.IDENTITY))
                .layer(output(4))
                .build()
                .toJson()
                .replace("org.deeplearning4j.nn.conf.layers.ActivationLayer", "com.example.Doubled");
        assertFailure(
                Reason.InvalidJob,
                "model.dl4j names the class com.example.Doubled, which this worker doesn't have",
                () -> create(json, new Shape.Flat(30), training(null)));
        var network = create(json, new Shape.Flat(30), training(null), jar);
        var plain = new MultiLayerNetwork(
                list().list().layer(dense(30)).layer(output(4)).build());
        plain.init();
        plain.setParams(network.parameters().dup());
        var weights = plain.getLayer(1).getParam("W");
        weights.muli(2);
        assertArrayEquals(values(plain.output(inputs())), values(network.output(inputs(), null)), 1e-6f);
        for (int i = 0; i < 3; i++) {
            step(network);
        }
        write(network);
        var again = from(null, training(null), jar);
        assertEquals(network.parameters(), again.parameters());
        assertEquals(network.output(inputs(), null), again.output(inputs(), null));
    }

    @Test
    void aJarThatIsNoneIsRefused() throws Exception {
        var json = list().list().layer(dense(30)).layer(output(4)).build().toJson();
        assertFailure(
                Reason.InvalidJob,
                "model.jar: there is no file pvc://models/layers.jar; it must be a jar of your layers",
                () -> create(json, new Shape.Flat(30), training(null), folder.resolve("missing.jar")));
        var text = Files.writeString(folder.resolve("text.jar"), "no jar");
        assertFailure(
                Reason.InvalidJob,
                "model.jar: pvc://models/layers.jar is no jar that can be read (",
                () -> create(json, new Shape.Flat(30), training(null), text));
    }

    private static void assertFailure(Reason reason, String part, org.junit.jupiter.api.function.Executable work) {
        var e = assertThrows(Failure.class, work);
        assertEquals(reason, e.reason());
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    private static NeuralNetConfiguration.Builder list() {
        return new NeuralNetConfiguration.Builder().seed(7).updater(new Adam(0.01));
    }

    private static DenseLayer dense(int inputs) {
        return new DenseLayer.Builder()
                .nIn(inputs)
                .nOut(4)
                .activation(Activation.TANH)
                .build();
    }

    private static OutputLayer output(int inputs) {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(inputs)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static MultiLayerConfiguration multiLayer(InputType type, CNN2DFormat format) {
        return list().list()
                .layer(new ConvolutionLayer.Builder(3, 3)
                        .nOut(2)
                        .dataFormat(format)
                        .activation(Activation.TANH)
                        .build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(type)
                .build();
    }

    private static ComputationGraphConfiguration graph() {
        return list().updater(new Nesterovs(0.1, 0.9))
                .graphBuilder()
                .addInputs("in")
                .addLayer("left", dense(30), "in")
                .addLayer("right", dense(30), "in")
                .addVertex("both", new MergeVertex(), "left", "right")
                .addLayer("out", output(8), "both")
                .setOutputs("out")
                .build();
    }

    private static Training training(Optimizer optimizer) {
        return Fixtures.training(1, ROWS, optimizer, 7);
    }

    private static INDArray inputs() {
        return Nd4j.linspace(0, 1, ROWS * 30L, DataType.FLOAT).reshape(ROWS, 30);
    }

    private static INDArray labels() {
        var labels = Nd4j.zeros(ROWS, CLASSES);
        for (int i = 0; i < ROWS; i++) {
            labels.putScalar(i, i % CLASSES, 1);
        }
        return labels;
    }

    private static void step(Network network) {
        network.computeGradient(inputs(), labels(), null);
        network.update(ROWS);
    }

    private static float[] values(INDArray array) {
        return array.dup('c').data().asFloat();
    }

    private JobFile.Model model(String json) throws IOException {
        return model(json, null);
    }

    private JobFile.Model model(String json, Path jar) throws IOException {
        var file = Files.writeString(folder.resolve("model.json"), json);
        return new JobFile.Model(null, file.toString(), null, jarPlace(jar));
    }

    private static JobFile.Place jarPlace(Path jar) {
        return jar == null ? null : new JobFile.Place(jar.toString(), "pvc://models/layers.jar", null);
    }

    private Network create(String json, Shape shape, Training training) throws IOException {
        return create(json, shape, training, null);
    }

    private Network create(String json, Shape shape, Training training, Path jar) throws IOException {
        return Networks.create(model(json, jar), training, new Preprocessing(shape, List.of(), null), null);
    }

    private JobFile.Place place() {
        return new JobFile.Place(folder.toString(), "pvc://models/base", null);
    }

    private Network from(String digest, Training training) {
        return from(digest, training, null);
    }

    private Network from(String digest, Training training, Path jar) {
        var from = new JobFile.From(place(), digest);
        try (var earlier = EarlierModel.open(from)) {
            return from(earlier, from, training, jar);
        }
    }

    private Network from(EarlierModel earlier, JobFile.From from, Training training, Path jar) {
        return Networks.create(
                new JobFile.Model(null, null, from, jarPlace(jar)),
                earlier,
                training,
                new Preprocessing(new Shape.Flat(30), List.of(), null),
                null);
    }

    private void write(Network network) throws IOException {
        try (var out = Files.newOutputStream(folder.resolve("model.zip"))) {
            ModelArchive.write(network, out);
        }
    }
}
