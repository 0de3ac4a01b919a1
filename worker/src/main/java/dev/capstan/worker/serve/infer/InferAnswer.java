package dev.capstan.worker.serve.infer;

import dev.capstan.worker.serve.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a model answers.
 *
 * @param model its name
 * @param version its version
 * @param id as the client sent it; empty if it sent none
 * @param parameters as the client sent them, less those that told this server what to do
 * @param outputs by name, in the client's order or else the model's
 */
public record InferAnswer(
        String model,
        String version,
        String id,
        Map<String, Object> parameters,
        LinkedHashMap<String, Tensor> outputs) {
    /** Of all outputs. */
    public long bytes() {
        long bytes = 0;
        for (var each : outputs.values()) {
            bytes += each.data().remaining();
        }
        return bytes;
    }
}
