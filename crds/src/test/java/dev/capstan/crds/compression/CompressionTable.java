package dev.capstan.crds.compression;

import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.empty;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.tooMany;
import static dev.capstan.crds.validation.Refused.unknown;
import static dev.capstan.crds.validation.Refused.within;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Places;
import dev.capstan.crds.validation.Refused;
import java.util.List;
import java.util.stream.Stream;

/** What may be said of a model, of the steps and of the bounds. */
final class CompressionTable {
    private static final String STEPS = "spec.steps";
    private static final String PRUNE = "spec.steps[0].prune";
    private static final String TUNE = "spec.steps[0].prune.fineTune";
    private static final String QUANTIZE = "spec.steps[1].quantize";
    private static final String ACCEPTANCE = "spec.acceptance";
    private static final String LAST =
            "quantize must be the last of steps, and there once: its result is ONNX with weights of 8 bits, on which"
                    + " no other step works";
    private static final String ONE_MODEL = "model.from needs exactly one of: uri, trainingJobRef, compressionJobRef";
    private static final String OWN_FOLDER =
            "output.storage.uri is the folder of model.from, which the result would replace: choose another output";
    private static final String SHARE = "must be a decimal from 0 to 1, such as \"0.01\" for one point";
    private static final String FACTOR = "must be a decimal of at least 1 and less than 10000, such as \"3.9\"";
    private static final String RATIO = "must be a decimal above 0 and less than 100, such as \"0.5\" for half";

    private CompressionTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(names(), model(), data(), steps(), prune(), fineTune(), quantize(), acceptance())
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> names() {
        return Stream.of(
                refused(
                        "metadata.name",
                        "1a",
                        "metadata.name must begin with a letter and have only letters, digits and -"
                                + ": the host names of the workers are made from it"),
                refused(
                        "metadata.name",
                        "x".repeat(41),
                        "metadata.name must have at most 40 characters: the host names of the workers are made from it,"
                                + " and those have at most 63"),
                refused("spec", null, "spec: Required value"),
                refused(
                        "spec.model.from",
                        "{compressionJobRef: {name: other}}",
                        "spec.model.from.compressionJobRef.name",
                        "model.from.compressionJobRef must name another CompressionJob: a job cannot go on from its own"
                                + " artifact"));
    }

    private static Stream<Refused> model() {
        return Stream.of(
                        models(),
                        Places.refusals("spec.model.from"),
                        Places.refusals("spec.model.jar"),
                        Places.name("spec.model.from.trainingJobRef.name"),
                        Places.name("spec.model.from.compressionJobRef.name"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> models() {
        return Stream.of(
                absent("spec.model"),
                absent("spec.model.from"),
                refused("spec.model.from", "{}", ONE_MODEL),
                refused("spec.model.from", "{uri: 'pvc://a', trainingJobRef: {name: a}}", ONE_MODEL),
                refused("spec.model.from", "{compressionJobRef: {name: a}, trainingJobRef: {name: a}}", ONE_MODEL),
                refused("spec.model.from", "{uri: 'pvc://models/mnist-int8'}", "spec.output.storage.uri", OWN_FOLDER),
                refused(
                        "spec.model",
                        "{from: {uri: 'pvc://models/resnet.onnx'}}",
                        "spec.steps",
                        "prune in steps needs a network of DL4J's, which says what its layers are and can be trained on, and"
                                + " model.from.uri is an ONNX file: leave quantize alone, or name the folder of an artifact"),
                refused(
                        "spec.model.from",
                        "{uri: 'pvc://models/resnet.onnx'}",
                        "spec.model.jar",
                        "model.jar has layers of DL4J's, and model.from.uri is an ONNX file, which has none: remove jar, or"
                                + " name the folder of an artifact"));
    }

    private static Stream<Refused> data() {
        return Stream.of(
                refused(
                        "spec.data.test",
                        null,
                        "spec.acceptance.maxDrop",
                        "acceptance.maxDrop is measured on data.test: set data.test, or remove maxDrop"),
                refused(
                        "spec.data.train",
                        null,
                        "quantize in steps calibrates on data.train: set data.train, or remove the step",
                        "prune.fineTune in steps trains on data.train: set data.train, or remove fineTune"),
                refused(
                        "spec.data",
                        "{checkFirst: true}",
                        "data.checkFirst reads the samples of data: set data.train or data.test, or remove checkFirst"));
    }

    private static Stream<Refused> steps() {
        return Stream.of(
                absent(STEPS),
                refused(STEPS, "[]", STEPS + " in body should have at least 1 items"),
                tooMany(STEPS, 16, items(17, "{prune: {sparsityPercent: 5}}")),
                refused(STEPS + "[0]", "{}", "each of steps needs exactly one of: prune, quantize"),
                refused(
                        STEPS + "[0]",
                        "{prune: {sparsityPercent: 5}, quantize: {}}",
                        "each of steps needs exactly one of: prune, quantize"),
                refused(STEPS, "[{quantize: {}}, {prune: {sparsityPercent: 5}}]", LAST),
                refused(STEPS, "[{quantize: {}}, {quantize: {}}]", LAST),
                refused(
                        STEPS,
                        "[{quantize: {}}]",
                        "spec.workers.replicas",
                        "workers.replicas must be 1 if none of steps has a fineTune: that alone is shared among workers,"
                                + " and more would hold their places for nothing"));
    }

    private static Stream<Refused> prune() {
        return Stream.of(
                        Stream.of(
                                unknown(PRUNE + ".granularity", "Channel", "TwoOfFour", "Unit", "Weight"),
                                unknown(PRUNE + ".method", "L0", "L1", "L2"),
                                unknown(PRUNE + ".scope", "Model", "Global", "Layer"),
                                refused(
                                        PRUNE + ".sparsityPercent",
                                        null,
                                        "prune needs sparsityPercent, such as sparsityPercent: 50: how much of the model"
                                                + " goes"),
                                refused(
                                        PRUNE,
                                        "{granularity: TwoOfFour, sparsityPercent: 50}",
                                        PRUNE + ".sparsityPercent",
                                        "prune.sparsityPercent is no choice with granularity: TwoOfFour, which takes"
                                                + " half: remove sparsityPercent"),
                                refused(
                                        PRUNE,
                                        "{granularity: TwoOfFour, scope: Global}",
                                        PRUNE + ".scope",
                                        "prune.scope is no choice with granularity: TwoOfFour, which looks at four"
                                                + " weights at a time: remove scope"),
                                tooMany(PRUNE + ".exclude", 64, items(65, "layer%d")),
                                empty(PRUNE + ".exclude[0]"),
                                tooLong(PRUNE + ".exclude[0]", 256)),
                        between(PRUNE + ".sparsityPercent", "1", "99"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> fineTune() {
        return Stream.of(
                        Stream.of(
                                absent(TUNE + ".epochs"),
                                absent(TUNE + ".batchSize"),
                                refused(
                                        TUNE + ".batchSize",
                                        "3",
                                        "batchSize of every fineTune in steps must be at least workers.replicas: each"
                                                + " worker needs a sample in every step"),
                                refused(
                                        TUNE + ".optimizer",
                                        null,
                                        "fineTune.learningRateSchedule changes the learning rate of fineTune.optimizer:"
                                                + " set an optimizer, or remove learningRateSchedule"),
                                refused(
                                        TUNE + ".validationSplit",
                                        null,
                                        "fineTune.earlyStopping measures on fineTune.validationSplit: set"
                                                + " validationSplit, such as 0.1, or remove earlyStopping")),
                        between(TUNE + ".epochs", "1", "100000"),
                        between(TUNE + ".batchSize", "1", "1048576"),
                        between(TUNE + ".seed", "-" + Refused.SAFE, Refused.SAFE),
                        within(TUNE + ".validationSplit", "0", "1"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> quantize() {
        var calibration = QUANTIZE + ".calibration";
        return Stream.of(
                        Stream.of(
                                unknown(QUANTIZE + ".activations.scheme", "Affine", "Asymmetric", "Symmetric"),
                                unknown(QUANTIZE + ".weights.scheme", "Affine", "Asymmetric", "Symmetric"),
                                unknown(QUANTIZE + ".weights.granularity", "Group", "Channel", "Tensor"),
                                unknown(QUANTIZE + ".weights.range", "Half", "Auto", "Full", "Reduced"),
                                refused(
                                        QUANTIZE + ".weights",
                                        "{scheme: Asymmetric}",
                                        "weights with scheme: Asymmetric need granularity: Tensor, for a convolution"
                                                + " takes one zero point for all channels: set that, or scheme:"
                                                + " Symmetric"),
                                unknown(calibration + ".method", "MSE", "Entropy", "MinMax", "Percentile"),
                                refused(
                                        calibration,
                                        "{method: Entropy, percentile: 99}",
                                        calibration + ".percentile",
                                        "calibration.percentile is for method: Percentile: set that method, or remove"
                                                + " percentile"),
                                refused(calibration + ".percentile", "50", "should be greater than 50"),
                                refused(calibration + ".percentile", "100.5", "should be less than or equal to 100"),
                                tooMany(QUANTIZE + ".exclude", 64, items(65, "layer%d")),
                                empty(QUANTIZE + ".exclude[0]"),
                                tooLong(QUANTIZE + ".exclude[0]", 256),
                                tooLong(QUANTIZE + ".maxDrop", 16),
                                refused(QUANTIZE + ".maxDrop", "1%", "maxDrop " + SHARE)),
                        between(calibration + ".samples", "1", "100000"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> acceptance() {
        var bounds = List.of("maxDrop", "minCompressionRatio", "maxLatencyRatio");
        return Stream.of(
                        Stream.of(
                                refused(
                                        ACCEPTANCE,
                                        "{}",
                                        "acceptance needs at least one of: maxDrop, minCompressionRatio,"
                                                + " maxLatencyRatio; or remove acceptance, and every result is"
                                                + " accepted"),
                                refused(
                                        ACCEPTANCE,
                                        "{metric: accuracy, maxLatencyRatio: '0.5'}",
                                        ACCEPTANCE + ".metric",
                                        "acceptance.metric is what maxDrop is about: set maxDrop, such as \"0.01\", or"
                                                + " remove metric"),
                                unknown(ACCEPTANCE + ".metric", "loss", "accuracy")),
                        bounds.stream().map(bound -> tooLong(ACCEPTANCE + "." + bound, 16)),
                        Stream.of("'-0.1'", "'1.01'", "'.5'", "'0.01 '", "'1e-2'", "''", "'NaN'")
                                .map(value -> refused(ACCEPTANCE + ".maxDrop", value, "maxDrop " + SHARE)),
                        Stream.of("'0.9'", "'10000'", "'3.'", "'04'", "'3,9'", "''")
                                .map(value -> refused(
                                        ACCEPTANCE + ".minCompressionRatio", value, "minCompressionRatio " + FACTOR)),
                        Stream.of("'0'", "'0.000'", "'100'", "'-1'", "''")
                                .map(value ->
                                        refused(ACCEPTANCE + ".maxLatencyRatio", value, "maxLatencyRatio " + RATIO)))
                .flatMap(rows -> rows);
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each("spec.model.from", "{uri: 'pvc://models'}", "{compressionJobRef: {name: a.b}}"),
                        each(PRUNE + ".granularity", null, "Weight"),
                        each(PRUNE + ".method", null, "L1"),
                        each(PRUNE + ".scope", null, "Layer"),
                        each(PRUNE + ".sparsityPercent", "1", "99"),
                        each(PRUNE + ".exclude", null, "[]", items(64, "layer%d")),
                        each(TUNE + ".seed", null, "-1"),
                        each(QUANTIZE, "{}"),
                        each(
                                QUANTIZE + ".weights",
                                "{}",
                                "{granularity: Tensor}",
                                "{scheme: Asymmetric, granularity: Tensor}"),
                        each(QUANTIZE + ".calibration", "{}", "{method: Percentile}", "{method: Entropy, samples: 1}"),
                        each(QUANTIZE + ".maxDrop", null, "'0'", "'1'", "'1.0'", "'0.000000001'"),
                        each(
                                ACCEPTANCE,
                                null,
                                "{maxDrop: '0'}",
                                "{minCompressionRatio: '1'}",
                                "{maxLatencyRatio: '0.01'}"),
                        each(ACCEPTANCE + ".minCompressionRatio", "'9999.999'", "'4'"),
                        each(ACCEPTANCE + ".maxLatencyRatio", "'1'", "'99.9'"),
                        each("status.compression", null, "{}", "{bounds: []}"))
                .flatMap(rows -> rows);
    }
}
