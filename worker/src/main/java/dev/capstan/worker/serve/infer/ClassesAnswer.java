package dev.capstan.worker.serve.infer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/** Files in and classes out, as tensors of the protocol. */
public final class ClassesAnswer {
    /** The input by which files are sent. */
    public static final String SAMPLE = "sample";

    private static final String CLASSES = "classes";
    private static final String PROBABILITIES = "probabilities";
    static final List<TensorSpec> OUTPUTS = List.of(
            new TensorSpec(CLASSES, DataType.BYTES, new long[] {-1, -1}),
            new TensorSpec(PROBABILITIES, DataType.FP32, new long[] {-1, -1}));

    private ClassesAnswer() {}

    static List<ByteBuffer> files(ByteBuffer elements) {
        var left = elements.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var files = new ArrayList<ByteBuffer>();
        while (left.hasRemaining()) {
            int length = left.getInt();
            files.add(left.slice(left.position(), length));
            left.position(left.position() + length);
        }
        return files;
    }

    static List<Answer> joined(List<Answer> some, List<Answer> more) {
        var all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }

    /** A row for each sample: its classes, the likeliest first, and beside them their probabilities. */
    static LinkedHashMap<String, Tensor> tensors(List<Answer> answers, Set<String> wanted) {
        int classes = answers.isEmpty() ? 0 : answers.getFirst().classes().size();
        long[] shape = {answers.size(), classes};
        var names = new ByteArrayOutputStream();
        var probabilities =
                ByteBuffer.allocate(answers.size() * classes * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (var answer : answers) {
            for (var each : answer.classes()) {
                var name = each.name().getBytes(UTF_8);
                for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                    names.write(name.length >> shift);
                }
                names.writeBytes(name);
                probabilities.putFloat(each.probability());
            }
        }
        var tensors = new LinkedHashMap<String, Tensor>();
        for (var each : wanted) {
            tensors.put(
                    each,
                    each.equals(CLASSES)
                            ? new Tensor(
                                    DataType.BYTES,
                                    shape,
                                    ByteBuffer.wrap(names.toByteArray()).order(ByteOrder.LITTLE_ENDIAN))
                            : new Tensor(
                                    DataType.FP32,
                                    shape,
                                    probabilities.duplicate().flip().order(ByteOrder.LITTLE_ENDIAN)));
        }
        return tensors;
    }
}
