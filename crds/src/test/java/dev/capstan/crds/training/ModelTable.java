package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Accepted.accepted;
import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.empty;
import static dev.capstan.crds.validation.Refused.positive;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.share;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.tooMany;
import static dev.capstan.crds.validation.Refused.unknown;
import static dev.capstan.crds.validation.Refused.within;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Places;
import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said of the model. */
final class ModelTable {
    private static final String MODEL = "spec.model";
    private static final String LAYERS = "spec.model.layers";
    private static final String ONE_OF_MODELS = "model needs exactly one of: layers, dl4j, from, torchScript";
    private static final String ONE_OF_LAYERS =
            "a layer needs exactly one of: dense, convolution, conv1d, pooling, globalPooling, batchNormalization,"
                    + " layerNormalization, dropout, embedding, positions, attention, lstm, residual, output";
    private static final String OUTPUT = "{output: {units: 10, activation: softmax, loss: mcxent}}";
    private static final String KEY = "key must be a key of a ConfigMap, such as lenet.json: letters, digits and - _ .";
    static final String[] ACTIVATIONS = {
        "elu",
        "gelu",
        "identity",
        "leakyrelu",
        "relu",
        "selu",
        "sigmoid",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh"
    };

    private ModelTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(
                        choices(),
                        listOfLayers(),
                        dense(),
                        images(),
                        sequences(),
                        encoders(),
                        blocks(),
                        regularization(),
                        output(),
                        own())
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> choices() {
        return Stream.of(
                absent(MODEL),
                refused(MODEL, "{}", ONE_OF_MODELS),
                refused(MODEL, "{layers: [%s], from: {uri: 'pvc://models/base'}}".formatted(OUTPUT), ONE_OF_MODELS),
                refused(MODEL, "{keras: {}}", "unknown field \"spec.model.keras\""),
                refused(
                        MODEL,
                        "{layers: [%s], jar: {uri: 'pvc://jars/a.jar'}}".formatted(OUTPUT),
                        MODEL + ".jar",
                        "model.jar has layers of your own, which model.layers cannot name: remove jar, or describe the"
                                + " model with dl4j or from"),
                refused(
                        MODEL,
                        "{layers: [%s], torchScript: {uri: 'pvc://models/a.pt'}}".formatted(OUTPUT),
                        ONE_OF_MODELS),
                refused(
                        MODEL,
                        "{torchScript: {uri: 'pvc://models/a.pt'}, jar: {uri: 'pvc://jars/a.jar'}}",
                        MODEL + ".jar",
                        "model.jar has layers of DL4J, for which a TorchScript module has no use: remove jar"),
                refused(
                        "spec",
                        job("{torchScript: {uri: 'pvc://models/a.pt'}}").replace("optimizer: {adam: {}}", ""),
                        "spec.training.optimizer",
                        "training.optimizer is required with model.torchScript: set one, such as optimizer: {adam: {}}"),
                refused(
                        "spec",
                        job("{torchScript: {uri: 'pvc://models/a.pt'}}")
                                .replace("optimizer: {adam: {}}", "optimizer: {adam: {}}, engine: Deeplearning4j"),
                        "spec.training.engine",
                        "Deeplearning4j doesn't compute model.torchScript: set training.engine to Auto or LibTorch"));
    }

    private static Stream<Refused> listOfLayers() {
        var onlyTheFirst = "only the first of model.layers may be an embedding: it reads the words themselves, so move"
                + " it there, or remove it";
        return Stream.of(
                refused(LAYERS, "[]", LAYERS + " in body should have at least 1 items"),
                tooMany(LAYERS, 64, "[" + "{dense: {units: 1, activation: relu}},".repeat(64) + OUTPUT + "]"),
                refused(
                        LAYERS,
                        "[{dense: {units: 1, activation: relu}}]",
                        LAYERS,
                        "the last of model.layers must be an output layer, such as output:"
                                + " {units: 10, activation: softmax, loss: mcxent}"),
                refused(
                        LAYERS,
                        "[%1$s, %1$s]".formatted(OUTPUT),
                        LAYERS,
                        "only the last of model.layers may be an output layer: make the others dense"),
                refused(
                        LAYERS,
                        "[{dense: {units: 1, activation: relu}}, {embedding: {units: 2}}, %s]".formatted(OUTPUT),
                        LAYERS,
                        onlyTheFirst),
                refused(
                        LAYERS,
                        "[{embedding: {units: 2}}, {embedding: {units: 2}}, %s]".formatted(OUTPUT),
                        onlyTheFirst),
                refused(LAYERS + "[0]", "{}", LAYERS + "[0]", ONE_OF_LAYERS),
                refused(
                        LAYERS + "[1]",
                        "{dense: {units: 1, activation: relu}, output: {units: 2, activation: softmax, loss: mse}}",
                        LAYERS + "[1]",
                        ONE_OF_LAYERS),
                refused(LAYERS + "[0]", "{conv: {}}", "unknown field \"spec.model.layers[0].conv\""));
    }

    private static Stream<Refused> dense() {
        var dense = LAYERS + "[0].dense";
        return Stream.of(
                        Stream.of(
                                absent(dense + ".units"),
                                absent(dense + ".activation"),
                                unknown(dense + ".activation", "rrelu", ACTIVATIONS)),
                        between(dense + ".units", "1", "65536"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> images() {
        var convolution = LAYERS + "[0].convolution";
        var pooling = LAYERS + "[1].pooling";
        var globalPooling = LAYERS + "[3].globalPooling";
        var needImages = "convolution and pooling in model.layers need images: set data.train.format: images or idx,"
                + " or remove them";
        return Stream.of(
                        Stream.of(
                                absent(convolution + ".filters"),
                                absent(convolution + ".kernelSize"),
                                absent(convolution + ".activation"),
                                unknown(convolution + ".activation", "cube", ACTIVATIONS),
                                unknown(convolution + ".padding", "full", "same", "valid"),
                                absent(pooling + ".type"),
                                unknown(pooling + ".type", "min", "average", "max"),
                                absent(pooling + ".kernelSize"),
                                absent(globalPooling + ".type"),
                                unknown(globalPooling + ".type", "sum", "average", "max"),
                                refused(
                                        LAYERS + "[0]",
                                        "{convolution: {filters: 1, kernelSize: 1, activation: relu}}",
                                        LAYERS,
                                        needImages),
                                refused(LAYERS + "[0]", "{pooling: {type: max, kernelSize: 2}}", needImages),
                                refused(
                                        LAYERS + "[0]",
                                        "{globalPooling: {type: max}}",
                                        LAYERS,
                                        "globalPooling in model.layers needs images or a sequence: set"
                                                + " data.train.format: images or idx, or text with text.encoding:"
                                                + " sequence, or remove it")),
                        between(convolution + ".filters", "1", "65536"),
                        between(convolution + ".kernelSize", "1", "4096"),
                        between(convolution + ".stride", "1", "4096"),
                        between(pooling + ".kernelSize", "1", "4096"),
                        between(pooling + ".stride", "1", "4096"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> sequences() {
        var embedding = LAYERS + "[0].embedding";
        var lstm = LAYERS + "[1].lstm";
        return Stream.of(
                        Stream.of(
                                absent(embedding + ".units"),
                                absent(lstm + ".units"),
                                unknown(lstm + ".activation", "cube", ACTIVATIONS),
                                refused(
                                        LAYERS + "[0]",
                                        "{embedding: {units: 2}}",
                                        LAYERS,
                                        "an embedding in model.layers reads the words of a text: set"
                                                + " data.train.format: text with text.encoding: sequence, or remove"
                                                + " the embedding"),
                                refused(
                                        LAYERS + "[0]",
                                        "{lstm: {units: 2}}",
                                        LAYERS,
                                        "an lstm in model.layers reads a sequence: set data.train.format: text with"
                                                + " text.encoding: sequence, or remove the lstm"),
                                refused(
                                        "spec.data.train.text.encoding",
                                        "bagOfWords",
                                        "an embedding in model.layers reads the words of a text"),
                                refused(
                                        "spec.data.train",
                                        "{uri: 'pvc://reviews', format: text, text: {encoding: sequence}}",
                                        LAYERS,
                                        "with text.encoding: sequence the first of model.layers must be an embedding,"
                                                + " such as embedding: {units: 32}; or set text.encoding:"
                                                + " bagOfWords")),
                        between(embedding + ".units", "1", "65536"),
                        between(lstm + ".units", "1", "65536"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> encoders() {
        var block = LAYERS + "[2].residual.layers";
        var conv1d = LAYERS + "[5].conv1d";
        var readsSequences = "conv1d, positions, attention and lstm in model.layers read a sequence: set"
                + " data.train.format: text with text.encoding: sequence, or remove them";
        var divides =
                "in model.layers the heads of an attention layer share the numbers of a vector equally: take heads that divide the units"
                        + " of the embedding";
        var inBlocks = "a layer of a residual needs exactly one of: dense, convolution, conv1d, batchNormalization,"
                + " layerNormalization, dropout, attention, lstm";
        return Stream.of(
                        Stream.of(
                                absent(block),
                                refused(block, "[]", block + " in body should have at least 1 items"),
                                tooMany(block, 16, "[" + "{attention: {heads: 1}},".repeat(17) + "]"),
                                refused(block + "[0]", "{}", block + "[0]", inBlocks),
                                refused(
                                        block + "[0]",
                                        "{attention: {heads: 1}, dense: {units: 1, activation: relu}}",
                                        inBlocks),
                                refused(
                                        block + "[0]",
                                        "{pooling: {type: max, kernelSize: 2}}",
                                        "unknown field \"" + block + "[0].pooling\""),
                                refused(
                                        LAYERS + "[1].positions",
                                        "{length: 5}",
                                        "unknown field \"" + LAYERS + "[1].positions.length\""),
                                absent(block + "[1].attention.heads"),
                                absent(conv1d + ".filters"),
                                absent(conv1d + ".kernelSize"),
                                refused(
                                        conv1d + ".kernelSize",
                                        "4",
                                        conv1d + ".kernelSize",
                                        "the kernelSize of a conv1d must be odd: a word, and as many before it as behind"
                                                + " it"),
                                refused(
                                        conv1d + ".activation",
                                        "softmax",
                                        conv1d + ".activation",
                                        "a conv1d cannot have activation: softmax; take another one, such as relu"),
                                refused(
                                        LAYERS + "[6].lstm.returnSequences",
                                        null,
                                        LAYERS + "[6].lstm.bidirectional",
                                        "a bidirectional lstm puts out every word's: set returnSequences: true, and put a"
                                                + " globalPooling or another lstm behind it"),
                                refused(
                                        LAYERS + "[0]",
                                        "{conv1d: {filters: 2, kernelSize: 3, activation: relu}}",
                                        LAYERS,
                                        readsSequences),
                                refused(LAYERS + "[0]", "{positions: {}}", LAYERS, readsSequences),
                                refused(LAYERS + "[0]", "{attention: {heads: 1}}", LAYERS, readsSequences),
                                refused(LAYERS, encoder("{attention: {heads: 5}}"), LAYERS, divides),
                                refused(
                                        LAYERS,
                                        encoder("{residual: {layers: [{attention: {heads: 3}}]}}"),
                                        LAYERS,
                                        divides),
                                refused(
                                        LAYERS + "[0]",
                                        "{residual: {layers: [{lstm: {units: 2, returnSequences: true}}]}}",
                                        LAYERS,
                                        readsSequences)),
                        between(LAYERS + "[4].attention.heads", "1", "1024"),
                        between(conv1d + ".filters", "1", "65536"),
                        between(conv1d + ".kernelSize", "1", "4095"),
                        positive(LAYERS + "[3].layerNormalization.epsilon", "1"))
                .flatMap(rows -> rows);
    }

    private static String encoder(String layer) {
        return "[{embedding: {units: 32}}, " + layer + ", {globalPooling: {type: average}},"
                + " {output: {units: 2, activation: softmax, loss: mcxent}}]";
    }

    /** All that holds outside of a block holds within. */
    private static Stream<Refused> blocks() {
        var words = LAYERS + "[2].residual.layers";
        var images = LAYERS + "[1].residual.layers";
        var dense = words + "[2].dense";
        var conv1d = words + "[3].conv1d";
        var lstm = words + "[4].lstm";
        var convolution = images + "[2].convolution";
        return Stream.of(
                        Stream.of(
                                absent(dense + ".units"),
                                absent(dense + ".activation"),
                                unknown(dense + ".activation", "cube", ACTIVATIONS),
                                absent(conv1d + ".filters"),
                                absent(conv1d + ".kernelSize"),
                                absent(conv1d + ".activation"),
                                unknown(conv1d + ".activation", "cube", ACTIVATIONS),
                                refused(
                                        conv1d + ".activation",
                                        "softmax",
                                        "a conv1d cannot have activation: softmax; take another one, such as relu"),
                                refused(
                                        conv1d + ".kernelSize",
                                        "2",
                                        "the kernelSize of a conv1d must be odd: a word, and as many before it as behind it"),
                                absent(lstm + ".units"),
                                unknown(lstm + ".activation", "cube", ACTIVATIONS),
                                refused(
                                        lstm + ".returnSequences",
                                        "false",
                                        "a bidirectional lstm puts out every word's: set returnSequences: true, and put a globalPooling or another lstm behind it"),
                                absent(convolution + ".filters"),
                                absent(convolution + ".kernelSize"),
                                absent(convolution + ".activation"),
                                unknown(convolution + ".activation", "cube", ACTIVATIONS),
                                unknown(convolution + ".padding", "full", "same", "valid"),
                                absent(images + "[1].dropout.rate"),
                                absent(LAYERS + "[4].attention.heads"),
                                absent(LAYERS + "[5].conv1d.activation"),
                                unknown(LAYERS + "[5].conv1d.activation", "cube", ACTIVATIONS)),
                        between(words + "[1].attention.heads", "1", "1024"),
                        positive(words + "[0].layerNormalization.epsilon", "1"),
                        between(dense + ".units", "1", "65536"),
                        between(conv1d + ".filters", "1", "65536"),
                        between(conv1d + ".kernelSize", "1", "4095"),
                        between(lstm + ".units", "1", "65536"),
                        share(images + "[0].batchNormalization.decay"),
                        positive(images + "[0].batchNormalization.epsilon", "1"),
                        within(images + "[1].dropout.rate", "0", "1"),
                        between(convolution + ".filters", "1", "65536"),
                        between(convolution + ".kernelSize", "1", "4096"),
                        between(convolution + ".stride", "1", "4096"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> regularization() {
        var batchNormalization = LAYERS + "[2].batchNormalization";
        var dropout = LAYERS + "[4].dropout";
        return Stream.of(
                        share(batchNormalization + ".decay"),
                        positive(batchNormalization + ".epsilon", "1"),
                        Stream.of(absent(dropout + ".rate")),
                        within(dropout + ".rate", "0", "1"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> output() {
        var output = LAYERS + "[1].output";
        return Stream.of(
                        Stream.of(
                                absent(output + ".units"),
                                absent(output + ".activation"),
                                unknown(output + ".activation", "Softmax", ACTIVATIONS),
                                absent(output + ".loss"),
                                unknown(
                                        output + ".loss",
                                        "xent",
                                        "huber",
                                        "mae",
                                        "mcxent",
                                        "mse",
                                        "negativeloglikelihood"),
                                refused(
                                        output,
                                        "{units: 10, activation: sigmoid, loss: mcxent}",
                                        output + ".activation",
                                        "the losses mcxent and negativeloglikelihood need activation: softmax;"
                                                + " or use loss: mse"),
                                refused(
                                        output,
                                        "{units: 10, activation: identity, loss: negativeloglikelihood}",
                                        "need activation: softmax; or use loss: mse")),
                        numbers(),
                        between(output + ".units", "1", "65536"))
                .flatMap(rows -> rows);
    }

    /** Of a model that predicts numbers, and of one that doesn't. */
    private static Stream<Refused> numbers() {
        var twoClasses = "the output layer in model.layers needs units of at least 2, one for each class; a model that"
                + " predicts one number names it in data.train.csv.targetColumns";
        var losses = "with data.train.csv.targetColumns the output layer in model.layers predicts numbers: it needs"
                + " loss: mse, mae or huber, and another activation than softmax, such as identity";
        return Stream.of(
                refused("spec", job("{layers: [{output: {units: 1, activation: identity, loss: mse}}]}"), twoClasses),
                refused(LAYERS + "[1].output", "{units: 1, activation: identity, loss: mse}", LAYERS, twoClasses),
                refused(
                        "spec",
                        prices("{units: 2, activation: identity, loss: mse}", ""),
                        "the output layer in model.layers needs as many units as data.train.csv.targetColumns has"
                                + " columns"),
                refused("spec", prices("{units: 1, activation: softmax, loss: mse}", ""), losses),
                refused("spec", prices("{units: 1, activation: softmax, loss: mcxent}", ""), losses),
                refused(
                        "spec",
                        prices("{units: 1, activation: relu, loss: mse}", "")
                                .replace("[price]", "[price], standardize: true"),
                        "with data.train.csv.standardize the targetColumns are standardized, too, so the output layer in"
                                + " model.layers needs activation: identity; set that, or remove standardize"),
                refused(
                        "spec",
                        prices(
                                "{units: 1, activation: identity, loss: mae}",
                                ", validationSplit: 0.1, earlyStopping: {metric: accuracy}"),
                        "training.earlyStopping.metric must be loss with data.train.csv.targetColumns: numbers have no"
                                + " accuracy"));
    }

    private static String prices(String output, String training) {
        return ("{model: {layers: [{output: %s}]}, data: {train: {uri: 'pvc://a', format: csv, csv: {targetColumns:"
                        + " [price]}}}, training: {epochs: 1, batchSize: 1, optimizer: {adam: {}}%s}, output: {storage:"
                        + " {uri: 'pvc://b'}}}")
                .formatted(output, training);
    }

    private static Stream<Refused> own() {
        var reference = MODEL + ".dl4j.configMapKeyRef";
        var from = MODEL + ".from";
        var job = from + ".trainingJobRef";
        var oneOf = "model.from needs exactly one of: uri, trainingJobRef";
        return Stream.of(
                        Stream.of(
                                absent(reference),
                                absent(reference + ".key"),
                                empty(reference + ".key"),
                                tooLong(reference + ".key", 253),
                                refused(reference + ".key", "a/b", reference + ".key", KEY),
                                refused(from, "{}", from, oneOf),
                                refused(from, "{uri: 'pvc://models/a', trainingJobRef: {name: a}}", oneOf),
                                refused(
                                        job + ".name",
                                        "other",
                                        job + ".name",
                                        "model.from.trainingJobRef must name another TrainingJob: a job cannot go on"
                                                + " from its own artifact")),
                        Places.name(reference + ".name"),
                        Places.refusals(from),
                        Places.name(job + ".name"),
                        Stream.of(absent(MODEL + ".jar.uri")),
                        Places.refusals(MODEL + ".jar"),
                        Stream.of(absent(MODEL + ".torchScript.uri")),
                        Places.refusals(MODEL + ".torchScript"))
                .flatMap(rows -> rows);
    }

    static Stream<Accepted> acceptances() {
        var dense = LAYERS + "[0].dense.activation";
        return Stream.of(
                        each(
                                LAYERS,
                                "[{output: {units: 10, activation: softmax, loss: mcxent}}]",
                                "[" + "{dense: {units: 65536, activation: relu}},".repeat(63) + OUTPUT + "]",
                                "[{batchNormalization: {}}, {dropout: {rate: 0.001}}, %s]".formatted(OUTPUT)),
                        each(
                                "spec",
                                prices("{units: 1, activation: relu, loss: mse}", ""),
                                prices(
                                        "{units: 1, activation: identity, loss: mae}",
                                        ", earlyStopping: {}, validationSplit: 0.1"),
                                job("{layers: [{output: {units: 2, activation: identity, loss: huber}}]}"),
                                job("{layers: [{output: {units: 2, activation: identity, loss: mse}}]}"),
                                job("{layers: [{output: {units: 65536, activation: softmax, loss:"
                                        + " negativeloglikelihood}}]}"),
                                job("{layers: [{convolution: {filters: 65536, kernelSize: 4096, activation: relu}},"
                                        + " {pooling: {type: average, kernelSize: 1}}, {globalPooling: {type: max}},"
                                        + " {output: {units: 2, activation: softmax, loss: mse}}]}"),
                                job("{dl4j: {configMapKeyRef: {name: a.b, key: _.-A}}}"),
                                job("{from: {uri: 'pvc://models/base'}, jar: {uri: 'pvc://jars/layers.jar'}}"),
                                job("{torchScript: {uri: 'pvc://models/module.pt'}}"),
                                job("{from: {trainingJobRef: {name: base}}}")),
                        each(
                                LAYERS + "[0].convolution",
                                "{filters: 1, kernelSize: 1, stride: 4096, padding: valid, activation: identity}"),
                        each(LAYERS + "[2].batchNormalization", "{decay: 0, epsilon: 1}", "{decay: 0.999999}"),
                        each(LAYERS + "[3].layerNormalization", "{}", "{epsilon: 1}"),
                        each(
                                LAYERS + "[5].conv1d",
                                "{filters: 1, kernelSize: 1, activation: identity}",
                                "{filters: 65536, kernelSize: 4095, activation: gelu}"),
                        each(
                                LAYERS + "[1].lstm",
                                "{units: 1}",
                                "{units: 65536, activation: sigmoid, returnSequences: true}"),
                        // What comes between an embedding and the output is for the worker to check.
                        Stream.of(accepted(LAYERS + "[1].lstm", "{units: 1, returnSequences: true}")),
                        each(dense, ACTIVATIONS))
                .flatMap(rows -> rows);
    }

    private static String job(String model) {
        return "{model: %s, data: {train: {uri: 'pvc://a', format: idx}}, training: {epochs: 1, batchSize: 1, optimizer: {adam: {}}}, output: {storage: {uri: 'pvc://b'}}}"
                .formatted(model);
    }
}
