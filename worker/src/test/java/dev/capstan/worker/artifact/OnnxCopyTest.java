package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.onnx.OnnxFile;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.factory.Nd4j;

/** The model as ONNX beside the archive: when it is there, and what becomes of the artifact when it isn't. */
class OnnxCopyTest {
    private static final Samples IMAGES = Fixtures.images(100, 3);
    private static final Samples TEXTS = Fixtures.words(20);

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @Test
    void theModelAsOnnxAnswersAsTheNetworkDoes() throws Exception {
        var network = network(IMAGES, Fixtures.layers());
        var published = publish(job("uid-1", IfExists.FAIL), network, IMAGES);
        var entry = manifest().onnx();
        assertEquals(Manifest.File.of(out("model.onnx")), entry.file());
        assertEquals(64, entry.samples());
        assertTrue(entry.largestDifference() < 1e-6, entry.toString());
        assertNull(entry.missing());
        assertEquals("1", OnnxFile.read(out("model.onnx")).getProducerVersion());
        var row = new float[IMAGES.inputs()];
        IMAGES.copyInputs(5, row, 0);
        try (var session = OnnxSession.of(out("model.onnx"))) {
            assertArrayEquals(
                    network.output(Nd4j.createFromArray(new float[][] {row}), null)
                            .data()
                            .asFloat(),
                    session.run(Tensor.rows(row, 1)).values(),
                    1e-6f);
        }
        assertEquals(FileDigest.of(out("model.zip")), published.digest());
    }

    @Test
    void theSameNetworkGivesTheSameFile() throws Exception {
        publish(job("uid-1", IfExists.FAIL), network(IMAGES, Fixtures.layers()), IMAGES);
        var first = Files.readAllBytes(out("model.onnx"));
        publish(job("uid-2", IfExists.OVERWRITE), network(IMAGES, Fixtures.layers()), IMAGES);
        assertArrayEquals(first, Files.readAllBytes(out("model.onnx")));
    }

    @Test
    void aModelThatOnnxCantHoldIsPublishedWithoutAndTheOneBeforeGoes() throws Exception {
        publish(job("uid-1", IfExists.FAIL), network(IMAGES, Fixtures.layers()), IMAGES);
        var job = job("uid-2", IfExists.OVERWRITE);
        var published = publish(job, unknown(), IMAGES);
        assertEquals(
                "layer smooth, a SubsamplingLayer, pools by PNORM; this worker can write MAX and AVG as ONNX",
                manifest().onnx().missing());
        assertFalse(Files.exists(out("model.onnx")));
        assertEquals(
                Optional.of(published),
                OutputFolder.open(job, Fixtures.NO_SCRATCH).finished());
    }

    /** DL4J is told the texts' lengths, ONNX sees where the zeros begin. */
    @Test
    void aModelWhoseAnswersDifferIsPublishedWithout() throws Exception {
        var layers = List.<Layer>of(
                new Layer.Embedding(8),
                new Layer.Lstm(8, "tanh", false),
                new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
        publish(job("uid-1", IfExists.FAIL), network(TEXTS, layers), TEXTS);
        assertEquals(20, manifest().onnx().samples());
        publish(job("uid-2", IfExists.OVERWRITE), network(TEXTS, layers), new Overlong(TEXTS));
        var missing = manifest().onnx().missing();
        assertTrue(missing.startsWith("ONNX Runtime's answers to 20 samples are up to 0."), missing);
        assertFalse(Files.exists(out("model.onnx")));
    }

    /** Texts that are said to be longer than they are. */
    private record Overlong(Samples texts) implements Samples {
        @Override
        public int size() {
            return texts.size();
        }

        @Override
        public Shape shape() {
            return texts.shape();
        }

        @Override
        public int label(int sample) {
            return texts.label(sample);
        }

        @Override
        public int length(int sample) {
            return inputs();
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            texts.copyInputs(sample, target, offset);
        }
    }

    @Test
    void anArtifactOfAnOlderVersionHasNone() throws Exception {
        var job = job("uid-1", IfExists.FAIL);
        var published = publish(job, network(IMAGES, Fixtures.layers()), IMAGES);
        var json = new JsonMapper();
        var manifest = (ObjectNode) json.readTree(out("manifest.json").toFile());
        manifest.remove(List.of("onnx", "profile"));
        json.writeValue(out("manifest.json").toFile(), manifest);
        for (var each : List.of("model.onnx", "profile.json", "model-card.json", "MODEL_CARD.md")) {
            Files.delete(out(each));
        }
        assertEquals(
                Optional.of(published),
                OutputFolder.open(job, Fixtures.NO_SCRATCH).finished());
        try (var earlier = EarlierArtifact.open(new JobFile.From(
                new JobFile.Place(out("").toString(), "pvc://models/out", null), published.digest()))) {
            assertEquals(published.digest(), earlier.model().digest());
        }
    }

    @Test
    void aDamagedOneIsNoticed() throws Exception {
        publish(job("uid-1", IfExists.FAIL), network(IMAGES, Fixtures.layers()), IMAGES);
        Files.writeString(out("model.onnx"), "damaged");
        assertTrue(OutputFolder.open(job("uid-1", IfExists.FAIL), Fixtures.NO_SCRATCH)
                .finished()
                .isEmpty());
    }

    @Test
    void itIsNotWrittenWhereMemoryIsScarce() throws Exception {
        assertEquals(Optional.empty(), OnnxCopy.scarce(100 << 20, OptionalLong.empty()));
        assertEquals(Optional.empty(), OnnxCopy.scarce(100 << 20, OptionalLong.of(400 << 20)));
        assertEquals(
                Optional.of("it takes up to 400 MiB to write and to check, and only 399 MiB are free below the memory"
                        + " limit"),
                OnnxCopy.scarce(100 << 20, OptionalLong.of(399 << 20)));
    }

    @Test
    void whatIsFreeIsWhatTheKernelSays() throws Exception {
        assertEquals(OptionalLong.empty(), FreeMemory.bytes(folder), "no group");
        Files.writeString(folder.resolve("memory.max"), "1000\n");
        Files.writeString(folder.resolve("memory.current"), "900\n");
        Files.writeString(
                folder.resolve("memory.stat"), "anon 500\nfile 350\ninactive_file 300\nactive_file 50\nshmem 20\n");
        assertEquals(OptionalLong.of(450), FreeMemory.bytes(folder));
        Files.writeString(folder.resolve("memory.max"), "max\n");
        assertEquals(OptionalLong.empty(), FreeMemory.bytes(folder), "no limit");
    }

    private Manifest manifest() throws Exception {
        return Manifest.read(out("manifest.json"));
    }

    private Path out(String name) {
        return folder.resolve("out").resolve(name);
    }

    private JobFile job(String uid, IfExists ifExists) throws Exception {
        var job = Fixtures.job(folder, uid, 1, 1, 1);
        return new JobFile(
                job.version(),
                job.job(),
                job.work(),
                job.checkpoints(),
                job.peers(),
                new JobFile.Output(job.output().path(), job.output().uri(), ifExists),
                job.timeouts());
    }

    private static Artifact publish(JobFile job, Network network, Samples samples) {
        return new Publisher(job, OutputFolder.open(job, Fixtures.NO_SCRATCH), Map.of("worker", "1"), Clock.systemUTC())
                .publish(new Result(
                        network,
                        preprocessing(samples),
                        Map.of("accuracy", 0.9),
                        new Inputs("sha256:train", null, null, null),
                        samples,
                        Profile.of(samples, preprocessing(samples), () -> {})));
    }

    private static Preprocessing preprocessing(Samples samples) {
        return new Preprocessing(samples.shape(), Fixtures.PREPROCESSING.classes(), null);
    }

    private static Network network(Samples samples, List<Layer> layers) {
        return Networks.create(
                new JobFile.Model(layers, null, null, null),
                Fixtures.training(1, 8, Fixtures.ADAM, 3),
                preprocessing(samples),
                null);
    }

    private Network unknown() throws Exception {
        var json = new NeuralNetConfiguration.Builder()
                .list()
                .layer(new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.PNORM)
                        .pnorm(2)
                        .kernelSize(2, 2)
                        .name("smooth")
                        .build())
                .layer(new OutputLayer.Builder()
                        .nOut(Fixtures.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(Fixtures.SIDE, Fixtures.SIDE, 1))
                .build()
                .toJson();
        var file = Files.writeString(folder.resolve("model.json"), json);
        return Networks.create(
                new JobFile.Model(null, file.toString(), null, null),
                Fixtures.training(1, 8, Fixtures.ADAM, 3),
                preprocessing(IMAGES),
                null);
    }
}
