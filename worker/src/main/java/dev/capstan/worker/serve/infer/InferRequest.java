package dev.capstan.worker.serve.infer;

import dev.capstan.worker.serve.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a client asks of a model, in whichever form it came.
 *
 * @param id the client's own; empty if it has none
 * @param parameters of the request, by name: Boolean, Long, {@link java.math.BigInteger} beyond that, Double or String
 * @param inputs by name, in the client's order
 * @param outputs those that are wanted, in the client's order; none for all
 * @param timeoutMicros how long the client waits, by its parameter {@code timeout}; 0 if it doesn't say
 */
public record InferRequest(
        String id,
        Map<String, Object> parameters,
        LinkedHashMap<String, Tensor> inputs,
        List<RequestedOutput> outputs,
        long timeoutMicros) {
    /**
     * @param name of the output
     * @param binary whether it is to be answered as bytes after the JSON; of no meaning for gRPC
     */
    public record RequestedOutput(String name, boolean binary) {}
}
