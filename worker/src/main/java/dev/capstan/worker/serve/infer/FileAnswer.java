package dev.capstan.worker.serve.infer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Interpreter;
import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.Interpreter.Classes;
import dev.capstan.worker.serve.Interpreter.Predictions;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Files in and classes or predicted numbers out, as tensors of the protocol. */
public final class FileAnswer {
    /** The input by which files are sent. */
    public static final String SAMPLE = "sample";

    private static final List<TensorSpec> CLASSES = outputs("classes", "probabilities");
    private static final List<TensorSpec> PREDICTIONS = outputs("targets", "predictions");

    private FileAnswer() {}

    private static List<TensorSpec> outputs(String names, String numbers) {
        return List.of(
                new TensorSpec(names, DataType.BYTES, new long[] {-1, -1}),
                new TensorSpec(numbers, DataType.FP32, new long[] {-1, -1}));
    }

    /** What there is to be asked for: names, and a number for each. */
    static List<TensorSpec> outputs(Interpreter interpreter) {
        return interpreter.predictsNumbers() ? PREDICTIONS : CLASSES;
    }

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

    /** A name, and the number that belongs to it. */
    private record Pair(String name, float number) {}

    private static List<Pair> pairs(Answer answer) {
        return switch (answer) {
            case Classes(var classes) ->
                classes.stream()
                        .map(each -> new Pair(each.name(), each.probability()))
                        .toList();
            case Predictions(var predictions) ->
                predictions.stream()
                        .map(each -> new Pair(each.name(), each.value()))
                        .toList();
        };
    }

    /** A row for each sample: its classes, the likeliest first, or what is predicted; and beside them their numbers. */
    static LinkedHashMap<String, Tensor> tensors(List<Answer> answers, Set<String> wanted) {
        var rows = answers.stream().map(FileAnswer::pairs).toList();
        int width = rows.isEmpty() ? 0 : rows.getFirst().size();
        long[] shape = {rows.size(), width};
        var names = new ByteArrayOutputStream();
        var numbers = ByteBuffer.allocate(rows.size() * width * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (var row : rows) {
            for (var each : row) {
                var name = each.name().getBytes(UTF_8);
                for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                    names.write(name.length >> shift);
                }
                names.writeBytes(name);
                numbers.putFloat(each.number());
            }
        }
        var tensors = new LinkedHashMap<String, Tensor>();
        for (var each : wanted) {
            boolean named = Stream.of(CLASSES, PREDICTIONS)
                    .anyMatch(specs -> specs.getFirst().name().equals(each));
            tensors.put(
                    each,
                    named
                            ? new Tensor(
                                    DataType.BYTES,
                                    shape,
                                    ByteBuffer.wrap(names.toByteArray()).order(ByteOrder.LITTLE_ENDIAN))
                            : new Tensor(
                                    DataType.FP32,
                                    shape,
                                    numbers.duplicate().flip().order(ByteOrder.LITTLE_ENDIAN)));
        }
        return tensors;
    }
}
