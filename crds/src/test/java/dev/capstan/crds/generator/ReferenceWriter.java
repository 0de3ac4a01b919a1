package dev.capstan.crds.generator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Makes the API reference of a kind in Markdown from its CRD: one table for each block. */
final class ReferenceWriter {
    private static final Pattern DEFAULT = Pattern.compile(" ?Default: (.*?)\\.(?= |$)");

    private static final Pattern FIELD_CANNOT_BE_CHANGED =
            Pattern.compile("([\\w.]+)( cannot be changed .*)", Pattern.DOTALL);

    private final StringBuilder page = new StringBuilder();

    private ReferenceWriter() {}

    static String markdown(JsonNode crd, String command) {
        return new ReferenceWriter().write(crd, command);
    }

    private String write(JsonNode crd, String command) {
        var names = crd.at("/spec/names");
        var version = crd.at("/spec/versions/0");
        var root = version.at("/schema/openAPIV3Schema");
        page.append("<!-- Generated from the CRD; run: ").append(command).append(" -->\n");
        page.append("# ").append(names.path("kind").asText()).append("\n\n");
        page.append(text(root)).append("\n\n");
        page.append("| | |\n|---|---|\n");
        row(
                "apiVersion",
                code(crd.at("/spec/group").asText() + "/" + version.path("name").asText()));
        row("kind", code(names.path("kind").asText()));
        row("kubectl", code(names.path("plural").asText()) + shortNames(names));
        row("scope", crd.at("/spec/scope").asText());
        rules(root);
        block("spec", text(root.at("/properties/spec")), root.at("/properties/spec"));
        block("status", text(root.at("/properties/status")), root.at("/properties/status"));
        columns(version);
        return page.toString();
    }

    private void block(String path, String text, JsonNode schema) {
        page.append("\n## ").append(path).append("\n\n").append(text).append("\n\n");
        page.append("| field | type | required | default | description | constraints |\n|---|---|---|---|---|---|\n");
        var required = strings(schema.path("required"));
        var inner = new ArrayList<Runnable>();
        for (var property : schema.path("properties").properties()) {
            var name = property.getKey();
            var field = property.getValue();
            row(
                    code(name),
                    type(path + "." + name, field),
                    required.contains(name) ? "yes" : "",
                    defaultOf(field),
                    cell(DEFAULT.matcher(field.path("description").asText()).replaceAll("")),
                    cell(String.join("; ", constraints(field))));
            if (field.has("properties")) {
                inner.add(() -> block(path + "." + name, text(field), field));
            } else if (field.path("items").has("properties")) {
                inner.add(() -> block(path + "." + name + "[]", text(field), field.path("items")));
            }
        }
        rules(schema);
        inner.forEach(Runnable::run);
    }

    private void rules(JsonNode schema) {
        var rules = schema.path("x-kubernetes-validations");
        if (!rules.isEmpty()) {
            page.append("\nRules:\n\n");
            together(rules).forEach(rule -> page.append("- ").append(rule).append("\n"));
        }
    }

    /** What is said of several fields in the same words is said once, where the first of them stands. */
    private static List<String> together(JsonNode rules) {
        var fieldsBySaying = new LinkedHashMap<String, List<String>>();
        for (var rule : rules) {
            var said = FIELD_CANNOT_BE_CHANGED.matcher(rule.path("message").asText());
            boolean matches = said.matches();
            var fields = fieldsBySaying.computeIfAbsent(
                    matches ? said.group(2) : rule.path("message").asText(), saying -> new ArrayList<>());
            if (matches) {
                fields.add(said.group(1));
            }
        }
        return fieldsBySaying.entrySet().stream()
                .map(entry -> String.join(", ", entry.getValue()).replaceFirst(", (?!.*, )", " and ") + entry.getKey())
                .toList();
    }

    private void columns(JsonNode version) {
        page.append("\n## Columns of `kubectl get`\n\n| column | shows | where |\n|---|---|---|\n");
        for (var column : version.path("additionalPrinterColumns")) {
            row(
                    column.path("name").asText(),
                    cell(column.path("description").asText()),
                    column.path("priority").asInt() > 0 ? code("-o wide") : "always");
        }
    }

    private static String type(String path, JsonNode field) {
        if (field.has("enum")) {
            return "one of "
                    + strings(field.path("enum")).stream()
                            .map(ReferenceWriter::code)
                            .collect(Collectors.joining(", "));
        }
        if (field.path("x-kubernetes-int-or-string").asBoolean()) {
            // Of a quantity, its own rule says how it is written.
            return field.has("x-kubernetes-validations") ? "quantity" : "integer or string";
        }
        if (field.has("additionalProperties")) {
            return "map of " + type(path, field.path("additionalProperties"));
        }
        if (field.has("properties")) {
            return link(path);
        }
        if (field.has("items")) {
            var items = field.path("items");
            return "list of " + (items.has("properties") ? link(path + "[]") : type(path, items));
        }
        return field.path("format").asText().equals("date-time")
                ? "time"
                : field.path("type").asText();
    }

    private static List<String> constraints(JsonNode field) {
        var all = new ArrayList<String>();
        var bounds = field.has("additionalProperties") ? field.path("additionalProperties") : field;
        if (field.has("minItems") || field.has("maxItems")) {
            all.add(field.path("minItems").asInt(0) + " to "
                    + field.path("maxItems").asText() + " items");
        }
        if (field.has("maxProperties")) {
            all.add((field.has("minProperties") ? field.path("minProperties").asText() + " to " : "at most ")
                    + field.path("maxProperties").asText() + " entries");
        }
        if (bounds.has("minimum") || bounds.has("maximum")) {
            all.add((bounds.path("exclusiveMinimum").asBoolean() ? "above " : "")
                    + number(bounds.path("minimum")) + " to "
                    + (bounds.path("exclusiveMaximum").asBoolean() ? "below " : "") + number(bounds.path("maximum")));
        }
        if (bounds.has("maxLength")) {
            all.add("at most " + bounds.path("maxLength").asText() + " characters");
        }
        if (bounds.has("pattern")) {
            all.add("matches " + code(bounds.path("pattern").asText()));
        }
        if (!bounds.has("properties")) {
            bounds.path("x-kubernetes-validations")
                    .forEach(rule -> all.add(rule.path("message").asText()));
        }
        if (field.path("x-kubernetes-list-type").asText().equals("map")) {
            all.add("one for each " + String.join(", ", strings(field.path("x-kubernetes-list-map-keys"))));
        }
        return all;
    }

    private static String number(JsonNode bound) {
        return bound.isMissingNode() ? "any" : bound.asText();
    }

    private static String defaultOf(JsonNode field) {
        var found = DEFAULT.matcher(field.path("description").asText());
        return found.find() ? cell(found.group(1)) : "";
    }

    private static String shortNames(JsonNode names) {
        return strings(names.path("shortNames")).stream()
                .map(name -> ", " + code(name))
                .collect(Collectors.joining());
    }

    private static String text(JsonNode schema) {
        return schema.path("description").asText();
    }

    private static String link(String path) {
        return "[object](#" + path.toLowerCase().replaceAll("[^a-z0-9-]", "") + ")";
    }

    private static String code(String text) {
        return "`" + text.replace("|", "\\|").replace("\t", "\\t") + "`";
    }

    private static String cell(String text) {
        return text.contains("`") ? text : text.replace("|", "\\|");
    }

    private static List<String> strings(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private void row(String... cells) {
        page.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
}
