package dev.capstan.worker.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import onnx.Onnx.ModelProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataLocation;
import org.nd4j.shade.protobuf.ByteString;

/**
 * Tensors that lie in files beside a model, as ONNX' IR specification, "External Tensor Data", has them: PyTorch writes
 * them so by default.
 */
public final class ExternalData {
    private static final String RIGHT = "; name the folder that holds both, or give a model that holds its tensors in"
            + " itself, as onnx.save writes it without save_as_external_data";

    private ExternalData() {}

    /** Whether some of a model's weights lie beside it. */
    public static boolean isUsedBy(ModelProto model) {
        return model.getGraph().getInitializerList().stream().anyMatch(ExternalData::isExternal);
    }

    private static boolean isExternal(TensorProto tensor) {
        return tensor.getDataLocation() == DataLocation.EXTERNAL;
    }

    /** The files beside a model that it names, as it names them. */
    public static Set<String> locations(ModelProto model) {
        return model.getGraph().getInitializerList().stream()
                .filter(ExternalData::isExternal)
                .flatMap(each -> each.getExternalDataList().stream())
                .filter(each ->
                        each.getKey().equals("location") && !each.getValue().isEmpty())
                .map(StringStringEntryProto::getValue)
                .collect(Collectors.toSet());
    }

    /**
     * The model with all of its weights in itself.
     *
     * @param folder that the model lies in
     * @throws IllegalArgumentException if a file isn't there, is too short or lies elsewhere; the sentence names tensor
     *     and file
     * @throws IOException if a file can't be read
     */
    public static ModelProto joined(ModelProto model, Path folder) throws IOException {
        var graph = model.getGraph().toBuilder();
        for (var tensor : graph.getInitializerBuilderList()) {
            if (tensor.getDataLocation() == DataLocation.EXTERNAL) {
                tensor.setRawData(data(tensor, folder)).clearExternalData().clearDataLocation();
            }
        }
        return model.toBuilder().setGraph(graph).build();
    }

    private static ByteString data(TensorProto.Builder tensor, Path folder) throws IOException {
        Map<String, String> entries = new HashMap<>();
        tensor.getExternalDataList().forEach(each -> entries.put(each.getKey(), each.getValue()));
        var location = entries.getOrDefault("location", "");
        var where = "tensor " + tensor.getName() + " lies in the file " + location + " beside the model, ";
        var file = folder.resolve(location).normalize();
        if (location.isEmpty()
                || !file.startsWith(folder.normalize())
                || Path.of(location).isAbsolute()) {
            throw new IllegalArgumentException(
                    where + "which is no place in the model's own folder; it must be there" + RIGHT);
        }
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(where + "which isn't there" + RIGHT);
        }
        long size = Files.size(file);
        long offset = number(where, entries, "offset", 0);
        long length = number(where, entries, "length", size - offset);
        if (offset > size || length > size - offset) {
            throw new IllegalArgumentException(where + "at " + offset + " with " + length + " bytes, and the file has "
                    + size + "; it must be the one that was written with the model");
        }
        if (length > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(where + "with " + length + " bytes; a tensor may have at most "
                    + (Integer.MAX_VALUE - 8) + " here");
        }
        try (var in = Files.newInputStream(file)) {
            in.skipNBytes(offset);
            return ByteString.copyFrom(in.readNBytes((int) length));
        }
    }

    private static long number(String where, Map<String, String> entries, String key, long otherwise) {
        var text = entries.get(key);
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException(where + "and its " + key + " is \"" + text + "\"; it must be a number");
        }
        return Long.parseLong(text);
    }
}
