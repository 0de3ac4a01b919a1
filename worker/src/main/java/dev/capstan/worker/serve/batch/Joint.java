package dev.capstan.worker.serve.batch;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts tensors together along their first dimension, and takes them apart again. Of one thread. */
final class Joint {
    /**
     * By input: grown to the largest that was needed, and used again, since memory outside of the heap is freed late.
     */
    private final Map<String, ByteBuffer> memory = new HashMap<>();

    /** All samples of an input, in the requests' order; to be read before the next one is made. */
    Tensor of(String input, List<Pending> requests) {
        var first = requests.getFirst().inputs().get(input);
        var shape = first.shape().clone();
        shape[0] = 0;
        int bytes = 0;
        for (var each : requests) {
            var tensor = each.inputs().get(input);
            shape[0] += tensor.shape()[0];
            bytes += tensor.data().remaining();
        }
        var data = memory.get(input);
        if (data == null || data.capacity() < bytes) {
            data = ByteBuffer.allocateDirect(Math.max(bytes, 4096)).order(ByteOrder.LITTLE_ENDIAN);
            memory.put(input, data);
        }
        data.clear();
        for (var each : requests) {
            data.put(each.inputs().get(input).data().duplicate());
        }
        return new Tensor(first.type(), shape, data.flip());
    }

    /**
     * What belongs to each request, in their order.
     *
     * @return null if the tensor's first dimension doesn't count the samples
     */
    static List<Tensor> apart(Tensor tensor, List<Pending> requests) {
        long samples = 0;
        for (var each : requests) {
            samples += each.samples();
        }
        if (tensor.shape().length == 0 || tensor.shape()[0] != samples) {
            return null;
        }
        var parts = new ArrayList<Tensor>(requests.size());
        int from = tensor.data().position();
        int end = tensor.data().limit();
        for (var each : requests) {
            var shape = tensor.shape().clone();
            shape[0] = each.samples();
            int to = tensor.type() == DataType.BYTES
                    ? after(tensor.data(), from, elements(shape))
                    : from + Math.toIntExact((end - tensor.data().position()) / samples * each.samples());
            parts.add(new Tensor(
                    tensor.type(), shape, tensor.data().slice(from, to - from).order(ByteOrder.LITTLE_ENDIAN)));
            from = to;
        }
        return parts;
    }

    private static int after(ByteBuffer data, int from, long elements) {
        int position = from;
        for (long element = 0; element < elements; element++) {
            int length = data.order() == ByteOrder.LITTLE_ENDIAN
                    ? data.getInt(position)
                    : Integer.reverseBytes(data.getInt(position));
            position += Integer.BYTES + length;
        }
        return position;
    }

    private static long elements(long[] shape) {
        long elements = 1;
        for (long each : shape) {
            elements *= each;
        }
        return elements;
    }
}
