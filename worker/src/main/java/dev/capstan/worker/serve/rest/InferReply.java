package dev.capstan.worker.serve.rest;

import dev.capstan.worker.serve.infer.InferAnswer;
import dev.capstan.worker.serve.infer.InferRequest;
import dev.capstan.worker.serve.infer.Parameters;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An answer as it is sent.
 *
 * @param parts one after another
 * @param jsonLength bytes of JSON before the tensors; negative if it is JSON alone
 */
record InferReply(List<ByteBuffer> parts, int jsonLength) {
    static InferReply of(InferAnswer answer, InferRequest request) {
        var binary = binary(answer, request);
        var json = InferWriter.write(answer, binary);
        var parts = new ArrayList<ByteBuffer>();
        parts.add(ByteBuffer.wrap(json));
        answer.outputs().forEach((name, tensor) -> {
            if (binary.contains(name)) {
                parts.add(tensor.data());
            }
        });
        return new InferReply(parts, binary.isEmpty() ? -1 : json.length);
    }

    private static Set<String> binary(InferAnswer answer, InferRequest request) {
        if (request.outputs().isEmpty()) {
            return Boolean.TRUE.equals(request.parameters().get(Parameters.BINARY_OUTPUT))
                    ? answer.outputs().keySet()
                    : Set.of();
        }
        var binary = new HashSet<String>();
        for (var each : request.outputs()) {
            if (each.binary()) {
                binary.add(each.name());
            }
        }
        return binary;
    }
}
