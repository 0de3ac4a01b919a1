package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.SAFE;
import static dev.capstan.crds.validation.Refused.above;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.below;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.positive;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.share;
import static dev.capstan.crds.validation.Refused.tooMany;
import static dev.capstan.crds.validation.Refused.unknown;
import static dev.capstan.crds.validation.Refused.within;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said of the training. */
final class TrainingTable {
    private static final String TRAINING = "spec.training";
    private static final String OPTIMIZER = "spec.training.optimizer";
    private static final String SCHEDULE = "spec.training.learningRateSchedule";
    private static final String CLIPPING = "spec.training.gradientClipping";
    private static final String STOPPING = "spec.training.earlyStopping";
    private static final String WEIGHTS = "spec.training.classWeights";

    private TrainingTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(numbers(), optimizers(), schedules(), regularization(), stopping(), weights())
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> numbers() {
        return Stream.of(
                        Stream.of(
                                absent(TRAINING),
                                absent(TRAINING + ".epochs"),
                                absent(TRAINING + ".batchSize"),
                                refused(
                                        TRAINING + ".batchSize",
                                        "3",
                                        TRAINING + ".batchSize",
                                        "training.batchSize must be at least workers.replicas: each worker needs a"
                                                + " sample in every step")),
                        Stream.of(unknown(TRAINING + ".engine", "PyTorch", "Auto", "Deeplearning4j", "LibTorch")),
                        between(TRAINING + ".epochs", "1", "100000"),
                        between(TRAINING + ".batchSize", "1", "1048576"),
                        Stream.of(refused(
                                TRAINING + ".accumulateSteps",
                                "33",
                                TRAINING + ".accumulateSteps",
                                "training.accumulateSteps is in how many parts a batch of training.batchSize samples is"
                                        + " computed: it must be at most batchSize")),
                        between(TRAINING + ".accumulateSteps", "1", "1048576"),
                        between(TRAINING + ".seed", "-" + SAFE, SAFE))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> optimizers() {
        var oneOf = "optimizer needs exactly one of: sgd, nesterov, adam, adamW, rmsProp, adaGrad";
        return Stream.of(
                        Stream.of(
                                refused(
                                        OPTIMIZER,
                                        null,
                                        OPTIMIZER,
                                        "training.optimizer is required with model.layers: set one, such as optimizer:"
                                                + " {adam: {}}"),
                                refused(OPTIMIZER, "{}", OPTIMIZER, oneOf),
                                refused(OPTIMIZER, "{adam: {}, sgd: {learningRate: 0.1}}", oneOf),
                                refused(OPTIMIZER, "{adam: {}, adamW: {}}", oneOf),
                                refused(
                                        OPTIMIZER,
                                        "{rmsprop: {}}",
                                        "unknown field \"spec.training.optimizer.rmsprop\""),
                                absent(OPTIMIZER + ".sgd.learningRate"),
                                absent(OPTIMIZER + ".nesterov.learningRate"),
                                below(OPTIMIZER + ".adamW.weightDecay", "-0.1", "0"),
                                above(OPTIMIZER + ".adamW.weightDecay", "1.1", "1")),
                        Stream.of("sgd", "nesterov", "adam", "adamW", "rmsProp", "adaGrad")
                                .flatMap(name -> positive(OPTIMIZER + "." + name + ".learningRate", "1000")),
                        Stream.of("adam", "adamW", "rmsProp", "adaGrad")
                                .flatMap(name -> positive(OPTIMIZER + "." + name + ".epsilon", "1")),
                        Stream.of(
                                        "nesterov.momentum",
                                        "adam.beta1",
                                        "adam.beta2",
                                        "adamW.beta1",
                                        "adamW.beta2",
                                        "rmsProp.decay")
                                .flatMap(name -> share(OPTIMIZER + "." + name)))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> schedules() {
        return Stream.of(
                        Stream.of(
                                refused(
                                        SCHEDULE,
                                        "{exponential: {factor: 0.9}, polynomial: {}}",
                                        SCHEDULE,
                                        "learningRateSchedule takes at most one of: step, exponential, polynomial"),
                                refused(
                                        SCHEDULE,
                                        "{}",
                                        SCHEDULE,
                                        "learningRateSchedule needs one of step, exponential, polynomial, or"
                                                + " warmupSteps: set one, or remove learningRateSchedule"),
                                refused(
                                        TRAINING,
                                        "{epochs: 1, batchSize: 4, learningRateSchedule: {warmupSteps: 1}}",
                                        SCHEDULE,
                                        "training.learningRateSchedule changes the learning rate of"
                                                + " training.optimizer: set an optimizer, or remove"
                                                + " learningRateSchedule"),
                                absent(SCHEDULE + ".step.everyEpochs"),
                                absent(SCHEDULE + ".step.factor"),
                                absent(SCHEDULE + ".exponential.factor")),
                        between(SCHEDULE + ".step.everyEpochs", "1", "100000"),
                        positive(SCHEDULE + ".step.factor", "1"),
                        positive(SCHEDULE + ".exponential.factor", "1"),
                        positive(SCHEDULE + ".polynomial.power", "100"),
                        between(SCHEDULE + ".warmupSteps", "0", "1000000000"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> regularization() {
        var oneOf = "gradientClipping needs exactly one of: maxNorm, maxValue";
        var own = "{model: {from: {uri: 'pvc://models/base'}}, data: {train: {uri: 'pvc://a', format: idx}},"
                + " training: {epochs: 1, batchSize: 1, %s}, output: {storage: {uri: 'pvc://b'}}}";
        return Stream.of(
                        Stream.of("l1: 0.1", "l2: 0.1", "classWeights: {balanced: true}")
                                .map(field -> {
                                    var name = field.substring(0, field.indexOf(':'));
                                    return refused(
                                            "spec",
                                            own.formatted(field),
                                            TRAINING + "." + name,
                                            "training.%1$s works with model.layers and model.torchScript only: remove %1$s, or say it in the model's own configuration"
                                                    .formatted(name));
                                }),
                        Stream.of(
                                below(TRAINING + ".l1", "-0.1", "0"),
                                above(TRAINING + ".l1", "1000.1", "1000"),
                                below(TRAINING + ".l2", "-0.1", "0"),
                                above(TRAINING + ".l2", "1000.1", "1000"),
                                refused(CLIPPING, "{}", CLIPPING, oneOf),
                                refused(CLIPPING, "{maxNorm: 1, maxValue: 1}", oneOf)),
                        positive(CLIPPING + ".maxNorm", "100000"),
                        positive(CLIPPING + ".maxValue", "100000"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> stopping() {
        return Stream.of(
                        within(TRAINING + ".validationSplit", "0", "1"),
                        Stream.of(
                                refused(
                                        TRAINING + ".validationSplit",
                                        null,
                                        STOPPING,
                                        "training.earlyStopping measures on training.validationSplit: set"
                                                + " validationSplit, such as 0.1, or remove earlyStopping"),
                                unknown(STOPPING + ".metric", "f1", "accuracy", "loss"),
                                below(STOPPING + ".minDelta", "-0.1", "0"),
                                above(STOPPING + ".minDelta", "100000.1", "100000")),
                        between(STOPPING + ".patience", "1", "100000"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> weights() {
        var values = WEIGHTS + ".values";
        var oneOf = "classWeights needs exactly one of: balanced: true, values";
        var aFactorForEach = "training.classWeights.values must have a factor for each class: as many as the output"
                + " layer has units";
        return Stream.concat(
                Stream.of(
                        refused(WEIGHTS, "{}", WEIGHTS, oneOf),
                        refused(WEIGHTS, "{balanced: false}", oneOf),
                        refused(WEIGHTS, "{balanced: true, values: %s}".formatted(items(10, "1")), oneOf),
                        refused(values, "[]", values + " in body should have at least 1 items"),
                        tooMany(values, 1024, items(1025, "1")),
                        refused(values, items(9, "1"), values, aFactorForEach),
                        refused(values, items(11, "1"), aFactorForEach),
                        refused(
                                "spec.model.layers[1].output.loss",
                                "mse",
                                WEIGHTS,
                                "training.classWeights works with loss: mcxent only: set that loss in the output"
                                        + " layer, or remove classWeights"),
                        refused(
                                "spec.model.layers[1].output.loss",
                                "negativeloglikelihood",
                                "training.classWeights works with loss: mcxent only")),
                positive(values + "[0]", "100000"));
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each(TRAINING + ".epochs", "100000", "1"),
                        each(TRAINING + ".batchSize", "1048576", "4"),
                        each(TRAINING + ".seed", SAFE, "-" + SAFE),
                        each(
                                OPTIMIZER,
                                "{sgd: {learningRate: 1000}}",
                                "{nesterov: {learningRate: 0.1}}",
                                "{nesterov: {learningRate: 1.0e-9, momentum: 0}}",
                                "{adam: {}}",
                                "{adam: {beta1: 0, beta2: 0.9999999, epsilon: 1}}",
                                "{adamW: {}}",
                                "{adamW: {weightDecay: 0}}",
                                "{adamW: {weightDecay: 1}}",
                                "{rmsProp: {}}",
                                "{adaGrad: {}}"),
                        each(
                                SCHEDULE,
                                null,
                                "{warmupSteps: 0}",
                                "{warmupSteps: 1000000000, polynomial: {}}",
                                "{step: {everyEpochs: 100000, factor: 1}}",
                                "{exponential: {factor: 1}}",
                                "{polynomial: {power: 100}}"),
                        each(TRAINING + ".l1", null, "0", "1000"),
                        each(TRAINING + ".l2", null, "0", "1000"),
                        each(CLIPPING, null, "{maxNorm: 100000}", "{maxValue: 1.0e-9}"),
                        each(TRAINING + ".validationSplit", "0.001", "0.999"),
                        each(STOPPING, null, "{}", "{metric: loss}", "{minDelta: 0, patience: 1}"),
                        each(
                                WEIGHTS,
                                null,
                                "{balanced: true}",
                                "{balanced: false, values: %s}".formatted(items(10, "0.1"))),
                        // A model's own optimizer, schedule and layers.
                        each(
                                "spec",
                                "{model: {from: {trainingJobRef: {name: base}}}, data: {train: {uri: 'pvc://a', format: text, text: {encoding: sequence}}}, training: {epochs: 1, batchSize: 1}, output: {storage: {uri: 'pvc://b'}}}",
                                "{model: {dl4j: {configMapKeyRef: {name: a, key: b}}}, data: {train: {uri: 'pvc://a', format: idx}}, training: {epochs: 1, batchSize: 1, gradientClipping: {maxNorm: 1}, validationSplit: 0.5, earlyStopping: {}}, output: {storage: {uri: 'pvc://b'}}}"))
                .flatMap(rows -> rows);
    }
}
