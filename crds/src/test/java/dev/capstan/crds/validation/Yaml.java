package dev.capstan.crds.validation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;

/** Trees of YAML and JSON, changed field by field. */
public final class Yaml {
    static final YAMLMapper YAML = new YAMLMapper();

    private static final JsonMapper JSON = new JsonMapper();

    private Yaml() {}

    /**
     * Sets or removes a field.
     *
     * @param path such as {@code spec.model.layers[0].dense}; a key with dots is quoted:
     *     {@code limits.'nvidia.com/gpu'}
     * @param yaml the value; null removes the field
     */
    public static void set(ObjectNode object, String path, String yaml) {
        var steps = steps(path);
        var node = at(object, steps.subList(0, steps.size() - 1));
        var last = steps.getLast();
        if (node instanceof ArrayNode array) {
            array.set(index(last), read(yaml));
        } else if (yaml == null) {
            ((ObjectNode) node).remove(last);
        } else {
            ((ObjectNode) node).set(last, read(yaml));
        }
    }

    /** A tree in which values that mean the same are the same: 1, 1.0 and, as quantities go, "1". */
    public static JsonNode canonical(JsonNode node) {
        if (node.isNumber()) {
            var number = node.isIntegralNumber() ? node.decimalValue() : BigDecimal.valueOf(node.doubleValue());
            return TextNode.valueOf(number.stripTrailingZeros().toPlainString());
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

    static List<String> steps(String path) {
        return Arrays.stream(path.split("\\.(?=(?:[^']*'[^']*')*[^']*$)|(?=\\[)"))
                .map(step -> step.replace("'", ""))
                .toList();
    }

    static JsonNode at(JsonNode node, List<String> steps) {
        for (var step : steps) {
            node = node == null ? null : step.startsWith("[") ? node.get(index(step)) : node.get(step);
        }
        return node;
    }

    public static JsonNode read(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Reads JSON, where 1e-8 is a number. */
    public static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static int index(String step) {
        return Integer.parseInt(step.substring(1, step.length() - 1));
    }
}
