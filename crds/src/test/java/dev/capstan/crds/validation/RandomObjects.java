package dev.capstan.crds.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Objects that differ from a valid one in a few places, by values that the schema suggests: its bounds and what is just
 * beyond them, numbers in other spellings, nothing, null, other types, unknown fields. About half of them are valid.
 * The same seed makes the same object.
 */
public final class RandomObjects {
    private static final JsonNodeFactory JSON = JsonNodeFactory.withExactBigDecimals(true);
    private static final Pattern CHOICE = Pattern.compile("has\\(self\\.(\\w+)\\)");
    private static final List<String> STRINGS = List.of(
            "",
            "a",
            "a.b-c",
            "A_1",
            "0",
            "é",
            "\u0000",
            "a\nb",
            "pvc://a",
            "pvc://a/b/c",
            "pvc://a/../b",
            "s3://abc",
            "s3://abc/d",
            "http://a:1",
            "us-east-1",
            "Exists",
            "NoExecute",
            "sha256:" + "0".repeat(64));
    private static final List<String> TIMES = List.of(
            "2026-01-01T00:00:00Z",
            "2026-01-01t00:00:00z",
            "2026-01-01T00:00:00.123456789Z",
            "2026-01-01T00:00:00+14:00",
            "2026-12-31T23:59:60Z",
            "0000-01-01T00:00:00Z",
            "2026-01-01",
            "");
    private static final List<String> AMOUNTS = List.of(
            "0", "4", "-1", "+1", "0.5", ".5", "5.", "500m", "16Gi", "2E", "1e3", "1E+3", "1e99", "1e-99", "7n", "1 Gi",
            "");
    private static final List<String> NUMBERS = List.of(
            "0",
            "-0.0",
            "1",
            "1.0",
            "1E+1",
            "1.5",
            "-1",
            "1e-320",
            "4.9e-324",
            "1e308",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "1e30");

    private final Random random;

    private RandomObjects(long seed) {
        // Neighbouring seeds begin alike.
        random = new Random(seed * 0x9E3779B97F4A7C15L);
    }

    /** @param section where the object differs, such as status, spec or spec.workers */
    public static ObjectNode object(long seed, Schema schema, Examples examples, String section) {
        var objects = new RandomObjects(seed);
        var object = objects.any(examples.all());
        var block = object;
        var path = section.split("\\.");
        for (var step : List.of(path).subList(0, path.length - 1)) {
            block = block.withObject(step);
        }
        for (int changes = 1 + objects.random.nextInt(3); changes > 0; changes--) {
            objects.change(block, path[path.length - 1], schema.paths().get(section));
        }
        return object;
    }

    /** Changes the field itself or something in it. */
    private void change(ObjectNode block, String name, JsonNode schema) {
        switch (block.get(name)) {
            case ObjectNode inner when !inner.isEmpty() && chance(0.9) -> changeIn(inner, schema);
            case ArrayNode list
            when !list.isEmpty() && chance(0.7) -> {
                int i = random.nextInt(list.size());
                if (list.get(i) instanceof ObjectNode item && chance(0.7)) {
                    changeIn(item, schema.path("items"));
                } else {
                    list.set(i, value(schema.path("items")));
                }
            }
            case null -> block.set(name, value(schema));
            default -> {
                if (chance(0.3)) {
                    block.remove(name);
                } else {
                    block.set(name, value(schema));
                }
            }
        }
    }

    private void changeIn(ObjectNode block, JsonNode schema) {
        if (schema.has("additionalProperties")) {
            block.set(key(), value(schema.path("additionalProperties")));
        } else if (chance(0.05)) {
            block.put("unknown", true);
        } else {
            var field = any(List.copyOf(schema.path("properties").properties()));
            change(block, field.getKey(), field.getValue());
        }
    }

    private JsonNode value(JsonNode schema) {
        if (chance(0.03)) {
            return any(List.of(
                    JSON.nullNode(), JSON.objectNode(), JSON.arrayNode(), JSON.textNode("true"), JSON.numberNode(1)));
        }
        if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
            return chance(0.5) ? JSON.textNode(any(AMOUNTS)) : number(schema);
        }
        if (schema.has("additionalProperties")) {
            var map = JSON.objectNode();
            for (int i = random.nextInt(4); i > 0; i--) {
                map.set(key(), value(schema.path("additionalProperties")));
            }
            return map;
        }
        return switch (schema.path("type").asText()) {
            case "object" -> block(schema);
            case "array" -> list(schema);
            case "string" -> JSON.textNode(string(schema));
            case "boolean" -> JSON.booleanNode(random.nextBoolean());
            default -> number(schema);
        };
    }

    private ObjectNode block(JsonNode schema) {
        var block = JSON.objectNode();
        var choices = choices(schema);
        var choice = choices.isEmpty() || chance(0.1) ? "" : any(choices);
        for (var field : schema.path("properties").properties()) {
            var name = field.getKey();
            var required = schema.path("required")
                    .valueStream()
                    .anyMatch(node -> node.asText().equals(name));
            var wanted =
                    choice.isEmpty() || !choices.contains(name) ? chance(required ? 0.98 : 0.3) : choice.equals(name);
            if (wanted) {
                block.set(name, value(field.getValue()));
            }
        }
        return block;
    }

    /** The fields of a block of which exactly one must be set. */
    private static List<String> choices(JsonNode schema) {
        for (var rule : schema.path("x-kubernetes-validations")) {
            if (rule.path("rule").asText().contains("exists_one")) {
                return CHOICE.matcher(rule.path("rule").asText())
                        .results()
                        .map(found -> found.group(1))
                        .toList();
            }
        }
        return List.of();
    }

    private ArrayNode list(JsonNode schema) {
        var list = JSON.arrayNode();
        int most = schema.path("maxItems").asInt();
        // A full list is made of one item. Of long ones the server takes seconds to say what is wrong with each.
        if (most <= 64 && chance(0.05)) {
            var item = value(schema.path("items"));
            IntStream.range(0, most + random.nextInt(2)).forEach(i -> list.add(item));
        } else {
            IntStream.range(0, random.nextInt(4)).forEach(i -> list.add(value(schema.path("items"))));
        }
        return list;
    }

    private String string(JsonNode schema) {
        if (schema.has("enum") && chance(0.9)) {
            return any(List.copyOf(schema.path("enum").valueStream().toList())).asText();
        }
        if (schema.path("format").asText().equals("date-time")) {
            return any(TIMES);
        }
        if (chance(0.1)) {
            return "x".repeat(schema.path("maxLength").asInt(100) + random.nextInt(2));
        }
        return any(STRINGS);
    }

    private JsonNode number(JsonNode schema) {
        var numbers = new ArrayList<BigDecimal>();
        var minimum = schema.path("minimum").decimalValue();
        var maximum = schema.path("maximum").decimalValue();
        numbers.add(minimum);
        numbers.add(maximum);
        numbers.add(minimum.subtract(BigDecimal.ONE));
        numbers.add(maximum.add(BigDecimal.ONE));
        numbers.add(minimum.setScale(1));
        numbers.add(maximum.stripTrailingZeros());
        numbers.add(new BigDecimal(any(NUMBERS)));
        numbers.add(new BigDecimal(random.nextInt(100)));
        numbers.add(new BigDecimal(random.nextInt(100)).movePointLeft(2));
        return JSON.numberNode(any(numbers));
    }

    private String key() {
        return any(List.of(
                "a",
                "b.c",
                "cpu",
                "memory",
                "nvidia.com/gpu",
                "hugepages-2Mi",
                "capstan.dev/a",
                "b..c/a",
                "",
                "a b",
                "x".repeat(64)));
    }

    private boolean chance(double share) {
        return random.nextDouble() < share;
    }

    private <T> T any(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
