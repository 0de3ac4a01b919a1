package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.Acceptance.Metric;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.EarlierArtifact;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.compress.quantize.ForeignModels;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.UserJar;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import onnx.Onnx.TensorProto.DataType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of other kinds than a TrainingJob's own layers are compressed, and say what they are. */
class CompressInputsTest {
    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @Test
    void anOnnxFileFromElsewhereIsQuantized() throws Exception {
        var place = new Compressions(folder);
        Files.createDirectories(place.file("base"));
        var model = ForeignModels.external(ForeignModels.pytorch(), place.file("base/net.onnx.data"));
        Files.write(place.file("base/net.onnx"), model.toByteArray());
        Files.writeString(place.file("base/preprocessing.json"), """
                {"shape": {"kind": "image", "height": 6, "width": 6, "channels": 1},
                 "classes": ["north-west", "north-east", "south-west", "south-east"]}
                """);
        var steps = List.<CompressionStep>of(Compressions.INT8);
        var bounds = new Acceptance(Metric.ACCURACY, 0.05, null, null);
        var outcome = place.run(place.job(1, 1, steps, bounds)).getFirst();
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        assertTrue(outcome.message().startsWith("accepted: model.onnx "), outcome.message());
        var found = outcome.compression();
        assertEquals(1, found.baseline().metric(), 1e-9, "quarters are told apart");
        assertTrue(found.steps().getFirst().summary().startsWith("2 layers in int8, 0 in float"));
        assertEquals(
                List.of("/Conv_output_0", "19"),
                found.sensitivity().stream().map(each -> each.layer()).toList());
        assertEquals(
                List.of(
                        "MODEL_CARD.md",
                        "manifest.json",
                        "metrics.json",
                        "model-card.json",
                        "model.onnx",
                        "preprocessing.json",
                        "profile.json"),
                place.output());
        assertEquals(
                FileDigest.of(place.file("out/model.onnx")), outcome.artifact().digest());
        assertEquals(
                Files.size(place.file("out/model.onnx")), found.compressed().sizeBytes());
        var manifest = json("out/manifest.json");
        assertEquals(64, manifest.at("/onnx/samples").intValue());
        assertTrue(manifest.at("/onnx/largestDifference").doubleValue() > 0);
        var card = json("out/model-card.json");
        assertEquals("BSD-3-Clause", card.at("/licenses/model").textValue());
        assertEquals("not stated", card.at("/licenses/data").textValue());
        assertEquals("south-east", card.at("/classes/3").textValue());
        assertEquals(
                manifest.at("/training/from").textValue(),
                card.at("/lineage/from/digest").textValue());

        // As an attempt leaves it that is killed while it publishes.
        Files.delete(place.file("out/manifest.json"));
        var again = place.run(place.job(2, 1, steps, bounds)).getFirst();
        assertEquals(outcome.artifact(), again.artifact());
        assertEquals(found, again.compression(), "and measures nothing anew");

        move("base", "first");
        move("out", "base");
        var more = place.run(place.job(1, 1, steps, bounds)).getFirst();
        assertEquals(Reason.InvalidData, more.reason(), more.message());
        assertTrue(
                more.message().startsWith("model.from: pvc://models/base/model.onnx: operator ")
                        && more.message()
                                .contains("means that the model is quantized already; give the one with floats from"
                                        + " which it was made, pvc://models/base"),
                more.message());
        var from = new JobFile.From(new Place(place.file("base").toString(), "pvc://models/base", null), null);
        assertEquals(
                "model.from: pvc://models/base has a model.onnx and no network of DL4J's, for it was made of an ONNX"
                        + " file from elsewhere; it can be compressed and served, and not be trained",
                assertThrows(Failure.class, () -> EarlierArtifact.open(from)).getMessage());
        Files.writeString(place.file("base/preprocessing.json"), "{}");
        var damaged = place.run(place.job(1, 1, steps, bounds)).getFirst();
        assertTrue(damaged.message().startsWith("model.from: pvc://models/base is damaged"), damaged.message());
    }

    /** As PyTorch exports a model unless it is told of dynamic axes; what classes there are, the data says. */
    @Test
    void aModelThatTakesOneSampleAtOnceIsMeasuredSo() throws Exception {
        var place = new Compressions(folder);
        Files.write(
                Files.createDirectories(place.file("base")).resolve("net.onnx"),
                ForeignModels.rows(DataType.FLOAT, 1, 1, 6, 6).toByteArray());
        var outcome =
                place.run(place.job(1, 1, List.of(Compressions.INT8), null)).getFirst();
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        assertEquals(1, outcome.compression().baseline().metric(), 1e-9);
        assertEquals(1, outcome.compression().compressed().batchSize());
        assertTrue(outcome.compression().compressed().metric() > 0.95, outcome.message());
    }

    /** What ONNX can't hold is measured as DL4J's archive, and cut around. */
    @Test
    void layersOfTheUsersOwnArePrunedAroundAndTrainedOn() throws Exception {
        var place = new Workplace(folder);
        var jar = new Place(UserJar.doubling(folder, "Twice").toString(), "pvc://models/layers.jar", null);
        var doubled = place.network(Fixtures.CLASSES, Fixtures.SIDE * Fixtures.SIDE, "com.example.Twice");
        place.succeed(place.dl4j(place.job(), doubled, jar).replace("/out\"", "/base\""));

        var compressions = new Compressions(folder);
        var steps = List.<CompressionStep>of(
                Compressions.prune(Prune.Granularity.UNIT, 50, null),
                Compressions.prune(Prune.Granularity.WEIGHT, 60, Compressions.TUNING));
        var bounds = new Acceptance(Metric.ACCURACY, 0.9, 1.2, null);
        var outcome = compressions
                .run(with(compressions.job(1, 1, steps, bounds), jar))
                .getFirst();
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        var found = outcome.compression();
        assertTrue(outcome.message().startsWith("accepted: model.zip "), outcome.message());
        assertTrue(found.compressed().latencyP50Millis() > 0
                && found.compressed().samplesPerSecond() > 0
                && found.compressed().sizeBytes() < found.baseline().sizeBytes());
        assertEquals(
                "layer1 feeds layer2, a Twice, which can't be cut along with it",
                found.steps().getFirst().leftOut().stream()
                        .filter(each -> each.layer().equals("layer1"))
                        .map(each -> each.layer() + " " + each.reason())
                        .findFirst()
                        .orElse("" + found.steps()));
        assertFalse(compressions.output().contains("model.onnx"));
        assertEquals(
                "layer layer2, a Twice, is of a kind that this worker can't write as ONNX",
                json("out/manifest.json").at("/onnx/missing").textValue());
        assertEquals(
                FileDigest.of(Path.of(jar.path())),
                json("out/model-card.json").at("/lineage/jar/digest").textValue());

        var quantized = compressions
                .run(with(other(compressions.job(1, 1, List.of(Compressions.INT8), null)), jar))
                .getFirst();
        assertMistake(
                quantized,
                "model.from: layer layer2, a Twice, is of a kind that this worker can't write as ONNX, and only what is"
                        + " ONNX can be quantized; remove the step quantize");
    }

    private static void assertMistake(Outcome outcome, String sentence) {
        assertEquals(Reason.InvalidJob, outcome.reason(), outcome.message());
        assertTrue(outcome.message().startsWith(sentence), outcome.message());
        assertNull(outcome.artifact());
    }

    private static JobFile with(JobFile job, Place jar) {
        var work = (Work.Compress) job.work();
        return new JobFile(
                job.version(),
                job.job(),
                new Work.Compress(work.from(), jar, work.data(), work.steps(), work.acceptance()),
                job.checkpoints(),
                job.peers(),
                job.output(),
                job.timeouts());
    }

    private static JobFile other(JobFile job) {
        return new JobFile(
                job.version(),
                new JobFile.Job("team-a", "other", "uid-2", 1),
                job.work(),
                job.checkpoints(),
                job.peers(),
                new JobFile.Output(
                        job.output().path() + "2",
                        job.output().uri(),
                        job.output().ifExists()),
                job.timeouts());
    }

    private JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(folder.resolve(name).toFile());
    }

    private void move(String from, String to) throws IOException {
        Files.move(folder.resolve(from), folder.resolve(to));
    }
}
