package dev.capstan.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    private static final JobFile JOB = new JobFile(
            JobFile.VERSION,
            new JobFile.Job("team-a", "mnist", "0f1e", 2),
            new Work.Train(
                    new JobFile.Model(
                            List.of(
                                    new Layer.Convolution(20, 5, 1, Layer.Padding.SAME, "relu"),
                                    new Layer.Pooling(Layer.PoolingType.MAX, 2, 2),
                                    new Layer.Dropout(0.5),
                                    new Layer.Output(10, "softmax", "mcxent")),
                            null,
                            null,
                            null),
                    new JobFile.Data(
                            new JobFile.Dataset(
                                    new JobFile.Place("/d/train", "pvc://d/train", null),
                                    JobFile.Dataset.Format.IDX,
                                    null,
                                    null,
                                    null),
                            new JobFile.Dataset(
                                    new JobFile.Place(
                                            null,
                                            "s3://d/t.csv",
                                            new JobFile.S3("http://s3", "eu-central-1", "/secrets/s3")),
                                    JobFile.Dataset.Format.CSV,
                                    new JobFile.Csv(true, -1),
                                    null,
                                    null)),
                    new Training(
                            5,
                            32,
                            new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8),
                            new Training.Schedule(new Training.Decay.Step(2, 0.5), 100),
                            0,
                            1e-4,
                            new Training.Clipping(1, 0),
                            0.1,
                            new Training.EarlyStopping(Training.EarlyStopping.Metric.LOSS, 3, 0, true),
                            new Training.ClassWeights(false, List.of(1.0, 2.5)),
                            42)),
            new JobFile.Checkpoints("/o/checkpoints", "pvc://o/checkpoints", 200, 0, 2),
            List.of("a:29400", "b:29400"),
            new JobFile.Output("/o", "pvc://o", JobFile.Output.IfExists.FAIL),
            Timeouts.DEFAULT);

    /** An operator hears a worker of a later release: what it doesn't know says nothing, and all else counts. */
    @Test
    void whatALaterReleaseTellsOfIsPassedOver() {
        var events = Json.read("""
                {"attempt": 1, "rank": 0, "term": 2, "recoverable": true, "events": [
                  {"number": 1, "term": 1, "kind": "DANCED", "operation": 3, "seconds": 0, "message": "new"},
                  {"number": 2, "term": 2, "kind": "LOST", "ranks": [1], "operation": 4, "seconds": 0, "message": "old"}]}
                """, Events.class);
        assertEquals(
                List.of(Events.Kind.OTHER, Events.Kind.LOST),
                events.events().stream().map(Events.Event::kind).toList());
        assertEquals(Progress.Stage.LOADING, Json.read("\"DREAMING\"", Progress.Stage.class));
        assertThrows(IllegalArgumentException.class, () -> Json.read("\"Dreamt\"", Outcome.Reason.class));
    }

    @Test
    void whatIsWrittenReadsBackEqual() {
        assertEquals(JOB, Json.read(Json.write(JOB), JobFile.class));
        var training = JOB.train().training().over(new Wire(Wire.Frames.PLAIN, Wire.Precision.BF16));
        assertEquals(training, Json.read(Json.write(training), Training.class));
        var outcome = new Outcome(
                Outcome.Reason.Succeeded,
                "done",
                new Outcome.Artifact("pvc://o", "sha256:00", 7, Map.of("accuracy", 0.97)));
        assertEquals(outcome, Json.read(Json.write(outcome), Outcome.class));
        var progress = new Progress(1, Progress.Stage.LOADING, 0, 5, 0, 9375, Double.NaN, 0, -1, null, null);
        assertEquals(progress, Json.read(Json.write(progress), Progress.class));
    }

    @Test
    void aCompressionReadsBackEqual() {
        var training = ((Work.Train) JOB.work()).training();
        var job = new JobFile(
                JobFile.VERSION,
                JOB.job(),
                new Work.Compress(
                        new JobFile.From(new JobFile.Place("/m", "pvc://m", null), "sha256:00"),
                        new JobFile.Data(null, null),
                        List.of(
                                new CompressionStep.Prune(
                                        CompressionStep.Prune.Granularity.UNIT,
                                        CompressionStep.Prune.Norm.L2,
                                        50,
                                        CompressionStep.Prune.Scope.GLOBAL,
                                        List.of("layer0"),
                                        training),
                                new CompressionStep.Quantize(
                                        CompressionStep.Quantize.Scheme.ASYMMETRIC,
                                        CompressionStep.Quantize.Scheme.SYMMETRIC,
                                        CompressionStep.Quantize.Granularity.CHANNEL,
                                        CompressionStep.Quantize.WeightRange.AUTO,
                                        new CompressionStep.Calibration(
                                                CompressionStep.Calibration.Method.PERCENTILE, 99.99, 512),
                                        true,
                                        List.of(),
                                        0.01)),
                        new Acceptance(Acceptance.Metric.ACCURACY, 0.01, 3.9, null)),
                JOB.checkpoints(),
                JOB.peers(),
                JOB.output(),
                JOB.timeouts());
        assertEquals(job, JobFile.read(Json.write(job)));
        assertThrows(IllegalStateException.class, job::train);
    }

    @Test
    void aCompressionsResultReadsBackEqual() {
        var met = new Compression.Bound(Compression.Bound.Name.MAX_DROP, 0.01, 0.002, true);
        var missed = new Compression.Bound(Compression.Bound.Name.MIN_COMPRESSION_RATIO, 4, 3.94, false);
        var compression = compression(List.of(met, missed));
        var outcome = new Outcome(Outcome.Reason.Succeeded, "not accepted", null, null, compression);
        assertEquals(outcome, Json.read(Json.write(outcome), Outcome.class));
        var progress =
                new Progress(1, Progress.Stage.QUANTIZING, 0, 0, 0, 0, Double.NaN, 0, -1, null, null, compression);
        assertEquals(progress, Json.read(Json.write(progress), Progress.class));

        assertTrue(compression.refused() && !compression.accepted());
        assertTrue(
                compression(List.of(met)).accepted() && compression(List.of()).accepted());
        assertFalse(compression(null).accepted() || compression(null).refused(), "not known yet");
    }

    private static Compression compression(List<Compression.Bound> bounds) {
        return new Compression(
                new Compression.Position(2, 2, 5, 12),
                512,
                new Compression.Measures("model.onnx", 407_056, 0.9761, 0.041, 0.06, 20_100.0, 64),
                null,
                bounds,
                List.of(new Compression.StepResult(
                        1, "prune", "50% of 1024 units", 203_528, null, List.of(new Compression.LeftOut("a", "b")))),
                List.of(new Compression.Sensitivity(2, "layer0", null, 0.002)));
    }

    @Test
    void whatIsSaidOfTermsReadsBackEqual() {
        var membership = new Membership(
                2,
                7,
                List.of(
                        new Membership.Member("mnist-2-worker-0-0", "10.0.0.7:29400"),
                        new Membership.Member("mnist-2-worker-1-1", "10.0.1.9:29400")));
        assertEquals(membership, Json.read(Json.write(membership), Membership.class));
        var events = new Events(
                2,
                1,
                7,
                true,
                List.of(
                        new Events.Event(1, 5, Events.Kind.LOST, List.of(0), 17, 0, "rank 0 is gone"),
                        new Events.Event(2, 7, Events.Kind.RECOVERED, List.of(), 17, 0.75, "goes on")));
        assertEquals(events, Json.read(Json.write(events), Events.class));
        var timeouts = new Timeouts(30, 1800, 600, 120);
        assertEquals(timeouts, Json.read(Json.write(timeouts), Timeouts.class));
        assertNull(Json.read("{\"silence\": 30, \"late\": 1800, \"storage\": 600}", Timeouts.class)
                .regroup());
    }

    /** A job file as the release before wrote it, letter for letter. */
    @Test
    void theJobFileOfAnAttemptThatBeganBeforeAnUpgradeIsRead() throws Exception {
        try (var in = JsonTest.class.getResourceAsStream("job-file-v2.json")) {
            var read = JobFile.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            assertEquals(
                    new JobFile(2, JOB.job(), JOB.work(), JOB.checkpoints(), JOB.peers(), JOB.output(), JOB.timeouts()),
                    read);
        }
        assertEquals(JOB, JobFile.read(Json.write(JOB)));
    }

    @Test
    void aNewerOperatorsFieldIsIgnored() {
        var text = Json.write(JOB).replaceFirst("\\{", "{\"somethingNew\": {\"a\": 1},");
        assertEquals(JOB, Json.read(text, JobFile.class));
    }

    @Test
    void aWrongFileIsToldByLine() {
        var e = assertThrows(IllegalArgumentException.class, () -> Json.read("{\n\"version\": \"x\"}", JobFile.class));
        assertTrue(e.getMessage().contains("line 2"), e.getMessage());
    }
}
