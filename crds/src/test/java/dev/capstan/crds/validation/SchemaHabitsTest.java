package dev.capstan.crds.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Habits that every schema keeps. A list of paths that break one is easier to mend than a first path. */
class SchemaHabitsTest {
    private static final List<String> KINDS =
            List.of("trainingjobs", "compressionjobs", "inferenceservices", "gpuquotas");

    @Test
    void descriptionsBeginWithTheFieldsName() {
        assertEquals(List.of(), pathsWhere((path, schema) -> {
            var name = path.substring(path.lastIndexOf('.') + 1);
            return !name.endsWith("[]")
                    && !name.equals("*")
                    && !schema.path("description").asText().startsWith(name + " ");
        }));
    }

    @Test
    void descriptionsAreSentences() {
        assertEquals(
                List.of(),
                pathsWhere((path, schema) -> schema.has("description")
                        && !schema.path("description").asText().endsWith(".")));
    }

    @Test
    void optionalFieldsOfTheSpecTellTheirDefault() {
        // Fields of which exactly one is set.
        var choices = List.of("layers", "uri", "maxNorm", "maxValue", "namespaces");
        assertEquals(List.of(), pathsWhere(kind -> path -> {
            var schema = kind.paths().get(path);
            var parent = kind.paths().get(path.substring(0, Math.max(0, path.lastIndexOf('.'))));
            var name = path.substring(path.lastIndexOf('.') + 1);
            return path.startsWith("spec.")
                    && !name.endsWith("[]")
                    && !name.equals("*")
                    && !choices.contains(name)
                    // A block's fields tell theirs.
                    && !schema.has("properties")
                    && parent.path("required")
                            .valueStream()
                            .noneMatch(required -> required.asText().equals(name))
                    && !path.endsWith("tolerations[].value")
                    && !schema.path("description").asText().contains("Default: ");
        }));
    }

    /** But for the number that the scale subresource shows: where it is absent, that can't be read. */
    @Test
    void theServerPoursNoDefaultsIntoASpec() {
        assertEquals(
                List.of("inferenceservices spec.replicas"),
                pathsWhere((path, schema) -> path.startsWith("spec") && schema.has("default")));
    }

    @Test
    void numbersHaveBothBounds() {
        assertEquals(
                List.of(),
                pathsWhere((path, schema) -> List.of("integer", "number")
                                .contains(schema.path("type").asText())
                        && !(schema.has("minimum") && schema.has("maximum"))));
    }

    @Test
    void listsAndMapsHaveAnEnd() {
        assertEquals(
                List.of(),
                pathsWhere((path, schema) -> schema.has("items") && !schema.has("maxItems")
                        || schema.has("additionalProperties") && !schema.has("maxProperties")));
    }

    @Test
    void listsSayHowTheyMerge() {
        assertEquals(
                List.of(), pathsWhere((path, schema) -> schema.has("items") && !schema.has("x-kubernetes-list-type")));
    }

    @Test
    void stringsOfTheSpecAreBoundedOrChosen() {
        assertEquals(
                List.of(),
                pathsWhere((path, schema) -> path.startsWith("spec.")
                        && schema.path("type").asText().equals("string")
                        && !schema.has("enum")
                        && !schema.has("maxLength")));
    }

    @Test
    void messagesNameTheirField() {
        assertEquals(
                List.of(),
                pathsWhere((path, schema) -> schema.path("x-kubernetes-validations")
                        .valueStream()
                        .anyMatch(rule -> {
                            var field = rule.path("fieldPath").asText(path).replaceAll("\\[]|\\.\\*", "");
                            var name = field.substring(field.lastIndexOf('.') + 1);
                            // A rule about each of several things speaks of one.
                            var one = name.replaceFirst("s$", "");
                            return !rule.path("message").asText().contains(one);
                        })));
    }

    private static List<String> pathsWhere(BiPredicate<String, JsonNode> breaks) {
        return pathsWhere(schema -> path -> breaks.test(path, schema.paths().get(path)));
    }

    private static List<String> pathsWhere(Function<Schema, Predicate<String>> breaks) {
        return KINDS.stream()
                .flatMap(kind -> {
                    var schema = Schema.of(kind);
                    return schema.paths().keySet().stream()
                            .filter(breaks.apply(schema))
                            .map(path -> kind + " " + path);
                })
                .toList();
    }
}
