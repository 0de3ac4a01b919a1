package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a real API server accepts of a TrainingJob, and in which words it refuses the rest. */
class ValidationTest {
    private static final String FIXED =
            " cannot be changed after creation: delete the TrainingJob and apply it again, or apply it under a new name";
    private static final String URI_SHAPE =
            "uri must be pvc://CLAIM/PATH, such as pvc://datasets/mnist/train: the name of a PersistentVolumeClaim,"
                    + " then a path of letters, digits and . _ @ = + , ~ - that does not end in a slash";
    private static final String URI_INSIDE =
            "uri must not have . or .. in its path: write the path from the root of the volume";
    private static final String AMOUNT = "an amount must be a quantity of 0 or more, such as 4, 500m or 16Gi";
    private static final String SAFE = "9007199254740991";

    private static ApiServer api;
    private static String namespace;
    private static ObjectNode existing;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        namespace = api.newNamespace("validation");
        existing = (ObjectNode) Jobs.read(api.client().raw(url(""), "POST", Jobs.full()));
    }

    /** A job that differs from a valid one in one field, and sentences that the refusal has to have. */
    record Refused(String path, String value, List<String> sentences) {
        @Override
        public String toString() {
            return path + ": " + (value == null ? "absent" : value);
        }
    }

    private static Refused refused(String path, String value, String... sentences) {
        return new Refused(path, value, List.of(sentences));
    }

    private static Refused absent(String path) {
        return refused(path, null, path + ": Required value");
    }

    private static Refused below(String path, String value, String least) {
        return refused(path, value, inBody(path) + " in body should be greater than or equal to " + least);
    }

    private static Refused above(String path, String value, String most) {
        return refused(path, value, inBody(path) + " in body should be less than or equal to " + most);
    }

    /** In messages of the status subresource the server begins fields' names below the status. */
    private static String inBody(String path) {
        return path.replaceFirst("^status\\.?", "");
    }

    private static Refused unknown(String path, String value, String... supported) {
        return refused(
                path,
                value,
                path + ": Unsupported value: \"" + value + "\": supported values: \"" + String.join("\", \"", supported)
                        + "\"");
    }

    private static Refused tooLong(String path, int most) {
        return refused(path, "x".repeat(most + 1), path + ": Too long: may not be more than " + most + " bytes");
    }

    private static Stream<Refused> between(String path, String least, String most) {
        var tooLow = Long.parseLong(least) - 1;
        var tooHigh = Long.parseLong(most) + 1;
        return Stream.of(below(path, "" + tooLow, least), above(path, "" + tooHigh, most));
    }

    private static Stream<Refused> dataset(String path) {
        return Stream.of(
                        Stream.of(
                                absent(path + ".uri"),
                                refused(path + ".uri", "''", path + ".uri in body should be at least 1 chars long"),
                                refused(path + ".uri", "pvc://" + "x".repeat(507), path + ".uri: Too long"),
                                refused(path + ".uri", "s3://bucket/train", path + ".uri", URI_SHAPE),
                                refused(path + ".uri", "/var/data", path + ".uri", URI_SHAPE),
                                refused(path + ".uri", "pvc://Datasets/train", URI_SHAPE),
                                refused(path + ".uri", "pvc://datasets/", URI_SHAPE),
                                refused(path + ".uri", "pvc://datasets//train", URI_SHAPE),
                                refused(path + ".uri", "pvc://datasets/a b", URI_SHAPE),
                                refused(path + ".uri", "\"pvc://datasets/a\\n\"", URI_SHAPE),
                                refused(path + ".uri", "pvc://datasets/../secrets", path + ".uri", URI_INSIDE),
                                refused(path + ".uri", "pvc://datasets/train/..", URI_INSIDE),
                                refused(path + ".uri", "pvc://datasets/./train", URI_INSIDE),
                                absent(path + ".format"),
                                unknown(path + ".format", "parquet", "csv", "idx"),
                                refused(
                                        path + ".format",
                                        "idx",
                                        path + ".csv",
                                        "csv has options for format csv only: remove csv, or set format: csv")),
                        between(path + ".csv.labelColumn", "-65536", "65535"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> learningRate(String path) {
        return Stream.of(
                refused(path, "0", inBody(path) + " in body should be greater than 0"),
                refused(path, "-0.1", inBody(path) + " in body should be greater than 0"),
                above(path, "1001", "1000"));
    }

    private static Stream<Refused> share(String path) {
        return Stream.of(below(path, "-0.1", "0"), refused(path, "1", inBody(path) + " in body should be less than 1"));
    }

    private static Stream<Refused> amounts(String map) {
        var path = map + ".cpu";
        return Stream.of(
                refused(path, "-1", path, "should be greater than or equal to 0"),
                refused(path, "9007199254740992", path, "should be less than or equal to " + SAFE),
                refused(path, "'-1'", map + "[cpu]", AMOUNT),
                refused(path, "much", map + "[cpu]", AMOUNT),
                refused(path, "1 Gi", map + "[cpu]", AMOUNT),
                refused(path, "4GB", map + "[cpu]", AMOUNT),
                refused(path, "'" + "1".repeat(65) + "'", path, "Too long: may not be more than 64 bytes"));
    }

    private static final String[] ACTIVATIONS = {
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

    static Stream<Refused> spec() {
        var layers = "spec.model.layers";
        var dense = layers + "[0].dense";
        var output = layers + "[1].output";
        var optimizer = "spec.training.optimizer";
        var workers = "spec.workers";
        var toleration = workers + ".tolerations[0]";
        return Stream.of(
                        Stream.of(
                                absent("spec"),
                                absent("spec.model"),
                                absent("spec.data"),
                                absent("spec.training"),
                                absent("spec.output"),
                                refused("spec.model", "{}", "model needs exactly one of: layers"),
                                refused("spec.model", "{dl4j: {}}", "unknown field \"spec.model.dl4j\""),
                                refused(layers, "[]", layers + " in body should have at least 1 items"),
                                refused(
                                        layers,
                                        "[" + "{dense: {units: 1, activation: relu}},".repeat(64)
                                                + "{output: {units: 2, activation: softmax, loss: mse}}]",
                                        layers + ": Too many: 65: must have at most 64 items"),
                                refused(
                                        layers,
                                        "[{dense: {units: 1, activation: relu}}]",
                                        layers,
                                        "the last of model.layers must be an output layer, such as output:"
                                                + " {units: 10, activation: softmax, loss: mcxent}"),
                                refused(
                                        layers,
                                        "[{output: {units: 2, activation: softmax, loss: mse}},"
                                                + " {output: {units: 2, activation: softmax, loss: mse}}]",
                                        layers,
                                        "only the last of model.layers may be an output layer: make the others dense"),
                                refused(
                                        layers + "[0]",
                                        "{}",
                                        layers + "[0]",
                                        "a layer needs exactly one of: dense, output"),
                                refused(
                                        layers + "[1]",
                                        "{dense: {units: 1, activation: relu},"
                                                + " output: {units: 2, activation: softmax, loss: mse}}",
                                        layers + "[1]",
                                        "a layer needs exactly one of: dense, output"),
                                refused(layers + "[0]", "{conv: {}}", "unknown field \"spec.model.layers[0].conv\""),
                                absent(dense + ".units"),
                                absent(dense + ".activation"),
                                unknown(dense + ".activation", "rrelu", ACTIVATIONS),
                                absent(output + ".units"),
                                absent(output + ".activation"),
                                unknown(output + ".activation", "Softmax", ACTIVATIONS),
                                absent(output + ".loss"),
                                unknown(output + ".loss", "xent", "mcxent", "mse", "negativeloglikelihood"),
                                refused(
                                        output,
                                        "{units: 10, activation: sigmoid, loss: mcxent}",
                                        output + ".activation",
                                        "the losses mcxent and negativeloglikelihood need activation: softmax;"
                                                + " or use loss: mse"),
                                refused(
                                        output,
                                        "{units: 10, activation: identity, loss: negativeloglikelihood}",
                                        "need activation: softmax; or use loss: mse"),
                                absent("spec.data.train")),
                        between(dense + ".units", "1", "65536"),
                        between(output + ".units", "2", "65536"),
                        dataset("spec.data.train"),
                        dataset("spec.data.test"),
                        Stream.of(
                                absent("spec.training.epochs"),
                                absent("spec.training.batchSize"),
                                absent(optimizer),
                                refused(
                                        "spec.training.batchSize",
                                        "3",
                                        "spec.training.batchSize",
                                        "training.batchSize must be at least workers.replicas: each worker needs a"
                                                + " sample in every step"),
                                refused(
                                        optimizer,
                                        "{}",
                                        optimizer,
                                        "optimizer needs exactly one of: sgd, nesterov, adam"),
                                refused(
                                        optimizer,
                                        "{adam: {}, sgd: {learningRate: 0.1}}",
                                        "optimizer needs exactly one of: sgd, nesterov, adam"),
                                refused(
                                        optimizer,
                                        "{rmsprop: {}}",
                                        "unknown field \"spec.training.optimizer.rmsprop\""),
                                absent(optimizer + ".sgd.learningRate"),
                                absent(optimizer + ".nesterov.learningRate"),
                                refused(
                                        optimizer + ".adam.epsilon",
                                        "0",
                                        optimizer + ".adam.epsilon in body should be greater than 0"),
                                above(optimizer + ".adam.epsilon", "1.1", "1")),
                        between("spec.training.epochs", "1", "100000"),
                        between("spec.training.batchSize", "1", "1048576"),
                        between("spec.training.seed", "-" + SAFE, SAFE),
                        learningRate(optimizer + ".sgd.learningRate"),
                        learningRate(optimizer + ".nesterov.learningRate"),
                        share(optimizer + ".nesterov.momentum"),
                        learningRate(optimizer + ".adam.learningRate"),
                        share(optimizer + ".adam.beta1"),
                        share(optimizer + ".adam.beta2"),
                        Stream.of(
                                unknown("spec.parallelism.strategy", "Pipeline", "DataParallel"),
                                tooLong(workers + ".image", 512),
                                refused(
                                        workers + ".image",
                                        "my image:1.0",
                                        workers + ".image",
                                        "image must be a container image such as registry.example.com/team/worker:1.0,"
                                                + " without spaces, or empty for the default of the operator"),
                                refused(
                                        workers + ".resources.limits",
                                        entries(17, "1"),
                                        workers + ".resources.limits: Too many: 17: must have at most 16 items"),
                                refused(
                                        workers + ".resources.requests",
                                        entries(17, "1"),
                                        workers + ".resources.requests: Too many: 17: must have at most 16 items"),
                                refused(
                                        workers + ".nodeSelector",
                                        entries(33, "a"),
                                        workers + ".nodeSelector: Too many: 33: must have at most 32 items"),
                                tooLong(workers + ".nodeSelector.pool", 63),
                                refused(
                                        workers + ".nodeSelector.pool",
                                        "gpu!",
                                        workers + ".nodeSelector",
                                        "a nodeSelector needs label values: letters, digits and - _ . that begin and"
                                                + " end with a letter or digit"),
                                refused(
                                        workers + ".tolerations",
                                        "[" + "{key: a},".repeat(33) + "]",
                                        workers + ".tolerations: Too many: 33: must have at most 32 items"),
                                tooLong(toleration + ".key", 316),
                                tooLong(toleration + ".value", 63),
                                unknown(toleration + ".effect", "Evict", "NoSchedule", "PreferNoSchedule", "NoExecute"),
                                unknown(toleration + ".operator", "Like", "Exists", "Equal"),
                                refused(
                                        toleration,
                                        "{value: a}",
                                        "a toleration needs a key, or operator: Exists to tolerate every taint"),
                                refused(
                                        toleration,
                                        "{key: gpu, operator: Exists, value: a}",
                                        toleration + ".value",
                                        "a toleration with operator: Exists has no value: remove the value, or set"
                                                + " operator: Equal"),
                                refused(
                                        toleration,
                                        "{key: gpu, effect: NoSchedule, tolerationSeconds: 1}",
                                        toleration + ".tolerationSeconds",
                                        "tolerationSeconds applies to effect: NoExecute only: remove"
                                                + " tolerationSeconds, or set that effect")),
                        between(workers + ".replicas", "1", "1024"),
                        amounts(workers + ".resources.limits"),
                        amounts(workers + ".resources.requests"),
                        between(toleration + ".tolerationSeconds", "0", "31536000"),
                        between("spec.scheduling.timeoutSeconds", "1", "86400"),
                        between("spec.failurePolicy.maxRestarts", "0", "1000"),
                        Stream.of(
                                absent("spec.output.storage"),
                                absent("spec.output.storage.uri"),
                                refused("spec.output.storage.uri", "''", "should be at least 1 chars long"),
                                refused("spec.output.storage.uri", "pvc://" + "x".repeat(507), "Too long"),
                                refused(
                                        "spec.output.storage.uri",
                                        "models/mnist",
                                        "spec.output.storage.uri",
                                        URI_SHAPE),
                                refused("spec.output.storage.uri", "pvc://models/../x", URI_INSIDE)))
                .flatMap(rows -> rows);
    }

    static Stream<Refused> status() {
        var condition = "status.conditions[0]";
        var placement = "status.admission.placements[0]";
        var time = "in body must be of type date-time";
        return Stream.of(
                        between("status.observedGeneration", "0", SAFE),
                        Stream.of(
                                refused(
                                        "status.conditions",
                                        "[%1$s, %1$s]".formatted(condition("Ready")),
                                        "status.conditions[1]: Duplicate value"),
                                refused(
                                        "status.conditions",
                                        conditions(33),
                                        "Too many: 33: must have at most 32 items"),
                                absent(condition + ".type"),
                                absent(condition + ".status"),
                                absent(condition + ".reason"),
                                absent(condition + ".message"),
                                absent(condition + ".lastTransitionTime"),
                                refused(condition + ".type", "''", "should be at least 1 chars long"),
                                tooLong(condition + ".type", 316),
                                unknown(condition + ".status", "Maybe", "True", "False", "Unknown"),
                                refused(condition + ".reason", "''", "should be at least 1 chars long"),
                                tooLong(condition + ".reason", 1024),
                                refused(
                                        condition + ".reason",
                                        "not a word",
                                        "conditions[0].reason in body should match"),
                                tooLong(condition + ".message", 32768),
                                refused(condition + ".lastTransitionTime", "now", time),
                                unknown(
                                        "status.phase",
                                        "Sleeping",
                                        "Failed",
                                        "Pending",
                                        "Queued",
                                        "Restarting",
                                        "Running",
                                        "Starting",
                                        "Succeeded"),
                                absent("status.admission.attempt"),
                                absent("status.admission.placements"),
                                refused("status.admission.time", "now", time),
                                refused(
                                        "status.admission.placements",
                                        "[{rank: 0, node: a}, {rank: 0, node: b}]",
                                        "status.admission.placements[1]: Duplicate value"),
                                refused(
                                        "status.admission.placements",
                                        placements(1025),
                                        "must have at most 1024 items"),
                                absent(placement + ".rank"),
                                absent(placement + ".node"),
                                refused(placement + ".node", "''", "should be at least 1 chars long"),
                                tooLong(placement + ".node", 253),
                                refused("status.startTime", "now", time),
                                refused("status.completionTime", "now", time),
                                tooLong("status.workers.summary", 32),
                                tooLong("status.progress.summary", 32),
                                tooLong("status.progress.loss", 32),
                                refused("status.progress.updatedTime", "now", time),
                                refused("status.artifact.digest", "md5:1", "artifact.digest in body should match"),
                                refused("status.artifact.metrics", entries(65, "'1'"), "must have at most 64 items")),
                        between(condition + ".observedGeneration", "0", SAFE),
                        between("status.admission.attempt", "1", "1000000"),
                        between(placement + ".rank", "0", "1023"),
                        between("status.attempt", "0", "1000000"),
                        between("status.restarts", "0", "1000000"),
                        between("status.workers.ready", "0", "1024"),
                        between("status.workers.total", "0", "1024"),
                        between("status.progress.epoch", "0", "100000"),
                        between("status.progress.epochs", "0", "100000"),
                        between("status.progress.step", "0", SAFE),
                        between("status.progress.steps", "0", SAFE),
                        between("status.progress.percent", "0", "100"),
                        between("status.progress.samplesPerSecond", "0", SAFE),
                        between("status.progress.estimatedSecondsRemaining", "0", SAFE),
                        between("status.artifact.sizeBytes", "0", SAFE))
                .flatMap(rows -> rows);
    }

    /** For every field a value of another type. */
    static Stream<Refused> types() {
        return Schema.paths().entrySet().stream().map(entry -> {
            var schema = entry.getValue();
            var path = entry.getKey()
                    .replace("layers[].output", "layers[1].output")
                    .replace("[]", "[0]")
                    .replace("limits.*", "limits.cpu")
                    .replace("requests.*", "requests.cpu")
                    .replace("nodeSelector.*", "nodeSelector.pool")
                    .replace("metrics.*", "metrics.accuracy");
            var type = schema.path("x-kubernetes-int-or-string").asBoolean()
                    ? "integer,string"
                    : schema.path("format").asText(schema.path("type").asText());
            var value = schema.path("type").asText().equals("string") ? "7" : "true";
            return schema.path("type").asText().equals("boolean")
                    ? refused(path, "7", inBody(path) + " in body must be of type boolean")
                    : refused(path, value, inBody(path) + " in body must be of type " + type);
        });
    }

    static Stream<Refused> names() {
        var begin = "metadata.name must begin with a letter and have only letters, digits and -: the host names of the"
                + " workers are made from it";
        return Stream.of(
                refused("metadata.name", "a.b", begin),
                refused("metadata.name", "'1st'", begin),
                refused(
                        "metadata.name",
                        "x".repeat(41),
                        "metadata.name must have at most 40 characters: the host names of the workers are made from it,"
                                + " and those have at most 63"));
    }

    @ParameterizedTest
    @MethodSource({"spec", "status", "types", "names"})
    void refusesInWordsThatHelp(Refused row) {
        var job = Jobs.about(row.path());
        Jobs.set(job, row.path(), row.value());
        var refusal = assertThrows(KubernetesClientException.class, () -> send(row.path(), job));
        for (var sentence : row.sentences()) {
            assertTrue(
                    refusal.getMessage().contains(sentence),
                    () -> row + " was refused, but not with «" + sentence + "»: "
                            + refusal.getStatus().getMessage());
        }
    }

    /** A row for each constraint of the schema, so that none is only believed. */
    @Test
    void everyConstraintHasARefusal() {
        var rows = Stream.concat(spec(), status()).toList();
        var missing = new TreeSet<String>();
        Schema.paths().forEach((path, schema) -> {
            var sentences = rows.stream()
                    .filter(row -> shape(row.path()).equals(path)
                            || schema.has("x-kubernetes-validations") && path.startsWith(shape(row.path()))
                            || schema.has("x-kubernetes-validations")
                                    && shape(row.path()).startsWith(path))
                    .flatMap(row -> row.sentences().stream())
                    .toList();
            for (var sentence : sentencesOf(schema)) {
                if (sentences.stream().noneMatch(said -> said.contains(sentence))) {
                    missing.add(path + ": " + sentence);
                }
            }
            schema.path("required").forEach(name -> {
                if (rows.stream()
                        .noneMatch(
                                row -> row.value() == null && shape(row.path()).equals(path + "." + name.asText()))) {
                    missing.add(path + "." + name.asText() + ": Required value");
                }
            });
        });
        missing.removeIf(row -> row.contains(FIXED)); // The next test's.
        assertEquals(List.of(), List.copyOf(missing));
    }

    private static List<String> sentencesOf(JsonNode schema) {
        var sentences = new ArrayList<String>();
        if (schema.has("minimum")) {
            sentences.add("should be greater than");
        }
        if (schema.has("maximum")) {
            sentences.add("should be less than");
        }
        if (schema.has("enum")) {
            sentences.add("supported values");
        }
        if (schema.has("maxLength")) {
            sentences.add("Too long");
        }
        if (schema.has("minLength")) {
            sentences.add("should be at least");
        }
        if (schema.has("pattern")) {
            sentences.add("should match");
        }
        if (schema.has("maxItems") || schema.has("maxProperties")) {
            sentences.add("must have at most");
        }
        if (schema.path("format").asText().equals("date-time")) {
            sentences.add("must be of type date-time");
        }
        if (schema.path("x-kubernetes-list-type").asText().equals("map")) {
            sentences.add("Duplicate value");
        }
        schema.path("x-kubernetes-validations")
                .forEach(rule -> sentences.add(rule.path("message").asText()));
        return sentences;
    }

    /** A row's path as a path of the schema. */
    private static String shape(String path) {
        return path.replaceAll("\\[\\d+]", "[]").replaceAll("(limits|requests|nodeSelector|metrics)\\..*", "$1.*");
    }

    @ParameterizedTest
    @MethodSource
    void keepsWhatARunningJobRestsOn(Refused row) {
        var job = existing.deepCopy();
        Jobs.set(job, row.path(), row.value());
        var refusal =
                assertThrows(KubernetesClientException.class, () -> api.client().raw(url("/mnist"), "PUT", job));
        row.sentences()
                .forEach(sentence -> assertTrue(
                        refusal.getMessage().contains(sentence),
                        () -> refusal.getStatus().getMessage()));
    }

    static Stream<Refused> keepsWhatARunningJobRestsOn() {
        return Stream.of(
                refused("spec.model.layers[0].dense.units", "64", "spec.model: Invalid value", "model" + FIXED),
                refused("spec.data.test", null, "spec.data: Invalid value", "data" + FIXED),
                refused("spec.training.epochs", "6", "spec.training: Invalid value", "training" + FIXED),
                refused("spec.parallelism", null, "spec.parallelism: Invalid value", "parallelism" + FIXED),
                refused("spec.workers.replicas", "5", "spec.workers: Invalid value", "workers" + FIXED),
                refused("spec.workers", null, "spec.workers: Invalid value", "workers" + FIXED),
                refused(
                        "spec.output.storage.uri",
                        "pvc://models/other",
                        "spec.output: Invalid value",
                        "output" + FIXED));
    }

    record Accepted(String path, String value) {
        @Override
        public String toString() {
            return path + ": " + (value == null ? "absent" : value);
        }
    }

    private static Accepted accepted(String path, String value) {
        return new Accepted(path, value);
    }

    @ParameterizedTest
    @MethodSource
    void letsChangeWhatARunningJobCanTake(Accepted row) {
        var job = existing.deepCopy();
        Jobs.set(job, row.path(), row.value());
        api.client().raw(url("/mnist") + "&dryRun=All", "PUT", job);
    }

    static Stream<Accepted> letsChangeWhatARunningJobCanTake() {
        return Stream.of(
                accepted("spec.scheduling.timeoutSeconds", "600"),
                accepted("spec.scheduling", null),
                accepted("spec.failurePolicy.maxRestarts", "0"),
                accepted("spec.failurePolicy", null),
                accepted("metadata.labels", "{team: a}"));
    }

    @ParameterizedTest
    @MethodSource
    void acceptsAndParses(Accepted row) {
        var job = Jobs.about(row.path());
        Jobs.set(job, row.path(), row.value());
        var stored = send(row.path(), job);
        var section = row.path().startsWith("status") ? "status" : "spec";
        assertEquals(
                canonical(job.path(section)),
                canonical(stored.path(section)),
                "the server changed what the user wrote");
        var parsed = Serialization.unmarshal(stored.toString(), TrainingJob.class);
        assertEquals(
                canonical(job.path(section)),
                canonical(Jobs.read(Serialization.asJson(parsed)).path(section)),
                "our types lost something");
        if (section.equals("spec")) {
            VolumeUri.parse(parsed.getSpec().getData().getTrain().getUri());
            VolumeUri.parse(parsed.getSpec().getOutput().getStorage().getUri());
        }
    }

    static Stream<Accepted> acceptsAndParses() {
        var layers = "spec.model.layers";
        var optimizer = "spec.training.optimizer";
        var workers = "spec.workers";
        var rows = new ArrayList<>(List.of(
                accepted("metadata.name", "x".repeat(40)),
                accepted("metadata.name", "a-1"),
                accepted("spec.data.test", null),
                accepted("spec.parallelism", null),
                accepted("spec.parallelism", "{}"),
                accepted("spec.workers", null),
                accepted("spec.workers", "{}"),
                accepted("spec.scheduling", "{}"),
                accepted("spec.failurePolicy", "{}"),
                accepted("spec.data.train.csv", null),
                accepted("spec.data.train.csv", "{}"),
                accepted("spec.data.train", "{uri: 'pvc://datasets', format: idx}"),
                accepted("spec.data.train.uri", "pvc://a.b-c/.hidden/..x/a@b=c+d,e~f"),
                accepted("spec.data.train.uri", "pvc://" + "x".repeat(253) + "/" + "y".repeat(252)),
                accepted("spec.data.train.csv.labelColumn", "-65536"),
                accepted("spec.data.train.csv.labelColumn", "65535"),
                accepted(layers, "[{output: {units: 2, activation: identity, loss: mse}}]"),
                accepted(layers, "[{output: {units: 65536, activation: softmax, loss: negativeloglikelihood}}]"),
                accepted(
                        layers,
                        "[" + "{dense: {units: 65536, activation: relu}},".repeat(63)
                                + "{output: {units: 2, activation: softmax, loss: mcxent}}]"),
                accepted("spec.training.epochs", "100000"),
                accepted("spec.training.epochs", "1"),
                accepted("spec.training.batchSize", "1048576"),
                accepted("spec.training.batchSize", "4"),
                accepted("spec.training.seed", SAFE),
                accepted("spec.training.seed", "-" + SAFE),
                accepted(optimizer, "{sgd: {learningRate: 1000}}"),
                accepted(optimizer, "{nesterov: {learningRate: 0.1}}"),
                accepted(optimizer, "{nesterov: {learningRate: 1.0e-9, momentum: 0}}"),
                accepted(optimizer, "{adam: {}}"),
                accepted(optimizer, "{adam: {beta1: 0, beta2: 0.9999999, epsilon: 1}}"),
                accepted(workers + ".replicas", "1"),
                accepted(workers + ".image", "''"),
                accepted(workers + ".image", "localhost:5000/worker@sha256:" + "a".repeat(64)),
                accepted(workers + ".resources", "{}"),
                accepted(workers + ".resources.limits", "{}"),
                accepted(workers + ".nodeSelector", "{}"),
                accepted(workers + ".nodeSelector.pool", "''"),
                accepted(workers + ".nodeSelector.pool", "x".repeat(63)),
                accepted(workers + ".tolerations", "[]"),
                accepted(workers + ".tolerations", "[{operator: Exists}, {key: gpu}, {key: gpu, effect: NoSchedule}]"),
                accepted(workers + ".tolerations[0].tolerationSeconds", "31536000"),
                accepted("spec.scheduling.timeoutSeconds", "86400"),
                accepted("spec.failurePolicy.maxRestarts", "1000"),
                accepted("spec.failurePolicy.maxRestarts", "0"),
                accepted("status.conditions", "[]"),
                accepted("status.conditions", "[%s, %s]".formatted(condition("Ready"), condition("Stalled"))),
                accepted("status.conditions", conditions(32)),
                accepted("status.admission", "{attempt: 1000000, placements: []}"),
                accepted("status.admission.placements", placements(1024)),
                accepted("status.admission.time", "'2026-01-01T00:00:00.123456Z'"),
                accepted("status.progress.percent", "100"),
                accepted("status.progress.samplesPerSecond", SAFE)));
        for (var amount : List.of("0", "4", "'4'", "'0.5'", "'.5'", "'5.'", "500m", "16Gi", "2E", "'1e3'", "'1E+3'")) {
            rows.add(accepted(workers + ".resources.limits.cpu", amount));
        }
        for (var activation : ACTIVATIONS) {
            rows.add(accepted(layers + "[0].dense.activation", activation));
        }
        for (var phase : Schema.paths().get("status.phase").path("enum")) {
            rows.add(accepted("status.phase", phase.asText()));
        }
        return rows.stream();
    }

    @Test
    void acceptsTheLeastAndPoursNoDefaultsIntoIt() {
        var job = Jobs.least();
        assertEquals(canonical(job.path("spec")), canonical(send("spec", job).path("spec")));
    }

    @Test
    void amountsThatAreAcceptedAreNumbers() {
        for (var amount : List.of("0", "4", "0.5", ".5", "5.", "500m", "16Gi", "2E", "1e3", "1E+3", "7n")) {
            var job = Jobs.full();
            Jobs.set(job, "spec.workers.resources.limits.cpu", "'" + amount + "'");
            var parsed = Serialization.unmarshal(send("spec", job).toString(), TrainingJob.class);
            var quantity =
                    parsed.getSpec().getWorkers().getResources().getLimits().get("cpu");
            assertTrue(quantity.getNumericalAmount().signum() >= 0, amount);
        }
    }

    @Test
    void acceptsTheSamples() throws Exception {
        var seen = new ArrayList<Path>();
        try (var files = Files.list(Path.of("").toRealPath().resolveSibling("samples"))) {
            for (var file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                for (var document : Files.readString(file).split("(?m)^---$")) {
                    if (Jobs.read(document) instanceof ObjectNode job
                            && job.path("kind").asText().equals("TrainingJob")) {
                        seen.add(file);
                        send("spec", job);
                    }
                }
            }
        }
        assertTrue(seen.size() >= 2, "samples with a TrainingJob: " + seen);
    }

    /** Sends a job without keeping it: its status if the path is about that, else its spec. */
    private static JsonNode send(String path, ObjectNode job) {
        if (path.startsWith("status")) {
            job.set("metadata", existing.path("metadata"));
            return Jobs.read(api.client().raw(url("/mnist/status") + "&dryRun=All", "PUT", job));
        }
        job.remove("status");
        // Another name than that of the job that is there.
        if (job.path("metadata").path("name").asText().equals("mnist")) {
            Jobs.set(job, "metadata.name", "other");
        }
        return Jobs.read(api.client().raw(url("") + "&dryRun=All", "POST", job));
    }

    private static String url(String rest) {
        return "/apis/capstan.dev/v1alpha1/namespaces/" + namespace + "/trainingjobs" + rest
                + "?fieldValidation=Strict";
    }

    /** A tree in which values that mean the same are the same: 1, 1.0 and, as quantities go, "1". */
    private static JsonNode canonical(JsonNode node) {
        if (node.isNumber()) {
            return TextNode.valueOf(node.decimalValue().stripTrailingZeros().toPlainString());
        }
        if (node instanceof ObjectNode object) {
            var copy = object.deepCopy();
            copy.properties().forEach(entry -> entry.setValue(canonical(entry.getValue())));
            return copy;
        }
        if (node instanceof ArrayNode array) {
            var copy = array.arrayNode();
            array.forEach(item -> copy.add(canonical(item)));
            return copy;
        }
        return node;
    }

    private static String entries(int count, String value) {
        var map = new StringBuilder("{");
        for (int i = 0; i < count; i++) {
            map.append("key").append(i).append(": ").append(value).append(", ");
        }
        return map.append("}").toString();
    }

    private static String condition(String type) {
        return "{type: %s, status: 'True', reason: Because, message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}"
                .formatted(type);
    }

    private static String conditions(int count) {
        return "["
                + String.join(
                        ", ",
                        Stream.iterate(0, i -> i + 1)
                                .limit(count)
                                .map(i -> condition("T" + i))
                                .toList()) + "]";
    }

    private static String placements(int count) {
        return "["
                + String.join(
                        ", ",
                        Stream.iterate(0, i -> i + 1)
                                .limit(count)
                                .map(i -> "{rank: %d, node: a}".formatted(i))
                                .toList())
                + "]";
    }
}
