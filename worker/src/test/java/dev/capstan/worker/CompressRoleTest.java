package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.Acceptance.Metric;
import dev.capstan.protocol.Compression.Bound;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Calibration;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.onnx.OnnxFile;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;

/** A model is made smaller, measured, and let through or not. */
class CompressRoleTest {
    private static final Acceptance LENIENT = new Acceptance(Metric.ACCURACY, 0.1, 2.0, null);

    @TempDir
    Path folder;

    @Test
    void halfTheNeuronsInIntegersAreAccepted() throws Exception {
        var place = new Compressions(folder);
        var base = place.base();
        // Somebody says what the model may be used for.
        var stated = Files.readString(place.file("base/model-card.json"))
                .replaceFirst("\"model\" : \"not stated\"", "\"model\" : \"Apache-2.0\"");
        Files.writeString(place.file("base/model-card.json"), stated);
        var outcome = place.run(place.job(1, 1, Compressions.BOTH, LENIENT)).getFirst();
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        assertTrue(outcome.message().startsWith("accepted: model.onnx "), outcome.message());
        assertEquals(
                List.of(
                        "MODEL_CARD.md",
                        "manifest.json",
                        "metrics.json",
                        "model-card.json",
                        "model.onnx",
                        "model.zip",
                        "preprocessing.json",
                        "profile.json"),
                place.output());

        var found = outcome.compression();
        assertTrue(found.accepted());
        assertEquals(
                List.of("prune", "quantize"),
                found.steps().stream().map(each -> each.name()).toList());
        assertTrue(
                found.steps()
                        .get(0)
                        .summary()
                        .startsWith(
                                "128 of 256 neurons are gone, and 5252 of 10500 parameters left; fine-tuned in 20 steps"),
                found.steps().get(0).summary());
        assertTrue(found.steps().get(1).summary().startsWith("2 layers in int8, 0 in float"));
        assertTrue(found.steps().get(1).sizeBytes() < found.steps().get(0).sizeBytes());
        assertTrue(found.steps().get(0).sizeBytes() < found.baseline().sizeBytes());
        assertEquals(100, found.calibrationSamples());
        assertEquals("model.onnx", found.baseline().file());
        assertEquals(
                Files.size(place.file("out/model.onnx")), found.compressed().sizeBytes());
        assertEquals(
                Files.size(place.file("base/model.onnx")), found.baseline().sizeBytes(), "like is compared with like");
        assertEquals(base.artifact().metrics().get("accuracy"), found.baseline().metric(), 1e-9);
        assertTrue(found.compressed().latencyP50Millis() > 0
                && found.compressed().latencyP99Millis() >= found.compressed().latencyP50Millis()
                && found.compressed().samplesPerSecond() > 0);
        assertEquals(64, found.compressed().batchSize());
        assertEquals(
                List.of("1 layer0", "2 layer0", "2 layer1"),
                found.sensitivity().stream()
                        .map(each -> each.step() + " " + each.layer())
                        .toList());

        assertEquals(
                accuracyOf(place.file("out/model.onnx")),
                found.compressed().metric(),
                1e-9,
                "what is said is what is there");
        var operators = OnnxFile.read(place.file("out/model.onnx")).getGraph().getNodeList().stream()
                .map(each -> each.getOpType())
                .toList();
        assertTrue(
                operators.contains("QuantizeLinear") && operators.contains("DequantizeLinear"), operators.toString());
        assertTells(place, base, outcome);
    }

    private static void assertTells(Compressions place, Outcome base, Outcome outcome) throws Exception {
        var manifest =
                new ObjectMapper().readTree(place.file("out/manifest.json").toFile());
        assertEquals(base.artifact().digest(), manifest.at("/training/from").textValue());
        assertTrue(manifest.at("/training/data").textValue().startsWith("sha256:"));
        assertTrue(manifest.at("/training/test").textValue().startsWith("sha256:"));
        assertEquals(20, manifest.at("/training/steps").intValue());
        assertEquals("prune", manifest.at("/compressed/steps/0/kind").textValue());
        assertEquals(
                FileDigest.of(place.file("out/model.zip")), outcome.artifact().digest());
        assertEquals(
                FileDigest.of(place.file("out/model.onnx")),
                manifest.at("/onnx/file/digest").textValue());
        assertEquals(
                outcome.compression().compressed().metric(),
                outcome.artifact().metrics().get("accuracy"));
        assertEquals(64, manifest.at("/onnx/samples").intValue(), "compared with DL4J's answers");
        assertEquals(
                Files.readString(place.file("base/profile.json")),
                Files.readString(place.file("out/profile.json")),
                "drift is measured from what the model was trained on");
        assertCard(place, base, outcome);
    }

    private static void assertCard(Compressions place, Outcome base, Outcome outcome) throws Exception {
        var card = new ObjectMapper().readTree(place.file("out/model-card.json").toFile());
        var compressed = card.at("/compressed");
        assertEquals(outcome.artifact().digest(), card.at("/model").textValue());
        assertEquals(base.artifact().digest(), card.at("/lineage/from/digest").textValue());
        assertEquals(
                base.artifact().digest(), card.at("/lineage/earlier/0/model").textValue());
        assertEquals("train", card.at("/lineage/earlier/0/did/0").textValue());
        assertEquals(50, compressed.at("/done/0/settings/sparsityPercent").intValue());
        assertEquals("quantize", compressed.at("/done/1/result/name").textValue());
        assertEquals(64, compressed.at("/compared").intValue());
        assertEquals(0.1, compressed.at("/acceptance/maxDrop").doubleValue());
        assertTrue(compressed.at("/accepted").booleanValue());
        assertTrue(compressed.at("/largestDifference").doubleValue() > 0);
        assertEquals("layer1", compressed.at("/exempt/0/layer").textValue());
        var text = Files.readString(place.file("out/MODEL_CARD.md"));
        for (var part : List.of(
                "# team-a/quarters\n\nIt tells 4 classes of a grey image of 6 by 6 pixels apart: 0, 1, 2, 3.",
                "| made from | pvc://models/base |\n| made from, digest | "
                        + base.artifact().digest() + " |",
                "| before that | team-a/quarters: train |\n| before that, digest | "
                        + base.artifact().digest() + " |",
                "| before that, training data | pvc://data/train |",
                "| licence of the model | Apache-2.0 |",
                "| 1 prune | UNIT by L1, 50% by LAYER, fine-tuned for at most 2 epochs from seed 3 | 128 of 256 neurons",
                "| 2 quantize | weights SYMMETRIC by CHANNEL (AUTO), activations ASYMMETRIC by MIN_MAX of 100 samples |",
                "| bytes of model.onnx | " + outcome.compression().baseline().sizeBytes() + " | "
                        + outcome.compression().compressed().sizeBytes() + " |",
                "| samples a second, 64 at once |",
                "\nMeasured on one thread of a CPU with " + System.getProperty("os.arch"),
                " Its answers to 64 samples are at most ",
                "| times smaller, at least | 2.00000 | ",
                "It was accepted.",
                "| layer1 | 1 | is the output layer, whose outputs are the classes |")) {
            assertTrue(text.contains(part), part + " in\n" + text);
        }
    }

    private static double accuracyOf(Path onnx) {
        var images = Fixtures.images(200, 6);
        int right = 0;
        try (var session = OnnxSession.of(onnx)) {
            for (int i = 0; i < images.size(); i++) {
                var input = new float[images.inputs()];
                images.copyInputs(i, input, 0);
                var answer = session.run(Tensor.rows(input, 1)).values();
                int best = 0;
                for (int each = 1; each < answer.length; each++) {
                    best = answer[each] > answer[best] ? each : best;
                }
                right += best == images.label(i) ? 1 : 0;
            }
        }
        return right / 200.0;
    }

    @Test
    void aResultBeyondItsBoundsIsToldAndNotPublished() throws Exception {
        var place = new Compressions(folder);
        place.base();
        var job = place.job(1, 1, List.of(Compressions.INT8), new Acceptance(Metric.ACCURACY, 1.0, 50.0, 1000.0));
        var outcome = place.run(job).getFirst();
        assertEquals(Reason.Succeeded, outcome.reason(), "that is a result");
        assertNull(outcome.artifact());
        assertTrue(
                outcome.message()
                        .matches("not accepted, and nothing is published: model.onnx became \\d\\.\\d\\d times"
                                + " smaller, \\d+ bytes of \\d+, and acceptance.minCompressionRatio is 50.0 \\(.*"),
                outcome.message());
        assertTrue(outcome.compression().refused());
        assertEquals(
                List.of(Bound.Name.MIN_COMPRESSION_RATIO),
                outcome.compression().bounds().stream()
                        .filter(each -> !each.met())
                        .map(Bound::name)
                        .toList());
        assertEquals(List.of(), place.output());

        var again = place.run(
                        place.job(2, 1, List.of(Compressions.INT8), new Acceptance(Metric.ACCURACY, 1.0, 50.0, 1000.0)))
                .getFirst();
        assertEquals(
                outcome.compression(),
                again.compression(),
                "a later attempt tells the same, and measures nothing anew");
        assertEquals(outcome.message(), again.message());

        var images = Fixtures.images(200, 6);
        var shifted = IntStream.of(images.labels())
                .map(label -> (label + 1) % Fixtures.CLASSES)
                .toArray();
        Fixtures.writeIdx(folder.resolve("test"), new Fixtures.Images(images.pixels(), shifted));
        var guessing = place.run(other(job, IfExists.FAIL)).getFirst();
        assertEquals(Reason.InvalidData, guessing.reason(), guessing.message());
        assertTrue(guessing.message().startsWith("data.test: the model as it came gets a share of 0."));
    }

    /** Checkpoints of two steps with fine-tuning and one that quantizes two layers, where storage is slow. */
    private static final int FEWEST = 10;

    /** By what each of them left, as a worker does that was killed right afterwards. */
    @Test
    void whoeverGoesOnFromAnyCheckpointLeavesTheSameBytes() throws Exception {
        var place = new Compressions(folder);
        place.base();
        var tuned = Compressions.prune(Prune.Granularity.WEIGHT, 60, Compressions.TUNING);
        var steps = List.<CompressionStep>of(Compressions.HALF, tuned, Compressions.INT8);
        var undisturbed = place.run(place.job(1, 1, steps, null)).getFirst();
        assertEquals(Reason.Succeeded, undisturbed.reason(), undisturbed.message());
        var kept = place.checkpoints();
        assertTrue(
                kept.size() >= FEWEST && kept.size() <= FEWEST + 2 * 4,
                "1 to 5 within each of two fine-tunings, as fast as they can be written beside it; 5 between parts, and in"
                        + " the quantization one after the calibration and after each layer's sensitivity: " + kept);
        var whole = folder.resolve("whole");
        move(folder.resolve("out"), whole);
        for (int last = 0; last < kept.size(); last++) {
            for (var name : kept.subList(0, last + 1)) {
                copy(whole.resolve("checkpoints/uid-1/" + name), folder.resolve("out/checkpoints/uid-1/" + name));
            }
            var outcome = place.run(place.job(2, 1, steps, null)).getFirst();
            assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
            assertEquals(undisturbed.artifact().digest(), outcome.artifact().digest(), "from " + kept.get(last));
            assertEquals(
                    undisturbed.compression().steps(), outcome.compression().steps(), "from " + kept.get(last));
            assertTrue(
                    place.checkpoints().stream()
                                    .map(each -> each.substring(0, 17))
                                    .distinct()
                                    .count()
                            >= FEWEST,
                    "from " + kept.get(last));
            delete(folder.resolve("out"));
        }
    }

    @Test
    void twoRanksFineTuneTogether() throws Exception {
        var place = new Compressions(folder);
        place.base();
        var outcomes = place.run(place.job(1, 2, Compressions.BOTH, LENIENT));
        assertEquals(Reason.Succeeded, outcomes.get(0).reason(), outcomes.get(0).message());
        assertEquals(new Outcome(Reason.Succeeded, "rank 0 has judged the model", null), outcomes.get(1));
        var first = outcomes.getFirst().artifact();
        var kept = place.checkpoints();
        move(folder.resolve("out"), folder.resolve("first"));
        for (var name : kept.subList(0, 4)) {
            copy(folder.resolve("first/checkpoints/uid-1/" + name), folder.resolve("out/checkpoints/uid-1/" + name));
        }
        var again = place.run(place.job(2, 2, Compressions.BOTH, LENIENT));
        assertEquals(first.digest(), again.getFirst().artifact().digest(), "from within the fine-tuning");
        assertEquals(Reason.Succeeded, again.get(1).reason(), again.get(1).message());
    }

    @Test
    void zerosStayZeroThroughFineTuningAndALaterPruning() throws Exception {
        var place = new Compressions(folder);
        place.base();
        var sparse = Compressions.prune(Prune.Granularity.WEIGHT, 80, Compressions.TUNING);
        var outcome = place.run(place.job(1, 1, List.of(sparse), null)).getFirst();
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        var weights = OnnxFile.read(place.file("out/model.onnx")).getGraph().getInitializerList().stream()
                .filter(each -> each.getName().endsWith("_W"))
                .toList();
        assertEquals(2, weights.size());
        long zeros = 0;
        long all = 0;
        for (var each : weights) {
            var floats = each.getRawData()
                    .asReadOnlyByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            while (floats.hasRemaining()) {
                zeros += floats.get() == 0 ? 1 : 0;
                all++;
            }
        }
        assertEquals(0.8, (double) zeros / all, 0.001);

        var archive = place.file("out/model.zip");
        var found = outcome.compression();
        assertEquals("model.zip", found.compressed().file(), "zeros count where they are stored compactly");
        assertEquals(Files.size(archive), found.compressed().sizeBytes());
        assertEquals(Files.size(archive), found.steps().getFirst().sizeBytes());
        assertTrue(
                found.baseline().sizeBytes() < Files.size(place.file("base/model.zip")) / 2,
                "without the optimizer's state, which is twice as long");
        double ratio =
                (double) found.baseline().sizeBytes() / found.compressed().sizeBytes();
        assertTrue(ratio > 2.5, "80 % of zeros make it " + ratio + " times smaller");
        var restored = ModelSerializer.restoreMultiLayerNetwork(archive.toFile(), true);
        assertEquals(
                zeros,
                restored.getLayer(0)
                                .getParam("W")
                                .eq(0)
                                .castTo(DataType.LONG)
                                .sumNumber()
                                .longValue()
                        + restored.getLayer(1)
                                .getParam("W")
                                .eq(0)
                                .castTo(DataType.LONG)
                                .sumNumber()
                                .longValue(),
                "DL4J reads it as it is");
    }

    @Test
    void anAttemptAfterTheWorkWasDoneSucceedsAtOnce() throws Exception {
        var place = new Compressions(folder);
        place.base();
        var first =
                place.run(place.job(1, 1, List.of(Compressions.INT8), LENIENT)).getFirst();
        var saved = Files.getLastModifiedTime(place.file("out/model.onnx"));
        var again =
                place.run(place.job(2, 1, List.of(Compressions.INT8), LENIENT)).getFirst();
        assertEquals("the artifact is there already, and whole", again.message());
        assertEquals(first.artifact(), again.artifact());
        assertEquals(first.compression(), again.compression());
        assertEquals(saved, Files.getLastModifiedTime(place.file("out/model.onnx")));

        var other = other(place.job(1, 1, List.of(Compressions.INT8), LENIENT), IfExists.FAIL);
        assertEquals(Reason.OutputUnavailable, place.run(other).getFirst().reason());
        var reusing = other(place.job(1, 1, List.of(Compressions.INT8), LENIENT), IfExists.REUSE);
        var reused = place.run(reusing).getFirst();
        assertEquals("another job has made the same model", reused.message());
        assertEquals(first.artifact().digest(), reused.artifact().digest());
        assertTrue(
                reused.artifact().takenFrom().startsWith("job team-a/quarters with UID "),
                reused.artifact().takenFrom());
        var stricter = other(
                place.job(1, 1, List.of(Compressions.INT8), new Acceptance(Metric.ACCURACY, 0.001, 2.0, null)),
                IfExists.REUSE);
        assertEquals(Reason.OutputUnavailable, place.run(stricter).getFirst().reason(), "other bounds");
    }

    private static JobFile other(JobFile job, IfExists ifExists) {
        return new JobFile(
                job.version(),
                new JobFile.Job("team-a", "other", "uid-2", 1),
                job.work(),
                job.checkpoints(),
                job.peers(),
                new JobFile.Output(job.output().path(), job.output().uri(), ifExists),
                job.timeouts());
    }

    @Test
    void aCompressedModelIsCompressedFurther() throws Exception {
        var place = new Compressions(folder);
        var trained = place.base();
        var pruned =
                place.run(place.job(1, 1, List.of(Compressions.HALF), null)).getFirst();
        delete(folder.resolve("base"));
        move(folder.resolve("out"), folder.resolve("base"));
        var quantized =
                place.run(place.job(1, 1, List.of(Compressions.INT8), null)).getFirst();
        assertEquals(Reason.Succeeded, quantized.reason(), quantized.message());
        assertNotEquals(pruned.artifact().digest(), quantized.artifact().digest());
        assertEquals(
                pruned.compression().compressed().sizeBytes(),
                quantized.compression().baseline().sizeBytes());
        assertFalse(quantized.compression().steps().isEmpty());

        delete(folder.resolve("base"));
        move(folder.resolve("out"), folder.resolve("base"));
        var coarser = place.run(place.job(1, 1, List.of(COARSE), null)).getFirst();
        assertEquals(Reason.Succeeded, coarser.reason(), coarser.message());
        assertEquals(
                quantized.compression().compressed().sizeBytes(),
                coarser.compression().baseline().sizeBytes(),
                "what came was in integers");
        assertEquals(
                quantized.compression().compressed().metric(),
                coarser.compression().baseline().metric());
        var earlier = new ObjectMapper()
                .readTree(place.file("out/model-card.json").toFile())
                .at("/lineage/earlier");
        assertEquals(
                List.of(
                        trained.artifact().digest() + " [\"train\"]",
                        pruned.artifact().digest() + " [\"prune\"]",
                        quantized.artifact().digest() + " [\"quantize\"]"),
                earlier.valueStream()
                        .map(each -> each.at("/model").textValue() + " " + each.at("/did"))
                        .toList());

        delete(folder.resolve("out"));
        var larger =
                place.run(place.job(1, 1, List.of(Compressions.HALF), null)).getFirst();
        assertEquals(Reason.InvalidJob, larger.reason(), larger.message());
        assertTrue(
                larger.message()
                        .startsWith(
                                "steps end without quantize, and model.from: pvc://models/base is quantized already:"),
                larger.message());
        Files.write(place.file("base/model.onnx"), new byte[] {1});
        assertTrue(
                place.run(place.job(1, 1, List.of(COARSE), null))
                        .getFirst()
                        .message()
                        .startsWith("model.from: pvc://models/base "),
                "another file than the one that was made with the network");
    }

    /** Otherwise than before. */
    private static final Quantize COARSE = new Quantize(
            Quantize.Scheme.SYMMETRIC,
            Quantize.Scheme.SYMMETRIC,
            Quantize.Granularity.TENSOR,
            Quantize.WeightRange.REDUCED,
            new Calibration(Calibration.Method.PERCENTILE, 99, 100),
            false,
            List.of(),
            null);

    @Test
    void aDropThatNoExemptionReachesIsRefusedWithWhatWasFound() throws Exception {
        var place = new Compressions(folder);
        place.base();
        // Random answers are worse than the model's by far more than nothing, whatever stays in float.
        var coarse = new Quantize(
                Quantize.Scheme.SYMMETRIC,
                Quantize.Scheme.SYMMETRIC,
                Quantize.Granularity.TENSOR,
                Quantize.WeightRange.REDUCED,
                new Calibration(Calibration.Method.PERCENTILE, 51, 100),
                false,
                List.of(),
                0.0);
        var outcome = place.run(place.job(1, 1, List.of(coarse), null)).getFirst();
        assertEquals(Reason.InvalidJob, outcome.reason(), outcome.message());
        assertTrue(
                outcome.message()
                        .startsWith("steps[0].quantize.maxDrop is 0.0, which can't be reached: accuracy on 100"
                                + " calibration samples is "),
                outcome.message());
        assertEquals(List.of(), place.output());
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (var each : files.toList()) {
                Files.copy(each, to.resolve(each.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            for (var each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
