package dev.capstan.worker.serve.rest;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.http.Body;
import dev.capstan.worker.serve.infer.InferRequest;
import dev.capstan.worker.serve.infer.Models.Loaded;

/** An infer request's body, in any of its three forms: JSON, JSON with tensors behind it, or one tensor alone. */
final class InferBody {
    /** Header with the length of the JSON that tensors follow; of one tensor alone it is 0. */
    static final String JSON_LENGTH = "Inference-Header-Content-Length";

    private InferBody() {}

    /**
     * @param length what the header says; null if it isn't there
     * @param model that is asked
     * @throws RequestException INVALID if it is no request
     */
    static InferRequest read(Body body, String length, Loaded model) {
        if (length == null) {
            return InferReader.read(body, -1);
        }
        if (!length.matches("[0-9]{1,10}") || Long.parseLong(length) > body.length()) {
            throw new RequestException(
                    INVALID,
                    JSON_LENGTH + " is \"" + length + "\"; it must be the length of the JSON, at most the body's "
                            + body.length() + " bytes");
        }
        int json = Integer.parseInt(length);
        return json == 0 ? RawReader.read(body, model.inputs(), model.outputs()) : InferReader.read(body, json);
    }
}
