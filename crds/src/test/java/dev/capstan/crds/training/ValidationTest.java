package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Accepted.accepted;
import static dev.capstan.crds.validation.Refused.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.JobSpec;
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
    private static final String FIXED = " " + JobSpec.FIXED.replace("{kind}", "TrainingJob");

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
                        StatusTable.refusals(),
                        RecoveryTable.refusals(),
                        CheckpointsTable.refusals())
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
        // The next test's, and FixedFieldsTest's.
        missing.removeIf(row -> row.contains(FIXED) || row.contains(JobSpec.FIXED_WITH_PODS));
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
                fixed("spec.model.layers[0].dense.units", "64", "model.layers"),
                fixed("spec.model", "{from: {uri: 'pvc://models/a'}}", "model.from"),
                fixed("spec.data.test", null, "data.test"),
                fixed("spec.data.train.uri", "pvc://datasets/other", "data.train.uri"),
                fixed("spec.data.checkFirst", null, "data.checkFirst"),
                fixed("spec.training.epochs", "6", "training.epochs"),
                fixed("spec.training.earlyStopping", null, "training.earlyStopping"),
                fixed("spec.training.optimizer", "{sgd: {learningRate: 0.001}}", "training.optimizer.sgd"),
                fixed("spec.checkpoint.keep", "4", "checkpoint.keep"),
                fixed("spec.checkpoint", null, "checkpoint.everySteps"),
                fixed("spec.output.ifExists", "Fail", "output.ifExists"),
                fixed("spec.output.storage.uri", "pvc://models/other", "output.storage.uri"));
    }

    private static Refused fixed(String path, String value, String field) {
        return refused(path, value, "spec." + field + ": Invalid value: " + field + FIXED);
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
            Yaml.set(job, "spec.workers.resources", "{limits: {cpu: '" + amount + "'}}");
            var parsed = Serialization.unmarshal(validation.send("spec", job).toString(), TrainingJob.class);
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
