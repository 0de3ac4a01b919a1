package dev.capstan.worker.onnx;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import onnx.Onnx.ModelProto;
import org.nd4j.shade.protobuf.CodedOutputStream;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;

/** Models as files of the Open Neural Network Exchange. */
public final class OnnxFile {
    /** A message of protocol buffers is no longer. */
    private static final long LONGEST = Integer.MAX_VALUE;

    private OnnxFile() {}

    /**
     * The model in a file.
     *
     * @throws IllegalArgumentException if it is none; the sentence says what is wrong
     * @throws IOException if the file can't be read
     */
    public static ModelProto read(Path file) throws IOException {
        if (Files.size(file) > LONGEST) {
            throw new IllegalArgumentException(file.getFileName() + " has " + Files.size(file)
                    + " bytes; a model in one ONNX file has at most " + LONGEST);
        }
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return read(file.getFileName().toString(), in);
        }
    }

    /**
     * The model in what is left of a stream.
     *
     * @param name of it, for messages
     * @throws IllegalArgumentException if it is none; the sentence says what is wrong
     */
    public static ModelProto read(String name, InputStream in) throws IOException {
        try {
            var model = ModelProto.parseFrom(in);
            if (model.getGraph().getNodeCount() == 0) {
                throw new IllegalArgumentException(name + " has no operators; it must be an ONNX model with a graph");
            }
            return model;
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(name + " is no ONNX model: " + e.getMessage(), e);
        }
    }

    /**
     * Writes a model, the same bytes for the same model; leaves the stream open.
     *
     * @throws IllegalArgumentException if it is longer than one file may be
     */
    public static void write(ModelProto model, OutputStream target) throws IOException {
        checkLength(model);
        var out = CodedOutputStream.newInstance(target);
        out.useDeterministicSerialization();
        model.writeTo(out);
        out.flush();
    }

    /** A size of more than 2 GiB overflows, in a way that protocol buffers don't tell. */
    private static void checkLength(ModelProto model) {
        long weights = model.getGraph().getInitializerList().stream()
                .mapToLong(each -> each.getRawData().size())
                .sum();
        if (weights > LONGEST - (64 << 20)) {
            throw new IllegalArgumentException("the model's weights have " + weights
                    + " bytes; one ONNX file holds a model of at most " + (LONGEST - (64 << 20)));
        }
    }
}
