package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.Acceptance.Metric;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Calibration;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/** A compression that can't be done. */
class CompressMistakesTest extends Mistakes {
    private static final Acceptance NONE = null;

    static Stream<Mistake> mistakes() {
        return Stream.of(
                steps("no steps", "steps is empty; it needs at least one step, prune or quantize"),
                steps(
                        "a step after a quantization",
                        "steps[0] quantizes, and 1 more steps come after it; it must be the last one",
                        Compressions.INT8,
                        Compressions.HALF),
                steps(
                        "a share of everything",
                        "steps[0].prune.sparsityPercent is 100; it must be from 1 to 99",
                        Compressions.prune(Prune.Granularity.WEIGHT, 100, null)),
                steps(
                        "two of four by another share",
                        "steps[0].prune takes two of each four weights, which is a sparsityPercent of 50 by the scope LAYER,"
                                + " not 30 by LAYER",
                        Compressions.prune(Prune.Granularity.TWO_OF_FOUR, 30, null)),
                steps(
                        "a fine-tuning without epochs",
                        "steps[0].prune.fineTune.epochs is 0; it must be at least 1",
                        Compressions.prune(Prune.Granularity.WEIGHT, 50, Fixtures.training(0, 32, Fixtures.ADAM, 1))),
                steps(
                        "a fine-tuning that keeps all samples for measuring",
                        "training.validationSplit is 0.999 of 61 samples, which leaves none to train on",
                        Reason.InvalidData,
                        Compressions.prune(Prune.Granularity.WEIGHT, 50, splitting(0.999))),
                steps(
                        "asymmetric weights by channel",
                        "steps[0].quantize has asymmetric weights by channel, which the runtime can't compute",
                        new Quantize(
                                Quantize.Scheme.ASYMMETRIC,
                                Quantize.Scheme.ASYMMETRIC,
                                Quantize.Granularity.CHANNEL,
                                Quantize.WeightRange.AUTO,
                                new Calibration(Calibration.Method.MIN_MAX, 0, 10),
                                true,
                                List.of(),
                                null)),
                steps(
                        "a percentile below the middle",
                        "steps[0].quantize.calibration.percentile is 20.0; it must be above 50 and at most 100",
                        calibrated(Calibration.Method.PERCENTILE, 20, 10)),
                steps(
                        "a calibration by no samples",
                        "steps[0].quantize.calibration.samples is 0; it must be at least 1",
                        calibrated(Calibration.Method.MIN_MAX, 0, 0)),
                steps(
                        "a layer to leave out that isn't there, while pruning",
                        "steps[0].prune: steps[0].prune.exclude names the layer dense7, which the model doesn't have; its"
                                + " layers are layer0, layer1",
                        new Prune(
                                Prune.Granularity.UNIT,
                                Prune.Norm.L2,
                                50,
                                Prune.Scope.GLOBAL,
                                List.of("dense7"),
                                null)),
                steps(
                        "all layers left out, while pruning",
                        "steps[0].prune.exclude names all layers that can lose something, which are layer0",
                        new Prune(
                                Prune.Granularity.UNIT,
                                Prune.Norm.L2,
                                50,
                                Prune.Scope.GLOBAL,
                                List.of("layer0"),
                                null)),
                steps(
                        "a layer to leave out that isn't there, while quantizing",
                        "steps[0].quantize.exclude names the layer dense7, which the model doesn't have; its layers with"
                                + " weights that would are layer0, layer1",
                        Compressions.quantize(List.of("dense7"), null)),
                steps(
                        "all layers left out, while quantizing",
                        "steps[0].quantize: nothing in the model can be quantized",
                        Compressions.quantize(List.of("layer0", "layer1"), null)),
                bounds(
                        "a drop without test data",
                        "acceptance.maxDrop needs data.test, on which the drop is measured, and it is missing",
                        new Acceptance(Metric.ACCURACY, 0.01, null, null)),
                bounds(
                        "a ratio of nothing",
                        "acceptance.minCompressionRatio is 0.0; it must be above 0 and finite",
                        new Acceptance(null, null, 0.0, null)),
                mistake(
                        "a quantization without data",
                        Reason.InvalidJob,
                        (place, job) -> compress(place, job, List.of(Compressions.INT8), NONE, null),
                        "steps[0].quantize needs data.train to calibrate by, which is missing"),
                mistake(
                        "calibration data of another shape",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.write("rows.csv", "x,y,label\n1,2,0\n1,3,1\n", job);
                            var rows = Fixtures.dataset(
                                    place.file("rows.csv"),
                                    "pvc://data/rows.csv",
                                    Format.CSV,
                                    new JobFile.Csv(true, -1));
                            return compress(place, job, List.of(Compressions.INT8), NONE, new JobFile.Data(rows, null));
                        },
                        "data.train: pvc://data/rows.csv has ",
                        "; the network takes "),
                mistake(
                        "test data of classes that the model doesn't know",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.base(job);
                            Files.delete(place.file("test/some-labels-idx1-ubyte.gz"));
                            var labels = new byte[48];
                            labels[2] = 8;
                            labels[3] = 1;
                            labels[7] = 40;
                            labels[20] = 9;
                            Files.write(place.file("test/some-labels-idx1-ubyte"), labels);
                            return compress(place, job, List.of(Compressions.INT8), NONE, data(job));
                        },
                        "data.test: pvc://data/test/some-labels-idx1-ubyte, record 13: label 9 is no class"),
                mistake(
                        "an output in the place of its own model, whatever may be replaced",
                        Reason.InvalidJob,
                        (place, job) -> edit(
                                edit(
                                        compress(place, job, List.of(Compressions.INT8), NONE, data(job)),
                                        "pvc://models/base",
                                        "pvc://models/out"),
                                "\"FAIL\"",
                                "\"OVERWRITE\""),
                        "output pvc://models/out is the folder of model.from, pvc://models/out, which the result would"
                                + " replace; choose another output"),
                mistake(
                        "a model that was replaced",
                        Reason.InvalidData,
                        (place, job) -> edit(
                                compress(place, job, List.of(Compressions.INT8), NONE, data(job)),
                                "\"from\" : {",
                                "\"from\" : {\n\"digest\" : \"sha256:" + "1".repeat(64) + "\","),
                        "model.from: pvc://models/base holds the model sha256:",
                        ", the job asks for sha256:" + "1".repeat(64)));
    }

    private static Mistake steps(String name, String sentence, CompressionStep... steps) {
        return steps(name, sentence, Reason.InvalidJob, steps);
    }

    private static Mistake steps(String name, String sentence, Reason reason, CompressionStep... steps) {
        return mistake(name, reason, (place, job) -> compress(place, job, List.of(steps), NONE, data(job)), sentence);
    }

    private static Mistake bounds(String name, String sentence, Acceptance acceptance) {
        return mistake(
                name,
                Reason.InvalidJob,
                (place, job) -> compress(
                        place,
                        job,
                        List.of(Compressions.INT8),
                        acceptance,
                        new JobFile.Data(data(job).train(), null)),
                sentence);
    }

    private static Training splitting(double share) {
        var plain = Fixtures.training(1, 32, Fixtures.ADAM, 1);
        return new Training(
                plain.epochs(),
                plain.batchSize(),
                plain.optimizer(),
                null,
                0,
                0,
                null,
                share,
                null,
                null,
                plain.seed());
    }

    private static Quantize calibrated(Calibration.Method method, double percentile, int samples) {
        return new Quantize(
                Quantize.Scheme.ASYMMETRIC,
                Quantize.Scheme.SYMMETRIC,
                Quantize.Granularity.TENSOR,
                Quantize.WeightRange.AUTO,
                new Calibration(method, percentile, samples),
                true,
                List.of(),
                null);
    }

    private static JobFile.Data data(String job) {
        return Json.read(job, JobFile.class).train().data();
    }

    private static String compress(
            Workplace place, String job, List<CompressionStep> steps, Acceptance acceptance, JobFile.Data data)
            throws IOException {
        if (!Files.exists(place.file("base"))) {
            place.base(job);
        }
        var file = Json.read(job, JobFile.class);
        var base = new JobFile.Place(place.file("base").toString(), "pvc://models/base", null);
        var work = new Work.Compress(
                new JobFile.From(base, null), data == null ? new JobFile.Data(null, null) : data, steps, acceptance);
        return Json.write(new JobFile(
                file.version(), file.job(), work, file.checkpoints(), file.peers(), file.output(), file.timeouts()));
    }
}
