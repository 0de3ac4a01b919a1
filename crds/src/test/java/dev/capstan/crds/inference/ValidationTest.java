package dev.capstan.crds.inference;

import static dev.capstan.crds.validation.Accepted.accepted;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a real API server accepts of an InferenceService, and in which words it refuses the rest. Blocks that a
 * TrainingJob has just so are in that kind's tables.
 */
class ValidationTest {
    private static final Schema SCHEMA = Schema.of("inferenceservices");
    private static final Likeness TRAINING_JOBS = new Likeness(
            SCHEMA,
            Schema.of("trainingjobs"),
            path -> path.replace("spec.router.resources", "spec.workers.resources")
                    .replace("status.givenBack", "status.admission.placements"));

    private static Validation validation;

    @BeforeAll
    static void start() {
        var api = ApiServer.shared();
        var services = "namespaces/" + api.newNamespace("validation") + "/inferenceservices";
        validation = new Validation(api, InferenceService.class, services, SCHEMA, Services.examples());
    }

    static Stream<Refused> refusals() {
        return Stream.concat(InferenceTable.refusals(), StatusTable.refusals());
    }

    static Stream<Refused> types() {
        return Validation.types(SCHEMA, Services.examples());
    }

    @ParameterizedTest
    @MethodSource({"refusals", "types"})
    void refusesInWordsThatHelp(Refused row) {
        validation.refuses(row);
    }

    /** A row for each constraint that a TrainingJob hasn't, so that none is only believed. */
    @Test
    void everyConstraintHasARefusal() {
        var missing = Validation.constraintsWithoutRow(SCHEMA, refusals().toList());
        missing.removeIf(TRAINING_JOBS::shows);
        assertEquals(Set.of(), missing);
    }

    @Test
    void everyFieldHasARefusedValue() {
        var missing = Validation.fieldsWithoutRow(SCHEMA, refusals().toList());
        missing.removeIf(TRAINING_JOBS::has);
        assertEquals(Set.of(), missing);
    }

    static Stream<Accepted> acceptances() {
        return Stream.concat(InferenceTable.acceptances(), StatusTable.acceptances());
    }

    @ParameterizedTest
    @MethodSource("acceptances")
    void acceptsAndParses(Accepted row) {
        validation.accepts(row);
    }

    static Stream<ObjectNode> examples() {
        return Services.examples().all().stream();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void acceptsAndParses(ObjectNode service) {
        validation.accepts("status", service.deepCopy());
        validation.accepts("spec", service);
    }

    @Test
    void acceptsTheLeastAndPoursNoDefaultIntoItButReplicas() {
        var least = Services.least();
        var stored = validation.send("spec", least.deepCopy());
        Yaml.set(least, "spec.replicas", "1");
        assertEquals(Yaml.canonical(least.path("spec")), Yaml.canonical(stored.path("spec")));
    }

    /** Whatever changes rolls out; nothing has to be made anew. */
    @Test
    void letsChangeEverything() {
        for (var service : Services.examples().all()) {
            validation.letsChange(accepted("spec", service.path("spec").toString()));
        }
        validation.letsChange(accepted("spec", Services.least().path("spec").toString()));
    }

    @Test
    void acceptsTheSamples() throws Exception {
        var seen = new ArrayList<Path>();
        try (var files = Files.list(Path.of("").toRealPath().resolveSibling("samples"))) {
            for (var file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                for (var document : Files.readString(file).split("(?m)^---$")) {
                    if (Yaml.read(document) instanceof ObjectNode service
                            && service.path("kind").asText().equals("InferenceService")) {
                        seen.add(file);
                        validation.send("spec", service);
                    }
                }
            }
        }
        assertTrue(seen.size() >= 1, "samples with an InferenceService: " + seen);
    }
}
