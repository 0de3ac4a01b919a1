package dev.capstan.worker.serve.rest;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import dev.capstan.worker.serve.http.Body;
import dev.capstan.worker.serve.infer.InferRequest;
import dev.capstan.worker.serve.infer.InferRequest.RequestedOutput;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the binary extension's raw request, which has no JSON: the body is the one input's elements. They are one
 * sample, or as many as the one open size takes.
 */
final class RawReader {
    private RawReader() {}

    /** @throws RequestException INVALID if the model has several inputs, or the body doesn't fill one */
    static InferRequest read(Body body, List<TensorSpec> inputs, List<TensorSpec> outputs) {
        if (inputs.size() != 1) {
            throw new RequestException(
                    INVALID,
                    "a body without JSON (Inference-Header-Content-Length: 0) is for models with one input, this one has "
                            + inputs.size());
        }
        var spec = inputs.getFirst();
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put(spec.name(), spec.type() == DataType.BYTES ? element(body, spec) : elements(body, spec));
        return new InferRequest(
                "",
                Map.of(),
                tensors,
                outputs.stream()
                        .map(each -> new RequestedOutput(each.name(), true))
                        .toList(),
                0);
    }

    private static Tensor element(Body body, TensorSpec spec) {
        var data = ByteBuffer.allocate(Integer.BYTES + body.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(body.length())
                .put(body.bytes(), 0, body.length())
                .flip();
        var shape = new long[spec.shape().length];
        Arrays.fill(shape, 1);
        return new Tensor(spec.type(), shape, data);
    }

    private static Tensor elements(Body body, TensorSpec spec) {
        var shape = spec.shape().clone();
        long fixed = spec.type().size();
        int open = -1;
        for (int each = shape.length - 1; each >= 0; each--) {
            if (shape[each] >= 0) {
                fixed *= shape[each];
            } else if (open < 0) {
                open = each;
            } else {
                // The first one counts samples where there are two that are open.
                shape[each] = 1;
            }
        }
        if (open >= 0 && fixed > 0) {
            shape[open] = body.length() / fixed;
        }
        return new Tensor(
                spec.type(),
                shape,
                ByteBuffer.wrap(body.bytes(), 0, body.length()).slice().order(ByteOrder.LITTLE_ENDIAN));
    }
}
