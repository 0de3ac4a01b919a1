package dev.capstan.worker.serve.model;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Many samples, computed some at a time. */
final class Pieces {
    private Pieces() {}

    /**
     * The answers to all samples, in their order.
     *
     * @param given by name; the first dimension of each counts the samples
     * @param most samples of a piece
     * @param run answers a piece
     */
    static Map<String, Tensor> of(
            Map<String, Tensor> given, long samples, int most, UnaryOperator<Map<String, Tensor>> run) {
        var rests = new LinkedHashMap<String, ByteBuffer>();
        given.forEach((name, tensor) -> rests.put(name, tensor.data().slice()));
        var answers = new LinkedHashMap<String, List<Tensor>>();
        for (long done = 0; done < samples; done += most) {
            int count = (int) Math.min(most, samples - done);
            var piece = new LinkedHashMap<String, Tensor>();
            given.forEach((name, tensor) -> piece.put(name, next(tensor, rests.get(name), count)));
            run.apply(piece)
                    .forEach((name, answer) -> answers.computeIfAbsent(name, each -> new ArrayList<>())
                            .add(answer));
        }
        var all = new LinkedHashMap<String, Tensor>();
        answers.forEach((name, parts) -> all.put(name, together(parts)));
        return all;
    }

    /** The next samples of what is left of a tensor. */
    private static Tensor next(Tensor tensor, ByteBuffer rest, int count) {
        var shape = tensor.shape().clone();
        shape[0] = count;
        int length = length(tensor.type(), Math.toIntExact(Request.elements(shape)), rest);
        var data = rest.slice(rest.position(), length);
        rest.position(rest.position() + length);
        return new Tensor(tensor.type(), shape, data);
    }

    private static int length(DataType type, int elements, ByteBuffer rest) {
        if (type != DataType.BYTES) {
            return elements * type.size();
        }
        var texts = rest.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            int length = texts.getInt();
            texts.position(texts.position() + length);
        }
        return texts.position() - rest.position();
    }

    /** The rows of several tensors that differ in the first dimension at most, one behind the other. */
    static Tensor together(List<Tensor> parts) {
        var shape = parts.getFirst().shape().clone();
        shape[0] = parts.stream().mapToLong(each -> each.shape()[0]).sum();
        var data = ByteBuffer.allocate(
                parts.stream().mapToInt(each -> each.data().remaining()).reduce(0, Math::addExact));
        parts.forEach(each -> data.put(each.data().duplicate()));
        return new Tensor(parts.getFirst().type(), shape, data.flip());
    }
}
