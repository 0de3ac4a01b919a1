package dev.capstan.worker.serve.infer;

import java.util.List;

/**
 * What the server says of itself.
 *
 * @param version of the worker
 * @param repository whether clients may load and unload models
 */
public record Identity(String version, boolean repository) {
    /** The server's name. */
    public String name() {
        return "capstan";
    }

    /** Extensions of the protocol, by the names that Triton has for them. */
    public List<String> extensions() {
        return repository ? List.of("binary_tensor_data", "model_repository") : List.of("binary_tensor_data");
    }
}
