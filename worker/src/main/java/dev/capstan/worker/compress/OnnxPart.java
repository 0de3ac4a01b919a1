package dev.capstan.worker.compress;

import dev.capstan.worker.checkpoint.State;
import dev.capstan.worker.onnx.OnnxFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import onnx.Onnx.ModelProto;

/**
 * What quantization made, as a part of a state.
 *
 * @param model in integers
 */
public record OnnxPart(ModelProto model) implements State.Part {
    /** The name of its file in a checkpoint. */
    public static final String FILE = "quantized.onnx";

    /**
     * The one in a checkpoint's folder, which has one.
     *
     * @throws IllegalArgumentException if it is no ONNX model
     */
    public static ModelProto read(Path folder) throws IOException {
        return OnnxFile.read(folder.resolve(FILE));
    }

    @Override
    public String name() {
        return FILE;
    }

    @Override
    public void write(OutputStream out) throws IOException {
        OnnxFile.write(model, out);
    }

    @Override
    public void read(InputStream in) {
        // Whoever goes on has read it from the checkpoint's folder.
    }
}
