package dev.capstan.crds.training;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The schema of the checked-in CRD, flat: a schema for each path, such as {@code spec.model.layers[].dense.units}. */
final class Schema {
    private static final JsonNode ROOT = read();
    private static final Map<String, JsonNode> PATHS = paths(ROOT);

    private Schema() {}

    static Map<String, JsonNode> paths() {
        return PATHS;
    }

    static JsonNode root() {
        return ROOT;
    }

    private static JsonNode read() {
        try (var yaml = Schema.class.getResourceAsStream("/META-INF/capstan/trainingjobs.capstan.dev-v1.yaml")) {
            return Jobs.YAML.readTree(yaml).at("/spec/versions/0/schema/openAPIV3Schema");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, JsonNode> paths(JsonNode root) {
        var paths = new LinkedHashMap<String, JsonNode>();
        root.path("properties").properties().forEach(entry -> add(paths, entry.getKey(), entry.getValue()));
        return Collections.unmodifiableMap(paths);
    }

    private static void add(Map<String, JsonNode> paths, String path, JsonNode schema) {
        paths.put(path, schema);
        schema.path("properties")
                .properties()
                .forEach(entry -> add(paths, path + "." + entry.getKey(), entry.getValue()));
        if (schema.has("items")) {
            add(paths, path + "[]", schema.path("items"));
        }
        if (schema.path("additionalProperties").isObject()) {
            add(paths, path + ".*", schema.path("additionalProperties"));
        }
    }
}
