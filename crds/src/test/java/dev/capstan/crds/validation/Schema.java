package dev.capstan.crds.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The schema of the checked-in CRD, flat: a schema for each path, such as {@code spec.model.layers[].dense.units}. */
public final class Schema {
    private final JsonNode root;
    private final Map<String, JsonNode> paths;

    private Schema(JsonNode root) {
        this.root = root;
        this.paths = paths(root);
    }

    /** @param kind its plural, such as trainingjobs */
    public static Schema of(String kind) {
        var file = "/META-INF/capstan/" + kind + ".capstan.dev-v1.yaml";
        try (var yaml = Schema.class.getResourceAsStream(file)) {
            return new Schema(Yaml.YAML.readTree(yaml).at("/spec/versions/0/schema/openAPIV3Schema"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Map<String, JsonNode> paths() {
        return paths;
    }

    public JsonNode root() {
        return root;
    }

    /** The schema's path of a field of an object: {@code spec.layers[]} for {@code spec.layers[0]}. */
    String shape(String path) {
        var shape = "";
        for (var step : Yaml.steps(path)) {
            boolean inMap = paths.containsKey(shape)
                    && paths.get(shape).path("additionalProperties").isObject();
            shape += step.startsWith("[") ? "[]" : inMap ? ".*" : shape.isEmpty() ? step : "." + step;
        }
        return shape;
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
