package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Accepted.accepted;
import static dev.capstan.crds.validation.Refused.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Refused;
import dev.capstan.crds.validation.Schema;
import dev.capstan.crds.validation.Validation;
import dev.capstan.crds.validation.Yaml;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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

    private static final Schema SCHEMA = Schema.of("trainingjobs");

    private static Validation validation;

    @BeforeAll
    static void start() {
        var api = ApiServer.shared();
        var jobs = "namespaces/" + api.newNamespace("validation") + "/trainingjobs";
        validation = new Validation(api, TrainingJob.class, jobs, SCHEMA, Jobs.examples());
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

    static Stream<Refused> types() {
        return Validation.types(SCHEMA, Jobs.examples());
    }

    @ParameterizedTest
    @MethodSource({"refusals", "types"})
    void refusesInWordsThatHelp(Refused row) {
        validation.refuses(row);
    }

    /** A row for each constraint of the schema, so that none is only believed. */
    @Test
    void everyConstraintHasARefusal() {
        var missing = Validation.constraintsWithoutRow(SCHEMA, refusals().toList());
        missing.removeIf(row -> row.contains(FIXED)); // The next test's.
        assertEquals(Set.of(), missing);
    }

    @Test
    void everyFieldHasARefusedValue() {
        assertEquals(Set.of(), Validation.fieldsWithoutRow(SCHEMA, refusals().toList()));
    }

    @ParameterizedTest
    @MethodSource
    void keepsWhatARunningJobRestsOn(Refused row) {
        validation.refusesToChange(row);
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
        validation.letsChange(row);
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
        validation.accepts(row);
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

    static Stream<ObjectNode> examples() {
        return Jobs.examples().all().stream();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void acceptsAndParses(ObjectNode job) {
        validation.accepts("status", job.deepCopy());
        validation.accepts("spec", job);
    }

    @Test
    void acceptsTheLeastAndPoursNoDefaultsIntoIt() {
        validation.accepts("spec", Jobs.least());
    }

    @Test
    void amountsThatAreAcceptedAreNumbers() {
        for (var amount : List.of("0", "4", "0.5", ".5", "5.", "500m", "16Gi", "2E", "1e3", "1E+3", "7n")) {
            var job = Jobs.full();
            Yaml.set(job, "spec.workers.resources.limits.memory", "'" + amount + "'");
            var parsed = Serialization.unmarshal(validation.send("spec", job).toString(), TrainingJob.class);
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
                    if (Yaml.read(document) instanceof ObjectNode job
                            && job.path("kind").asText().equals("TrainingJob")) {
                        seen.add(file);
                        validation.send("spec", job);
                    }
                }
            }
        }
        assertTrue(seen.size() >= 2, "samples with a TrainingJob: " + seen);
    }
}
