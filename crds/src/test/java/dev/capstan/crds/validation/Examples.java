package dev.capstan.crds.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Valid objects of a kind that together set every field.
 *
 * @param objects of which the first sets as many as one can
 */
public record Examples(List<ObjectNode> objects) {
    /** Copies, to be changed. */
    public List<ObjectNode> all() {
        return objects.stream().map(ObjectNode::deepCopy).toList();
    }

    /** An object that has the field at the path, or else the block that the field belongs to. */
    public ObjectNode about(String path) {
        var steps = Yaml.steps(path);
        return Stream.of(steps, steps.subList(0, steps.size() - 1))
                .flatMap(wanted -> objects.stream().filter(object -> Yaml.at(object, wanted) != null))
                .findFirst()
                .map(ObjectNode::deepCopy)
                .orElseThrow(() -> new IllegalArgumentException("no example has " + path));
    }

    /**
     * The path of a field in one of the objects, which {@link #about} takes.
     *
     * @param shape path in the schema, such as {@code spec.model.layers[].dense}
     */
    public Optional<String> somewhere(String shape) {
        return objects.stream()
                .flatMap(object -> find(object, Yaml.steps(shape), "").stream())
                .findFirst();
    }

    private static Optional<String> find(JsonNode node, List<String> steps, String path) {
        if (steps.isEmpty()) {
            return Optional.of(path);
        }
        var rest = steps.subList(1, steps.size());
        return switch (steps.getFirst()) {
            case "[]" ->
                IntStream.range(0, node.size())
                        .mapToObj(i -> find(node.get(i), rest, path + "[" + i + "]"))
                        .flatMap(Optional::stream)
                        .findFirst();
            case "*" ->
                node.propertyStream()
                        .filter(entry -> !entry.getKey().contains("."))
                        .findFirst()
                        .flatMap(entry -> find(entry.getValue(), rest, path + "." + entry.getKey()));
            case String name ->
                node.has(name)
                        ? find(node.get(name), rest, path.isEmpty() ? name : path + "." + name)
                        : Optional.empty();
        };
    }
}
