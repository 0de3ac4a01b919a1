package dev.capstan.worker.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A user's own TorchScript module. */
class ScriptModelsTest {
    private static final Samples SAMPLES = Fixtures.images(64, 5);
    private static final int PIXELS = Fixtures.SIDE * Fixtures.SIDE;
    private static final int HIDDEN = 16;
    private static final Preprocessing DATA = new Preprocessing(SAMPLES.shape(), List.of("a", "b", "c", "d"), null);

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
        LibTorch.load();
    }

    static Stream<Arguments> optimizers() {
        return Stream.of(
                        new Optimizer.Sgd(0.05),
                        new Optimizer.Nesterov(0.05, 0.9),
                        new Optimizer.Adam(0.002, 0.9, 0.999, 1e-8),
                        new Optimizer.AdamW(0.002, 0.9, 0.999, 1e-8, 0.01))
                .map(Arguments::of);
    }

    /** Penalties are for weights, not for biases, in both. */
    @ParameterizedTest
    @MethodSource("optimizers")
    void trainsAsTheSameLayersOfModelLayersDo(Optimizer optimizer) {
        var training = new Training(1, 32, optimizer, null, 0, 1e-3, null, 0, null, null, 11);
        var layers = Networks.create(
                new JobFile.Model(
                        List.of(
                                new Layer.Dense(HIDDEN, "relu"),
                                new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent")),
                        null,
                        null,
                        null),
                training,
                DATA,
                null);
        var start = layers.parameters().data().asFloat();
        var module = network(
                WrittenModule.dense(PIXELS, HIDDEN, Fixtures.CLASSES, 0).save(folder.resolve("module.pt")), training);
        // DL4J's columns are the module's rows, and both have the weights before the biases.
        module.parameters().data().setData(start);
        var ours = trained(module, training, 20);
        assertArrayEquals(trained(layers, training, 20), ours, 2e-5f);
        assertTrue(apart(start, ours) > 1e-2, "something was learned");
    }

    @Test
    void runningStatisticsAreKeptAmongTheParametersAndUsedInAnswers() throws IOException {
        var training = training();
        var network = network(
                WrittenModule.normalized(PIXELS, HIDDEN, Fixtures.CLASSES).save(folder.resolve("module.pt")), training);
        assertEquals(2, network.stage().fewestSamples());
        var before = network.parameters().data().asFloat();
        assertArrayEquals(ones(HIDDEN), Arrays.copyOfRange(before, before.length - HIDDEN - 1, before.length - 1));
        var after = trained(network, training, 3);
        assertEquals(3, after[after.length - 1], "batches that were counted");
        assertTrue(apart(before, after) > 1e-2);
        var again =
                network(new Place(write(network, "trained.pt").toString(), "pvc://models/trained.pt", null), training);
        assertArrayEquals(after, again.parameters().data().asFloat());
        assertArrayEquals(answers(network), answers(again));
    }

    /** As Python writes it: submodules, what PyTorch's own layers are in TorchScript, batches counted. */
    @Test
    void theSamplesModuleIsTrained() {
        var file = Path.of("../samples/torchscript/module.pt");
        var place = new Place(file.toString(), "pvc://datasets/torchscript/module.pt", null);
        var digits = new Digits();
        var data = new Preprocessing(
                digits.shape(), IntStream.range(0, 10).mapToObj(String::valueOf).toList(), null);
        var training = training();
        var network = ScriptModels.network(place, training, data, null, digits);
        assertEquals(1, network.stage().fewestSamples(), "an image has many numbers of each channel");
        var engine = Engines.ready(network, new Engines.Decision(Training.Engine.LIBTORCH, "the test asks for it"));
        var batch = engine.stage().batch(digits.size(), digits.shape());
        for (int i = 0; i < digits.size(); i++) {
            var row = new float[digits.inputs()];
            digits.copyInputs(i, row, 0);
            batch.inputs().put(i * row.length, row);
            batch.targets().put(i * 10 + digits.label(i), 1);
        }
        double first = engine.stage().computeGradient(batch, 0);
        for (int i = 0; i < 20; i++) {
            engine.stage().computeGradient(batch, i);
            engine.optimizer().update(digits.size());
        }
        double last = engine.stage().computeGradient(batch, 20);
        assertTrue(last < first / 2, "the loss went from " + first + " to " + last);
    }

    /** Noise, each with the class of its number. */
    private record Digits() implements Samples {
        @Override
        public int size() {
            return 20;
        }

        @Override
        public Shape shape() {
            return new Shape.Image(28, 28, 1);
        }

        @Override
        public int label(int sample) {
            return sample % 10;
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            var random = new Random(sample);
            for (int i = 0; i < inputs(); i++) {
                target[offset + i] = random.nextFloat();
            }
        }
    }

    @Test
    void dropoutDrawsFromTheSeed() {
        var training = training();
        var network = network(
                WrittenModule.dense(PIXELS, HIDDEN, Fixtures.CLASSES, 0.5).save(folder.resolve("module.pt")), training);
        var batch = batch(network);
        double loss = network.stage().computeGradient(batch, 5);
        var gradient = network.gradients().data().asFloat();
        assertTrue(loss != network.stage().computeGradient(batch, 6));
        assertEquals(loss, network.stage().computeGradient(batch, 5));
        assertArrayEquals(gradient, network.gradients().data().asFloat());
        assertArrayEquals(answers(network), answers(network));
    }

    @Test
    void theSameModelIsWrittenInTheSameBytesAndCanBeTrainedOn() throws IOException {
        var training = training();
        var bytes = new byte[2][];
        for (int i = 0; i < 2; i++) {
            var place =
                    WrittenModule.normalized(PIXELS, HIDDEN, Fixtures.CLASSES).save(folder.resolve("module.pt"));
            var network = network(place, training);
            trained(network, training, 3);
            bytes[i] = Files.readAllBytes(write(network, "trained" + i));
            // Written once more after another step: the tensors are windows again.
            var before = network.parameters().data().asFloat();
            trained(network, training, 1);
            assertTrue(apart(before, network.parameters().data().asFloat()) > 0);
        }
        assertArrayEquals(bytes[0], bytes[1]);
    }

    @Test
    void tiedTensorsStayOne() throws IOException {
        var training = training();
        var place = new WrittenModule()
                .parameter("first", PIXELS, PIXELS)
                .tied("again", "first")
                .parameter("last", Fixtures.CLASSES, PIXELS)
                .forward(
                        "h = torch.linear(torch.flatten(x, 1), self.first)",
                        "return torch.linear(torch.linear(h, self.again), self.last)")
                .save(folder.resolve("module.pt"));
        var network = network(place, training);
        assertEquals((PIXELS + Fixtures.CLASSES) * PIXELS, network.parameters().length());
        trained(network, training, 2);
        var again =
                network(new Place(write(network, "trained.pt").toString(), "pvc://models/trained.pt", null), training);
        assertEquals(network.parameters().length(), again.parameters().length());
        assertArrayEquals(answers(network), answers(again));
    }

    private interface Bad {
        Place make(Path folder) throws IOException;
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                bad(
                        "no archive",
                        folder -> {
                            Files.writeString(folder.resolve("a.pt"), "torch");
                            return place(folder);
                        },
                        "is no TorchScript module: a whole one is a zip archive, and of this one Java says: .*; save it in"
                                + " Python with torch.jit.script\\(model\\).save\\(\"module.pt\"\\)"),
                bad("no file", ScriptModelsTest::place, "isn't there; name the file that torch.jit.save wrote"),
                bad(
                        "a folder",
                        folder -> {
                            Files.createDirectory(folder.resolve("a.pt"));
                            return place(folder);
                        },
                        "is a folder; .*"),
                bad(
                        "half a file",
                        folder -> {
                            var place = right().save(folder.resolve("a.pt"));
                            var bytes = Files.readAllBytes(Path.of(place.path()));
                            Files.write(Path.of(place.path()), Arrays.copyOf(bytes, bytes.length / 2));
                            return place;
                        },
                        "is no TorchScript module: .*"),
                bad(
                        "an old pickle",
                        folder -> {
                            Files.write(folder.resolve("a.pt"), new byte[] {(byte) 0x80, 2, '}'});
                            return place(folder);
                        },
                        "is a pickle, as torch.save wrote it long ago, .*"),
                bad(
                        "torch.save",
                        folder -> zip(folder, "a/data.pkl"),
                        "was written by torch.save: it has tensors, or a pickled Python object, and no code that computes"
                                + " without Python; save it in Python with .*"),
                bad(
                        "torch.export",
                        folder -> zip(folder, "a/archive_format"),
                        "was written by torch.export, whose programs LibTorch can't train; .*"),
                bad(
                        "another archive",
                        folder -> zip(folder, "model.json"),
                        "is a zip archive, and no TorchScript module; .*"),
                bad(
                        "other shape",
                        folder -> WrittenModule.dense(PIXELS + 1, HIDDEN, Fixtures.CLASSES, 0)
                                .save(folder.resolve("a.pt")),
                        "can't compute a batch of 8 x 1 x 6 x 6 numbers, a grey image of 6 by 6 pixels each: mat1 and mat2"
                                + " shapes cannot be multiplied \\(8x36 and 37x16\\)"),
                bad(
                        "other classes",
                        folder -> WrittenModule.dense(PIXELS, HIDDEN, Fixtures.CLASSES - 1, 0)
                                .save(folder.resolve("a.pt")),
                        "answers to a batch with 8 x 3 numbers; the data has 4 classes, so it must be 8 x 4"),
                bad(
                        "nothing to learn",
                        folder -> new WrittenModule()
                                .frozen("w", Fixtures.CLASSES, PIXELS)
                                .forward("return torch.linear(torch.flatten(x, 1), self.w)")
                                .save(folder.resolve("a.pt")),
                        "has no parameter that requires a gradient, so there is nothing to train"),
                bad(
                        "two inputs",
                        folder -> new WrittenModule()
                                .parameter("w", Fixtures.CLASSES, PIXELS)
                                .method("forward(self, x, y)", "return torch.linear(torch.flatten(x, 1), self.w) + y")
                                .save(folder.resolve("a.pt")),
                        "has a forward that takes 2 inputs; it must take one, a tensor with a batch of samples"),
                bad(
                        "no forward",
                        folder -> new WrittenModule()
                                .parameter("w", Fixtures.CLASSES, PIXELS)
                                .method("compute(self, x)", "return x")
                                .save(folder.resolve("a.pt")),
                        "has no forward; a module computes by that"),
                bad(
                        "double",
                        folder -> linear(torch.zeros(weights(), new TensorOptions(ScalarType.Double)))
                                .save(folder.resolve("a.pt")),
                        "has the parameter w of float64; it must be of float32: call model.float\\(\\) before it is saved"),
                bad(
                        "half",
                        folder -> linear(torch.zeros(weights(), new TensorOptions(ScalarType.Half)))
                                .save(folder.resolve("a.pt")),
                        "has the parameter w of float16; .*"),
                bad(
                        "NaN",
                        folder -> linear(torch.full(weights(), new Scalar(Double.NaN)))
                                .save(folder.resolve("a.pt")),
                        "has the parameter w with NaN or infinity in it; .*"),
                bad(
                        "two answers",
                        folder -> new WrittenModule()
                                .parameter("w", weights())
                                .forward("y = torch.linear(torch.flatten(x, 1), self.w)", "return (y, y)")
                                .save(folder.resolve("a.pt")),
                        "answers with a Tuple; its forward must give one tensor of samples by 4 classes"),
                bad(
                        "whole numbers",
                        folder -> new WrittenModule()
                                .parameter("w", weights())
                                .forward("return torch.linear(torch.flatten(x, 1), self.w).round().to(3)")
                                .save(folder.resolve("a.pt")),
                        "answers with int32; it must be float32"),
                bad(
                        "softmax",
                        folder -> new WrittenModule()
                                .parameter("w", weights())
                                .forward("return torch.softmax(torch.linear(torch.flatten(x, 1), self.w), 1)")
                                .save(folder.resolve("a.pt")),
                        "answers with shares that add up to 1, as after a softmax; it must answer with logits, .*"),
                bad(
                        "an attribute that changes",
                        folder -> new WrittenModule()
                                .parameter("w", weights())
                                .flag("seen")
                                .forward(
                                        "self.seen = not self.seen", "return torch.linear(torch.flatten(x, 1), self.w)")
                                .save(folder.resolve("a.pt")),
                        "changes its attribute seen while it computes, of which checkpoints know nothing; .*"),
                bad(
                        "a buffer of another type",
                        folder -> new WrittenModule()
                                .parameter("w", weights())
                                .buffer("seen", torch.zeros(new long[] {2}, new TensorOptions(ScalarType.Double)))
                                .forward("self.seen.add_(1)", "return torch.linear(torch.flatten(x, 1), self.w)")
                                .save(folder.resolve("a.pt")),
                        "changes its buffer seen of float64 while it computes; make it one of float32, .*"),
                bad(
                        "a file",
                        folder -> new WrittenModule()
                                .parameter("w", weights())
                                .forward("torch.save(x, '/tmp/x')", "return torch.linear(torch.flatten(x, 1), self.w)")
                                .save(folder.resolve("a.pt")),
                        "calls torch.save, which reads or writes files; a module here only computes"),
                bad(
                        "a file to read",
                        folder -> new WrittenModule()
                                .parameter("w", weights())
                                .forward(
                                        "y = torch.from_file('/etc/passwd', False, 4)",
                                        "return torch.linear(torch.flatten(x, 1), self.w) + y")
                                .save(folder.resolve("a.pt")),
                        "calls from_file, which reads or writes files; .*"),
                bad(
                        "an operation of another library",
                        folder -> {
                            var place = right().save(folder.resolve("a.pt"));
                            Zips.replace(Path.of(place.path()), "torch.relu(", "ops.detectron.relu(");
                            return place;
                        },
                        "calls detectron::relu, an operation that isn't PyTorch's own; this worker has only those"),
                bad(
                        "an operation that there isn't",
                        folder -> {
                            var place = right().save(folder.resolve("a.pt"));
                            Zips.replace(Path.of(place.path()), "torch.relu(", "torch.relu99(");
                            return place;
                        },
                        "can't be loaded by libtorch 2\\S+: Unknown builtin op: aten::relu99.*"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void sayWhatIsWrongWithAModule(String name, Bad module, String sentence) throws IOException {
        var place = module.make(folder);
        var e = assertThrows(Failure.class, () -> network(place, training()));
        assertEquals(Reason.InvalidJob, e.reason(), e.getMessage());
        var expected = "model\\.torchScript: pvc://models/a\\.pt " + sentence;
        assertTrue(e.getMessage().matches(expected), e.getMessage());
    }

    /** Whatever a disk or a download does to a file: a sentence, and no dead process. */
    @Test
    void damagedFilesAreRefusedOrComputeAsBefore() throws IOException {
        var place = right().save(folder.resolve("a.pt"));
        var whole = Files.readAllBytes(Path.of(place.path()));
        var random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 100; i++) {
            var bytes = whole.clone();
            if (i % 2 == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            } else {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(Path.of(place.path()), bytes);
            try {
                network(place, training());
            } catch (Failure e) {
                assertEquals(Reason.InvalidJob, e.reason());
                refused++;
            }
        }
        assertTrue(refused >= 50, "half a file is no module, and " + refused + " were refused");
    }

    private static Arguments bad(String name, Bad module, String sentence) {
        return Arguments.of(name, module, sentence);
    }

    private static WrittenModule right() {
        return WrittenModule.dense(PIXELS, HIDDEN, Fixtures.CLASSES, 0);
    }

    private static long[] weights() {
        return new long[] {Fixtures.CLASSES, PIXELS};
    }

    private static WrittenModule linear(Tensor weights) {
        return new WrittenModule().parameter("w", weights).forward("return torch.linear(torch.flatten(x, 1), self.w)");
    }

    private static Place place(Path folder) {
        return new Place(folder.resolve("a.pt").toString(), "pvc://models/a.pt", null);
    }

    private static Place zip(Path folder, String entry) throws IOException {
        Zips.write(folder.resolve("a.pt"), entry);
        return place(folder);
    }

    private static Training training() {
        return new Training(1, 32, new Optimizer.Adam(0.002, 0.9, 0.999, 1e-8), null, 0, 0, null, 0, null, null, 11);
    }

    private static Network network(Place place, Training training) {
        return ScriptModels.network(place, training, DATA, null, SAMPLES);
    }

    private static dev.capstan.worker.step.Batch batch(Network network) {
        var batch = network.stage().batch(SAMPLES.size(), SAMPLES.shape());
        var row = new float[SAMPLES.inputs()];
        for (int i = 0; i < SAMPLES.size(); i++) {
            SAMPLES.copyInputs(i, row, 0);
            batch.inputs().put(i * row.length, row);
            var target = new float[Fixtures.CLASSES];
            SAMPLES.copyTarget(i, target);
            batch.targets().put(i * target.length, target);
        }
        return batch;
    }

    private Path write(Network network, String name) throws IOException {
        var file = folder.resolve(name);
        try (var out = Files.newOutputStream(file)) {
            ScriptModels.write(network, "module.pt", "preprocessing.json", DATA, out);
        }
        return file;
    }

    private static float[] answers(Network network) {
        return network.stage().answer(batch(network)).outputs();
    }

    private static float[] trained(Network network, Training training, int steps) {
        var engine = Engines.ready(network, new Engines.Decision(Training.Engine.LIBTORCH, "the test asks for it"));
        var batch = engine.stage().batch(SAMPLES.size(), SAMPLES.shape());
        var filled = batch(network);
        batch.inputs().put(0, filled.inputs(), 0, filled.inputs().capacity());
        batch.targets().put(0, filled.targets(), 0, filled.targets().capacity());
        for (int i = 0; i < steps; i++) {
            engine.stage().computeGradient(batch, i);
            engine.optimizer().update(SAMPLES.size());
        }
        return network.parameters().data().asFloat();
    }

    private static float[] ones(int count) {
        var ones = new float[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static double apart(float[] one, float[] other) {
        double largest = 0;
        for (int i = 0; i < one.length; i++) {
            largest = Math.max(largest, Math.abs(one[i] - other[i]));
        }
        return largest;
    }
}
