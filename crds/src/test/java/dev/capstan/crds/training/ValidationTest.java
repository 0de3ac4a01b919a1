package dev.capstan.crds.training;

import static dev.capstan.crds.training.Accepted.accepted;
import static dev.capstan.crds.training.Refused.inBody;
import static dev.capstan.crds.training.Refused.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/**
 * What a real API server accepts of a TrainingJob, and in which words it refuses the rest. The rows are in tables, one
 * for each block.
 */
class ValidationTest {
    private static final String FIXED =
            " cannot be changed after creation: delete the TrainingJob and apply it again, or apply it under a new name";

    private static ApiServer api;
    private static String namespace;
    private static ObjectNode existing;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        namespace = api.newNamespace("validation");
        existing = (ObjectNode) Jobs.read(api.client().raw(url(""), "POST", Jobs.full()));
    }

    static Stream<Refused> refusals() {
        return Stream.of(
                        ModelTable.refusals(),
                        DataTable.refusals(),
                        TrainingTable.refusals(),
                        WorkersTable.refusals(),
                        LifeTable.refusals(),
                        StatusTable.refusals())
                .flatMap(rows -> rows);
    }

    /** For every field a value of another type. */
    static Stream<Refused> types() {
        return Schema.paths().entrySet().stream().map(entry -> {
            var schema = entry.getValue();
            var path = Jobs.somewhere(entry.getKey())
                    .orElseThrow(() -> new AssertionError("no job sets " + entry.getKey()));
            var type = schema.path("x-kubernetes-int-or-string").asBoolean()
                    ? "integer,string"
                    : schema.path("format").asText(schema.path("type").asText());
            var value =
                    List.of("string", "boolean").contains(schema.path("type").asText()) ? "7" : "true";
            return refused(path, value, inBody(path) + " in body must be of type " + type);
        });
    }

    @ParameterizedTest
    @MethodSource({"refusals", "types"})
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
        var rows = refusals().toList();
        var missing = new TreeSet<String>();
        Schema.paths().forEach((path, schema) -> {
            var sentences = rows.stream()
                    .filter(row -> shape(row.path()).equals(path)
                            || schema.has("x-kubernetes-validations")
                                    && (path.startsWith(shape(row.path()))
                                            || shape(row.path()).startsWith(path)))
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
        for (var sentence : sentencesOf(Schema.root())) {
            if (rows.stream().noneMatch(row -> row.sentences().contains(sentence))) {
                missing.add(sentence);
            }
        }
        missing.removeIf(row -> row.contains(FIXED)); // The next test's.
        assertEquals(List.of(), List.copyOf(missing));
    }

    /** Booleans and blocks can only be of a wrong type, and the words of the status are the operator's own. */
    @Test
    void everyFieldHasARefusedValue() {
        var refused = refusals().map(row -> shape(row.path())).toList();
        var missing = new TreeSet<String>();
        Schema.paths().forEach((path, schema) -> {
            var free = List.of("boolean", "object").contains(schema.path("type").asText())
                    || path.startsWith("status.")
                            && schema.path("type").asText().equals("string")
                            && sentencesOf(schema).isEmpty();
            if (!free && !refused.contains(path) && !refused.contains(path + "[]")) {
                missing.add(path);
            }
        });
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
        if (schema.has("minItems")) {
            sentences.add("should have at least");
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
        return path.replaceAll("\\[\\d+]", "[]")
                .replaceAll("(limits|requests|nodeSelector|labels|annotations|metrics)\\..*", "$1.*");
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
                refused("spec.data.checkFirst", null, "spec.data: Invalid value", "data" + FIXED),
                refused("spec.training.epochs", "6", "spec.training: Invalid value", "training" + FIXED),
                refused("spec.training.earlyStopping", null, "spec.training: Invalid value", "training" + FIXED),
                refused("spec.parallelism", null, "spec.parallelism: Invalid value", "parallelism" + FIXED),
                refused("spec.workers.replicas", "5", "spec.workers: Invalid value", "workers" + FIXED),
                refused("spec.workers.env[0].value", "TRACE", "spec.workers: Invalid value", "workers" + FIXED),
                refused("spec.workers", null, "spec.workers: Invalid value", "workers" + FIXED),
                refused("spec.checkpoint.keep", "4", "spec.checkpoint: Invalid value", "checkpoint" + FIXED),
                refused("spec.checkpoint", null, "spec.checkpoint: Invalid value", "checkpoint" + FIXED),
                refused("spec.output.ifExists", "Fail", "spec.output: Invalid value", "output" + FIXED),
                refused(
                        "spec.output.storage.uri",
                        "pvc://models/other",
                        "spec.output: Invalid value",
                        "output" + FIXED));
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
                accepted("spec.scheduling.priorityClassName", null),
                accepted("spec.scheduling", null),
                accepted("spec.failurePolicy.maxRestarts", "0"),
                accepted("spec.failurePolicy.maxCrashes", "1"),
                accepted("spec.failurePolicy", null),
                accepted("spec.suspend", "true"),
                accepted("spec.suspend", null),
                accepted("spec.activeDeadlineSeconds", "1"),
                accepted("spec.activeDeadlineSeconds", null),
                accepted("spec.ttlSecondsAfterFinished", "0"),
                accepted("spec.ttlSecondsAfterFinished", null),
                accepted("metadata.labels", "{team: a}"));
    }

    @ParameterizedTest
    @MethodSource("acceptances")
    void acceptsAndParses(Accepted row) {
        var job = Jobs.about(row.path());
        Jobs.set(job, row.path(), row.value());
        acceptsAndParses(row.path(), job);
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        ModelTable.acceptances(),
                        DataTable.acceptances(),
                        TrainingTable.acceptances(),
                        WorkersTable.acceptances(),
                        LifeTable.acceptances(),
                        StatusTable.acceptances())
                .flatMap(rows -> rows);
    }

    @ParameterizedTest
    @MethodSource("dev.capstan.crds.training.Jobs#all")
    void acceptsAndParses(ObjectNode job) {
        acceptsAndParses("status", job.deepCopy());
        acceptsAndParses("spec", job);
    }

    @Test
    void acceptsTheLeastAndPoursNoDefaultsIntoIt() {
        acceptsAndParses("spec", Jobs.least());
    }

    private static void acceptsAndParses(String path, ObjectNode job) {
        var stored = send(path, job);
        var section = path.startsWith("status") ? "status" : "spec";
        assertEquals(
                Jobs.canonical(job.path(section)),
                Jobs.canonical(stored.path(section)),
                "the server changed what the user wrote");
        var parsed = Serialization.unmarshal(stored.toString(), TrainingJob.class);
        assertEquals(
                Jobs.canonical(job.path(section)),
                Jobs.canonical(Jobs.read(Serialization.asJson(parsed)).path(section)),
                "our types lost something");
    }

    @Test
    void amountsThatAreAcceptedAreNumbers() {
        for (var amount : List.of("0", "4", "0.5", ".5", "5.", "500m", "16Gi", "2E", "1e3", "1E+3", "7n")) {
            var job = Jobs.full();
            Jobs.set(job, "spec.workers.resources.limits.memory", "'" + amount + "'");
            var parsed = Serialization.unmarshal(send("spec", job).toString(), TrainingJob.class);
            var quantity =
                    parsed.getSpec().getWorkers().getResources().getLimits().get("memory");
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
}
