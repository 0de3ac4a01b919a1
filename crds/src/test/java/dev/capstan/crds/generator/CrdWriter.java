package dev.capstan.crds.generator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a CRD's YAML: what Fabric8 generates from the Java types, and the overlay with what annotations cannot say.
 * List types above all, which Fabric8 lacks (kubernetes-client#6669): without them a server-side apply of one condition
 * would drop the conditions of everybody else. What kinds share may speak of its kind as {kind}.
 */
final class CrdWriter {
    static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .build();

    private CrdWriter() {}

    /**
     * @param type the kind
     * @param overlays YAML in the shape of the CRD, but with a map by name in the place of the list of versions; a
     *     later one goes over an earlier one
     */
    static JsonNode crd(Class<? extends CustomResource<?, ?>> type, List<String> overlays)
            throws JsonProcessingException {
        var crd = (ObjectNode) YAML.readTree(fabric8(type).replace("{kind}", HasMetadata.getKind(type)));
        for (var overlay : overlays) {
            lay(overlay, crd);
        }
        FixedFields.guard(type, crd);
        refuseListsOfTime(crd);
        return wholeNumbers(crd);
    }

    private static void lay(String overlay, ObjectNode crd) throws JsonProcessingException {
        var additions = (ObjectNode) YAML.readTree(overlay);
        var versions = (ObjectNode) additions.withObject("/spec").remove("versions");
        for (var version : crd.at("/spec/versions")) {
            var addition = (ObjectNode) versions.remove(version.path("name").asText());
            if (addition != null) {
                merge((ObjectNode) version, addition, version.path("name").asText());
            }
        }
        if (!versions.isEmpty()) {
            throw new IllegalArgumentException(
                    "the overlay has versions that the kind lacks: " + versions.fieldNames());
        }
        merge(crd, additions, "");
    }

    static String yaml(JsonNode crd, String command) throws JsonProcessingException {
        return "# Generated from the Java types; edit those, then run:\n#   " + command + "\n"
                + YAML.writeValueAsString(crd);
    }

    private static String fabric8(Class<? extends CustomResource<?, ?>> type) {
        var written = new ArrayList<ByteArrayOutputStream>();
        new CRDGenerator()
                .customResourceClasses(List.of(type))
                .withOutput(new CRDGenerator.AbstractCRDOutput<ByteArrayOutputStream>() {
                    @Override
                    protected ByteArrayOutputStream createStreamFor(String name) {
                        var stream = new ByteArrayOutputStream();
                        written.add(stream);
                        return stream;
                    }

                    @Override
                    public URI crdURI(String name) {
                        return URI.create("file:///" + name);
                    }
                })
                .generate();
        return written.getFirst().toString(StandardCharsets.UTF_8);
    }

    private static void merge(ObjectNode into, ObjectNode from, String path) {
        for (var entry : from.properties()) {
            var there = into.get(entry.getKey());
            var here = path + "." + entry.getKey();
            if (there instanceof ObjectNode object && entry.getValue() instanceof ObjectNode addition) {
                merge(object, addition, here);
            } else if (there instanceof ObjectNode) {
                throw new IllegalArgumentException("the overlay would replace a whole block: " + here);
            } else if (path.endsWith(".properties") && there == null) {
                throw new IllegalArgumentException("the overlay has a property that the Java types lack: " + here);
            } else {
                into.set(entry.getKey(), entry.getValue());
            }
        }
    }

    /**
     * The API server takes a list for a string that has a format: kube-openapi checks no type there. Our types would
     * not parse it. A rule, whichever, has the server convert the value, and that fails.
     */
    private static void refuseListsOfTime(JsonNode node) {
        for (var property : node.path("properties").properties()) {
            if (property.getValue() instanceof ObjectNode field
                    && field.path("format").asText().equals("date-time")) {
                field.withArrayProperty("x-kubernetes-validations")
                        .addObject()
                        .put("rule", "type(self) == google.protobuf.Timestamp")
                        .put("message", property.getKey() + " must be a time, such as 2026-01-01T00:00:00Z");
            }
        }
        node.forEach(CrdWriter::refuseListsOfTime);
    }

    /** Fabric8 writes bounds as 1024.0 or 9.0E15; people read 1024. */
    private static JsonNode wholeNumbers(JsonNode node) {
        switch (node) {
            case ObjectNode object ->
                object.properties().forEach(entry -> entry.setValue(wholeNumbers(entry.getValue())));
            case ArrayNode array -> {
                for (int i = 0; i < array.size(); i++) {
                    array.set(i, wholeNumbers(array.get(i)));
                }
            }
            default -> {
                if (node.isDouble() && node.doubleValue() == (long) node.doubleValue()) {
                    return YAML.getNodeFactory().numberNode((long) node.doubleValue());
                }
            }
        }
        return node;
    }
}
