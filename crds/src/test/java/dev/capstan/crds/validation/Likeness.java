package dev.capstan.crds.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Blocks that a kind has just as another has them, in whose tables their refusals are.
 *
 * @param there where the other kind has the block that this one has at a path
 */
public record Likeness(Schema kind, Schema other, UnaryOperator<String> there) {
    /** Whether the other kind has a constraint, as {@link Validation#constraintsWithoutRow} tells it, too. */
    public boolean shows(String constraint) {
        var path = constraint.split(": ")[0];
        return constraint.endsWith("Required value") ? requires(path) : has(path);
    }

    /** Whether the other kind has the field, with the same rules; fields in it are looked at by themselves. */
    public boolean has(String path) {
        return kind.paths().containsKey(path)
                && rules(kind.paths().get(path)).equals(rules(other.paths().get(there.apply(path))));
    }

    private boolean requires(String path) {
        int last = path.lastIndexOf('.');
        var block = other.paths().get(there.apply(path.substring(0, last)));
        return block != null
                && block.path("required")
                        .valueStream()
                        .anyMatch(name -> name.asText().equals(path.substring(last + 1)));
    }

    /** A schema but for the words that say what its fields mean. */
    private static List<JsonNode> rules(JsonNode schema) {
        if (schema == null) {
            return List.of();
        }
        var rules = (ObjectNode) schema.deepCopy();
        rules.remove(List.of("description", "properties", "required"));
        // What stays as it is depends on the kind, and on where the block is.
        rules.withArrayProperty("x-kubernetes-validations")
                .removeIf(rule -> rule.path("rule").asText().contains("oldSelf"));
        if (rules.get("items") instanceof ObjectNode items) {
            items.remove(List.of("description", "properties", "required"));
        }
        return List.of(rules);
    }
}
