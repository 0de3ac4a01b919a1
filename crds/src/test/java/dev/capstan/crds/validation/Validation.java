package dev.capstan.crds.validation;

import static dev.capstan.crds.validation.Refused.inBody;
import static dev.capstan.crds.validation.Refused.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Has a real API server judge objects of a kind. */
public final class Validation {
    private final ApiServer api;
    private final Class<?> kind;
    private final String collection;
    private final Schema schema;
    private final Examples examples;
    private final ObjectNode existing;

    /**
     * Creates the first example.
     *
     * @param collection path under which the kind's objects are, such as {@code namespaces/a/trainingjobs}
     */
    public Validation(ApiServer api, Class<?> kind, String collection, Schema schema, Examples examples) {
        this.api = api;
        this.kind = kind;
        this.collection = collection;
        this.schema = schema;
        this.examples = examples;
        this.existing = (ObjectNode)
                Yaml.read(api.client().raw(url(""), "POST", examples.all().getFirst()));
    }

    /** The object that was created, to be changed. */
    public ObjectNode existing() {
        return existing.deepCopy();
    }

    /** A new object as the row has it is refused in the row's words. */
    public void refuses(Refused row) {
        var object = examples.about(row.path());
        Yaml.set(object, row.path(), row.value());
        assertSays(row, assertThrows(KubernetesClientException.class, () -> send(row.path(), object)));
    }

    /** A change of the existing object to what the row has is refused in the row's words. */
    public void refusesToChange(Refused row) {
        var object = existing();
        Yaml.set(object, row.path(), row.value());
        assertSays(row, assertThrows(KubernetesClientException.class, () -> update(object)));
    }

    /** A change of the existing object to what the row has is accepted. */
    public void letsChange(Accepted row) {
        var object = existing();
        Yaml.set(object, row.path(), row.value());
        update(object);
    }

    /** A new object as the row has it is kept as it is, and our types read all of it. */
    public void accepts(Accepted row) {
        var object = examples.about(row.path());
        Yaml.set(object, row.path(), row.value());
        accepts(row.path(), object);
    }

    /**
     * An object is kept as it is, and our types read all of it.
     *
     * @param path within the status if its status is meant, anything else if its spec is
     */
    public void accepts(String path, ObjectNode object) {
        var stored = send(path, object);
        var section = path.startsWith("status") ? "status" : "spec";
        assertEquals(
                Yaml.canonical(object.path(section)),
                Yaml.canonical(stored.path(section)),
                "the server changed what the user wrote");
        var parsed = Serialization.unmarshal(stored.toString(), kind);
        assertEquals(
                Yaml.canonical(object.path(section)),
                Yaml.canonical(Yaml.read(Serialization.asJson(parsed)).path(section)),
                "our types lost something");
    }

    /** Sends an object without keeping it: its status if the path is about that, else its spec. */
    public JsonNode send(String path, ObjectNode object) {
        if (path.startsWith("status")) {
            object.set("metadata", existing.path("metadata"));
            return Yaml.read(api.client().raw(url("/" + name() + "/status") + "&dryRun=All", "PUT", object));
        }
        object.remove("status");
        // Another name than that of the object that is there.
        if (object.path("metadata").path("name").asText().equals(name())) {
            Yaml.set(object, "metadata.name", "other");
        }
        return Yaml.read(api.client().raw(url("") + "&dryRun=All", "POST", object));
    }

    /** For every field a value of another type. */
    public static Stream<Refused> types(Schema schema, Examples examples) {
        return schema.paths().entrySet().stream().map(entry -> {
            var field = entry.getValue();
            var path = examples.somewhere(entry.getKey())
                    .orElseThrow(() -> new AssertionError("no example sets " + entry.getKey()));
            var type = field.path("x-kubernetes-int-or-string").asBoolean()
                    ? "integer,string"
                    : field.path("format").asText(field.path("type").asText());
            var value = List.of("string", "boolean").contains(field.path("type").asText()) ? "7" : "true";
            return refused(path, value, inBody(path) + " in body must be of type " + type);
        });
    }

    /** Constraints of the schema, as {@code path: words of its refusal}, that none of these rows is about. */
    public static Set<String> constraintsWithoutRow(Schema schema, List<Refused> rows) {
        var missing = new TreeSet<String>();
        schema.paths().forEach((path, field) -> {
            var sentences = rows.stream()
                    .filter(row -> isAbout(schema.shape(row.path()), path, field))
                    .flatMap(row -> row.sentences().stream())
                    .toList();
            for (var sentence : sentencesOf(field)) {
                if (sentences.stream().noneMatch(said -> said.contains(sentence))) {
                    missing.add(path + ": " + sentence);
                }
            }
            field.path("required").forEach(name -> {
                if (rows.stream()
                        .noneMatch(row ->
                                row.value() == null && schema.shape(row.path()).equals(path + "." + name.asText()))) {
                    missing.add(path + "." + name.asText() + ": Required value");
                }
            });
        });
        for (var sentence : sentencesOf(schema.root())) {
            if (rows.stream().noneMatch(row -> row.sentences().contains(sentence))) {
                missing.add(sentence);
            }
        }
        return missing;
    }

    private static boolean isAbout(String row, String path, JsonNode field) {
        return row.equals(path)
                || field.has("x-kubernetes-validations") && (path.startsWith(row) || row.startsWith(path));
    }

    /**
     * Fields that none of these rows is about. Booleans and blocks can only be of a wrong type, and the words of the
     * status are the operator's own.
     */
    public static Set<String> fieldsWithoutRow(Schema schema, List<Refused> rows) {
        var refused = rows.stream().map(row -> schema.shape(row.path())).toList();
        var missing = new TreeSet<String>();
        schema.paths().forEach((path, field) -> {
            boolean free =
                    List.of("boolean", "object").contains(field.path("type").asText())
                            || path.startsWith("status.")
                                    && field.path("type").asText().equals("string")
                                    && sentencesOf(field).isEmpty();
            if (!free && !refused.contains(path) && !refused.contains(path + "[]")) {
                missing.add(path);
            }
        });
        return missing;
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
        if (schema.has("minItems") || schema.has("minProperties")) {
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

    private static void assertSays(Refused row, KubernetesClientException refusal) {
        for (var sentence : row.sentences()) {
            assertTrue(
                    refusal.getMessage().contains(sentence),
                    () -> row + " was refused, but not with «" + sentence + "»: "
                            + refusal.getStatus().getMessage());
        }
    }

    private void update(ObjectNode object) {
        api.client().raw(url("/" + name()) + "&dryRun=All", "PUT", object);
    }

    private String name() {
        return existing.path("metadata").path("name").asText();
    }

    private String url(String rest) {
        return "/apis/capstan.dev/v1alpha1/" + collection + rest + "?fieldValidation=Strict";
    }
}
