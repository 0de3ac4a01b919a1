package dev.capstan.crds.compression;

import static dev.capstan.crds.validation.Accepted.accepted;
import static dev.capstan.crds.validation.Refused.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.JobSpec;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Likeness;
import dev.capstan.crds.validation.Refused;
import dev.capstan.crds.validation.Schema;
import dev.capstan.crds.validation.Validation;
import dev.capstan.crds.validation.Yaml;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a real API server accepts of a CompressionJob, and in which words it refuses the rest. Blocks that a TrainingJob
 * has just so are in that kind's tables.
 */
class ValidationTest {
    private static final String FIXED = " " + JobSpec.FIXED.replace("{kind}", "CompressionJob");
    /** Where a CompressionJob has the block that a TrainingJob has in its {@code training}. */
    private static final String TUNE = "spec.steps[].prune.fineTune";

    private static final Schema SCHEMA = Schema.of("compressionjobs");
    private static final Likeness TRAINING_JOBS =
            new Likeness(SCHEMA, Schema.of("trainingjobs"), ValidationTest::there);

    private static Validation validation;

    @BeforeAll
    static void start() {
        var api = ApiServer.shared();
        var jobs = "namespaces/" + api.newNamespace("validation") + "/compressionjobs";
        validation = new Validation(api, CompressionJob.class, jobs, SCHEMA, Jobs.examples());
    }

    static Stream<Refused> refusals() {
        return Stream.concat(CompressionTable.refusals(), StatusTable.refusals());
    }

    static Stream<Refused> types() {
        return Validation.types(SCHEMA, Jobs.examples());
    }

    @ParameterizedTest
    @MethodSource({"refusals", "types"})
    void refusesInWordsThatHelp(Refused row) {
        validation.refuses(row);
    }

    /** A row for each constraint that a TrainingJob hasn't, so that none is only believed. */
    @Test
    void everyConstraintHasARefusal() {
        var missing = new TreeSet<String>();
        for (var row : Validation.constraintsWithoutRow(SCHEMA, refusals().toList())) {
            if (!row.contains(FIXED) && !row.contains(JobSpec.FIXED_WITH_PODS) && !TRAINING_JOBS.shows(row)) {
                missing.add(row);
            }
        }
        assertEquals(Set.of(), missing);
    }

    @Test
    void everyFieldHasARefusedValue() {
        var missing = Validation.fieldsWithoutRow(SCHEMA, refusals().toList());
        missing.removeIf(TRAINING_JOBS::has);
        assertEquals(Set.of(), missing);
    }

    private static String there(String path) {
        return path.startsWith(TUNE) ? "spec.training" + path.substring(TUNE.length()) : path;
    }

    @ParameterizedTest
    @MethodSource
    void keepsWhatARunningJobRestsOn(Refused row) {
        validation.refusesToChange(row);
    }

    static Stream<Refused> keepsWhatARunningJobRestsOn() {
        return Stream.of(
                fixed("spec.model.from.trainingJobRef.name", "other", "model.from.trainingJobRef"),
                fixed("spec.data.checkFirst", null, "data.checkFirst"),
                fixed("spec.steps[0].prune.sparsityPercent", "40", "steps"),
                fixed("spec.acceptance.maxDrop", "'0.02'", "acceptance.maxDrop"),
                fixed("spec.acceptance", null, "acceptance"),
                fixed("spec.checkpoint", null, "checkpoint.everySteps"),
                fixed("spec.output.ifExists", "Fail", "output.ifExists"));
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
                accepted("spec.scheduling", null),
                accepted("spec.failurePolicy.maxRestarts", "0"),
                accepted("spec.suspend", "true"),
                accepted("spec.activeDeadlineSeconds", "1"),
                accepted("spec.ttlSecondsAfterFinished", "0"));
    }

    @ParameterizedTest
    @MethodSource("dev.capstan.crds.compression.CompressionTable#acceptances")
    void acceptsAndParses(Accepted row) {
        validation.accepts(row);
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
    void acceptsTheSamples() throws Exception {
        var seen = new ArrayList<Path>();
        try (var files = Files.list(Path.of("").toRealPath().resolveSibling("samples"))) {
            for (var file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                for (var document : Files.readString(file).split("(?m)^---$")) {
                    if (Yaml.read(document) instanceof ObjectNode job
                            && job.path("kind").asText().equals("CompressionJob")) {
                        seen.add(file);
                        validation.send("spec", job);
                    }
                }
            }
        }
        assertEquals(3, seen.size(), "samples with a CompressionJob: " + seen);
    }
}
