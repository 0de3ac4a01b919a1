package dev.capstan.worker.serve;

import java.util.Optional;

/**
 * A model that answers by a name.
 *
 * @param name by which clients ask for it
 * @param version of it: the revision's number
 * @param platform the protocol's word for what computes it, such as {@code onnx_onnxv1}
 * @param digest {@code sha256:…} of the artifact
 * @param predictor computes
 * @param interpreter reads files for it; empty if nobody knows how it was trained
 */
public record ServedModel(
        String name,
        String version,
        String platform,
        String digest,
        Predictor predictor,
        Optional<Interpreter> interpreter) {}
