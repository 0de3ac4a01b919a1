package dev.capstan.worker.artifact;

import dev.capstan.protocol.Json;
import dev.capstan.worker.data.Preprocessing;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import onnx.Onnx.ModelProto;
import onnx.Onnx.StringStringEntryProto;

/**
 * What an ONNX model that stands alone holds of where it comes from, among its metadata: its digest is then over that,
 * too, and over how samples are read for it.
 */
public final class OnnxLineage {
    private static final String FROM = "capstan.from";
    private static final String PREPROCESSING = "capstan.preprocessing";

    private OnnxLineage() {}

    /**
     * The model with its lineage.
     *
     * @param from digest of the model that it was made of
     * @param preprocessing how samples are read for it
     */
    public static ModelProto in(ModelProto model, String from, Preprocessing preprocessing) {
        var own = new TreeMap<>(Map.of(FROM, from, PREPROCESSING, FileDigest.of(Json.write(preprocessing))));
        var marked = model.toBuilder().clearMetadataProps();
        model.getMetadataPropsList().stream()
                .filter(each -> !own.containsKey(each.getKey()))
                .forEach(marked::addMetadataProps);
        own.forEach((key, value) -> marked.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return marked.build();
    }

    /** Digest of the {@code preprocessing.json} that belongs to a model; empty if it doesn't say. */
    static Optional<String> preprocessing(ModelProto model) {
        return model.getMetadataPropsList().stream()
                .filter(each -> each.getKey().equals(PREPROCESSING))
                .map(StringStringEntryProto::getValue)
                .findFirst();
    }
}
