package dev.capstan.crds.generator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.Block;
import dev.capstan.crds.JobSpec;
import dev.capstan.crds.WorkerResources;
import io.fabric8.kubernetes.client.CustomResource;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The rules by which what a job rests on stays as it is: one for each field of the spec, or of a block in it, whose
 * description says so. What means the same is no change: a default that is spelled out, an amount in other units. A
 * refusal names the fields below that differ.
 *
 * <p>The API server estimates what a rule may cost by the bounds of the fields that it names. Behind an optional
 * ({@code self.?field}) or a conditional it doesn't know them, and takes the cost for boundless: hence the many has().
 */
final class FixedFields {
    /** Ends the description of a field that stays as it is. */
    private static final String FIXED = "It cannot be changed after creation.";
    /** Ends the description of one that stays as it is while there are pods. */
    private static final String FIXED_WITH_PODS = JobSpec.WORKERS_CHANGE;

    /** Suspended, or without places so far: nothing was made by what the spec says. */
    private static final String WITHOUT_PLACES =
            "!has(oldSelf.status) || !has(oldSelf.status.completionTime) && (!has(oldSelf.status.startTime)"
                    + " && (!has(oldSelf.status.admission) || !has(oldSelf.status.admission.attempt)"
                    + " || has(oldSelf.status.attempt) && oldSelf.status.admission.attempt != oldSelf.status.attempt)"
                    + " || has(oldSelf.status.conditions) && oldSelf.status.conditions.exists(c, c.type == 'Suspended' && c.status == 'True')) || ";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private FixedFields() {}

    static void guard(Class<? extends CustomResource<?, ?>> kind, ObjectNode crd) {
        var root = (ObjectNode) crd.at("/spec/versions/0/schema/openAPIV3Schema");
        var spec = (ObjectNode) root.at("/properties/spec");
        var type = MAPPER.getTypeFactory()
                .constructType(kind)
                .findTypeParameters(CustomResource.class)[0]
                .getRawClass();
        for (var field : spec.path("properties").properties()) {
            var name = field.getKey();
            var description = field.getValue().path("description").asText();
            if (description.endsWith(FIXED)) {
                var message = JobSpec.FIXED.replace("{kind}", kind.getSimpleName());
                boolean required = new Both(type, spec, "", "").isRequired(name);
                if (required && Block.class.isAssignableFrom(field(type, name).getType())) {
                    // Shorter there.
                    var block = (ObjectNode) field.getValue();
                    var both = new Both(field(type, name).getType(), block, "self", "oldSelf");
                    both.fields()
                            .forEach(inner -> both.rules(inner)
                                    .forEach((path, rule) ->
                                            rule(block, "", path, rule, name + "." + path + " " + message)));
                } else {
                    new Both(type, spec, "self", "oldSelf")
                            .rules(name)
                            .forEach((path, rule) -> rule(spec, "", path, rule, path + " " + message));
                }
            } else if (description.endsWith(FIXED_WITH_PODS)) {
                new Both(type, spec, "self.spec", "oldSelf.spec")
                        .rules(name)
                        .forEach((path, rule) -> ruleWithPods(root, path, rule));
            } else {
                var within = field.getValue().path("properties").properties().stream()
                        .filter(inner ->
                                inner.getValue().path("description").asText().endsWith(FIXED_WITH_PODS))
                        .map(inner -> name + "." + inner.getKey())
                        .toList();
                if (!within.isEmpty()) {
                    var rules = new Both(type, spec, "self.spec", "oldSelf.spec").rules(name);
                    within.forEach(path -> ruleWithPods(root, path, rules.get(path)));
                }
            }
        }
    }

    private static void ruleWithPods(ObjectNode root, String path, String rule) {
        rule(root, ".spec", path, WITHOUT_PLACES + rule, path + " " + JobSpec.FIXED_WITH_PODS);
    }

    private static void rule(ObjectNode at, String in, String field, String rule, String message) {
        at.withArrayProperty("x-kubernetes-validations")
                .addObject()
                .put("rule", rule)
                .put("fieldPath", in + "." + field)
                .put("message", message);
    }

    /** A block before and after, by the expressions that lead to it; both are there. */
    private record Both(Class<?> block, JsonNode schema, String now, String before, int lists) {
        Both(Class<?> block, JsonNode schema, String now, String before) {
            this(block, schema, now, before, 0);
        }

        /** Whether a field of it means the same. */
        String same(String name) {
            var one = now + "." + name;
            var other = before + "." + name;
            var both = "(%s)".formatted(sameValue(name, one, other));
            if (isRequired(name)) {
                return both;
            }
            var has = List.of("has(%s)".formatted(one), "has(%s)".formatted(other));
            var like = takesAfter(schema, name);
            var value = value(field(name), holds(block, name));
            if ((like.isPresent() || value.isPresent()) && (lists > 0 || !isText(field(name)))) {
                var or = "(has(%1$s) ? %1$s : %2$s)";
                return sameValue(
                        or.formatted(one, like.map(now.concat(".")::concat).orElseGet(value::get)),
                        or.formatted(other, like.map(before.concat(".")::concat).orElseGet(value::get)),
                        field(name));
            }
            return plain(block, field(name), name)
                    .map(plain -> "(%s && %s ? %s : (!%s || %s) && (!%s || %s))"
                            .formatted(
                                    has.get(0),
                                    has.get(1),
                                    both,
                                    has.get(0),
                                    plain.apply(one),
                                    has.get(1),
                                    plain.apply(other)))
                    .orElseGet(() -> "%s == %s && (!%s || %s)".formatted(has.get(0), has.get(1), has.get(0), both));
        }

        private String sameValue(String name, String one, String other) {
            var type = FixedFields.field(block, name).getType();
            if (type == WorkerResources.class) {
                return sameAmounts(one, other);
            }
            if (field(name).at("/items/properties").has("tolerationSeconds")) {
                return tolerated(one, other) + " && " + tolerated(other, one);
            }
            if (hasDefaults(field(name).path("items"), item(block, name))
                    && !field(name).path("x-kubernetes-list-type").asText().equals("map")) {
                return sameItems(name, one, other);
            }
            if (!Block.class.isAssignableFrom(type) || lists > 0 && !hasDefaults(field(name), type)) {
                return sameValue(one, other, field(name));
            }
            var inner = new Both(type, field(name), one, other, lists);
            return inner.fields().map(inner::same).collect(Collectors.joining(" && "));
        }

        /**
         * Equality, of which the API server estimates the cost by the smaller bound of the two. It knows none behind an
         * index, and takes the cost of looking for a value in a list of one for 1.
         */
        private String sameValue(String one, String other, JsonNode field) {
            return lists > 0 && isText(field) ? "%s in [%s]".formatted(one, other) : one + " == " + other;
        }

        /** Item by item; CEL has no loop over two lists. */
        private String sameItems(String name, String one, String other) {
            var indices = IntStream.range(0, field(name).path("maxItems").asInt())
                    .mapToObj(Integer::toString)
                    .collect(Collectors.joining(",", "[", "]"));
            var inner = new Both(
                    item(block, name), field(name).path("items"), "a" + (lists + 1), "b" + (lists + 1), lists + 1);
            return "size(%1$s) == size(%2$s) && %3$s.all(%4$s, %4$s >= size(%1$s) || [%1$s[%4$s]].all(%5$s, [%2$s[%4$s]].all(%6$s, %7$s)))"
                    .formatted(
                            one,
                            other,
                            indices,
                            "i" + inner.lists,
                            inner.now,
                            inner.before,
                            inner.fields().map(inner::same).collect(Collectors.joining(" && ")));
        }

        /**
         * Whether a field that may be absent, and each of those that a block has, means the same; by the name that
         * people give it.
         */
        Map<String, String> rules(String name) {
            var type = FixedFields.field(block, name).getType();
            if (!Block.class.isAssignableFrom(type)) {
                return Map.of(name, same(name));
            }
            var inner = new Both(type, field(name), now + "." + name, before + "." + name);
            var rules = new LinkedHashMap<String, String>();
            boolean asMuchAsNone = holds(block, name) instanceof Block;
            if (isRequired(name)) {
                inner.fields().forEach(field -> rules.put(name + "." + field, inner.same(field)));
                return rules;
            }
            if (!asMuchAsNone) {
                rules.put(name, "has(%s) == has(%s)".formatted(inner.now, inner.before));
            }
            var there = "has(%s) && has(%s)".formatted(inner.now, inner.before);
            inner.fields()
                    .forEach(field -> rules.put(
                            name + "." + field,
                            asMuchAsNone
                                    ? "(%s ? %s : (!has(%s) || %s) && (!has(%s) || %s))"
                                            .formatted(
                                                    there,
                                                    inner.same(field),
                                                    inner.now,
                                                    inner.says(field, inner.now),
                                                    inner.before,
                                                    inner.says(field, inner.before))
                                    : "!(%s) || %s".formatted(there, inner.same(field))));
            return rules;
        }

        /** Whether a field of the block says no more than if it were absent. */
        private String says(String name, String path) {
            var value = path + "." + name;
            return plain(block, field(name), name)
                    .map(plain -> "(!has(%s) || %s)".formatted(value, plain.apply(value)))
                    .orElse("!has(%s)".formatted(value));
        }

        private Stream<String> fields() {
            return FixedFields.fields(schema);
        }

        private JsonNode field(String name) {
            return schema.path("properties").path(name);
        }

        private boolean isRequired(String name) {
            return schema.path("required")
                    .valueStream()
                    .anyMatch(required -> required.asText().equals(name));
        }
    }

    /**
     * Whether a value says no more than its absence does, for an expression that leads to it; empty if it always says
     * more.
     */
    private static Optional<UnaryOperator<String>> plain(Class<?> block, JsonNode schema, String name) {
        var type = field(block, name).getType();
        var holds = holds(block, name);
        if (type == WorkerResources.class) {
            return Optional.of(value ->
                    "(!has(%1$s.limits) || size(%1$s.limits) == 0) && (!has(%1$s.requests) || size(%1$s.requests) == 0)"
                            .formatted(value));
        }
        if (!Block.class.isAssignableFrom(type)) {
            return literal(schema, holds);
        }
        if (!(holds instanceof Block)) {
            return Optional.empty();
        }
        return Optional.of(value -> {
            var both = new Both(type, schema, value, value);
            return both.fields().map(inner -> both.says(inner, value)).collect(Collectors.joining(" && ", "(", ")"));
        });
    }

    private static Optional<UnaryOperator<String>> literal(JsonNode field, Object holds) {
        return switch (holds) {
            case List<?> list when list.isEmpty() -> Optional.of("size(%s) == 0"::formatted);
            case Map<?, ?> map when map.isEmpty() -> Optional.of("size(%s) == 0"::formatted);
            case null, default -> value(field, holds).map(value -> path -> path + " == " + value);
        };
    }

    /** What holds where a field is absent, as CEL writes it; empty if it is no one value. */
    private static Optional<String> value(JsonNode field, Object holds) {
        if (holds == null) {
            return field.path("description").asText().contains("Default: empty") ? Optional.of("''") : Optional.empty();
        }
        var value = MAPPER.valueToTree(holds);
        return switch (field.path("type").asText()) {
            case "integer" -> Optional.of(value.bigIntegerValue().toString());
            case "number" -> Optional.of(Double.toString(value.doubleValue()));
            case "boolean" -> Optional.of(Boolean.toString(value.booleanValue()));
            case "string" -> value.isTextual() ? Optional.of("'%s'".formatted(value.textValue())) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /** The field beside one that holds where that is absent. */
    private static Optional<String> takesAfter(JsonNode schema, String name) {
        var description =
                schema.path("properties").path(name).path("description").asText();
        return fields(schema)
                .filter(other -> description.contains("Default: " + other + ","))
                .findFirst();
    }

    /** Whether something in a block, or in what is in it, may be left out and means as much. */
    private static boolean hasDefaults(JsonNode schema, Class<?> block) {
        return Block.class.isAssignableFrom(block)
                && fields(schema).anyMatch(name -> {
                    var field = schema.path("properties").path(name);
                    return plain(block, field, name).isPresent()
                            || takesAfter(schema, name).isPresent()
                            || hasDefaults(field, field(block, name).getType())
                            || hasDefaults(field.path("items"), item(block, name));
                });
    }

    /** What a list has in it; Object where the field is none. */
    private static Class<?> item(Class<?> block, String name) {
        return field(block, name).getGenericType() instanceof ParameterizedType list
                        && list.getRawType() == List.class
                        && list.getActualTypeArguments()[0] instanceof Class<?> item
                ? item
                : Object.class;
    }

    /** Whether comparing two takes as long as they are. */
    private static boolean isText(JsonNode field) {
        return !List.of("integer", "number", "boolean")
                .contains(field.path("type").asText());
    }

    /** What is left out of requests is what the limits say. */
    private static String sameAmounts(String now, String before) {
        return "%s && %s && %s && %s"
                .formatted(limits(now, before), limits(before, now), requests(now, before), requests(before, now));
    }

    private static String limits(String one, String other) {
        return "(!has(%1$s.limits) || %1$s.limits.all(key, has(%2$s.limits) && key in %2$s.limits && %3$s))"
                .formatted(one, other, equal(one + ".limits[key]", other + ".limits[key]"));
    }

    private static String requests(String one, String other) {
        return "(!has(%1$s.requests) || %1$s.requests.all(key, has(%2$s.requests) && key in %2$s.requests ? %3$s : has(%2$s.limits) && key in %2$s.limits && %4$s))"
                .formatted(
                        one,
                        other,
                        equal(one + ".requests[key]", other + ".requests[key]"),
                        equal(one + ".requests[key]", other + ".limits[key]"));
    }

    /** In whatever order they are, and whether or not they spell out that they compare for equality. */
    private static String tolerated(String one, String other) {
        var same = Stream.of(
                        sameOr("key", "%s == ''"),
                        sameOr("operator", "%s == 'Equal'"),
                        sameOr("value", "%s == ''"),
                        sameOr("effect", "false"),
                        sameOr("tolerationSeconds", "false"))
                .collect(Collectors.joining(" && "));
        return "%s.all(one, %s.exists(other, %s))".formatted(one, other, same);
    }

    /** Whether a field of {@code one} and {@code other} is the same, if whoever lacks it means what is plain. */
    private static String sameOr(String name, String plain) {
        var one = "one." + name;
        var other = "other." + name;
        return "(has(%1$s) && has(%2$s) ? %1$s == %2$s : (!has(%1$s) || %3$s) && (!has(%2$s) || %4$s))"
                .formatted(one, other, plain.formatted(one), plain.formatted(other));
    }

    private static String equal(String one, String other) {
        return "(string(%1$s) == string(%2$s) || isQuantity(string(%1$s)) && isQuantity(string(%2$s)) && quantity(string(%1$s)).compareTo(quantity(string(%2$s))) == 0)"
                .formatted(one, other);
    }

    /** What the method says that is called as the field is, if it says one thing always. */
    private static Object holds(Class<?> block, String name) {
        try {
            var holds = block.getMethod(name).invoke(block.getConstructor().newInstance());
            return holds instanceof Optional<?> optional ? optional.orElse(null) : holds;
        } catch (NoSuchMethodException e) {
            return null;
        } catch (InvocationTargetException e) {
            // What another field says, which an empty block lacks.
            return null;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(block + "." + name, e);
        }
    }

    private static Stream<String> fields(JsonNode schema) {
        return StreamSupport.stream(
                ((Iterable<String>) () -> schema.path("properties").fieldNames()).spliterator(), false);
    }

    private static Field field(Class<?> block, String name) {
        return Stream.<Class<?>>iterate(block, type -> type != Block.class, Class::getSuperclass)
                .flatMap(type -> Stream.of(type.getDeclaredFields()))
                .filter(field -> field.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
