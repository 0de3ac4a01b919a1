package dev.capstan.worker.serve.rest;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.http.Body;
import dev.capstan.worker.serve.infer.InferRequest;
import dev.capstan.worker.serve.infer.InferRequest.RequestedOutput;
import dev.capstan.worker.serve.infer.Parameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads an infer request: JSON, and behind it the tensors that are sent as bytes.
 *
 * @see <a href="https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md">the
 *     binary tensor data extension</a>
 */
final class InferReader {
    /** More inputs and outputs than any model has. */
    private static final int MOST = 1024;

    private final Body body;
    private final int jsonLength;
    private final boolean binary;
    private String id = "";
    private Map<String, Object> parameters = Map.of();
    private final List<InputReader> inputs = new ArrayList<>();
    private final List<Requested> outputs = new ArrayList<>();

    /** @param binary null if it is as the request says for all */
    private record Requested(String name, Boolean binary) {}

    private InferReader(Body body, int jsonLength, boolean binary) {
        this.body = body;
        this.jsonLength = jsonLength;
        this.binary = binary;
    }

    /**
     * @param jsonLength bytes of JSON at the body's start; negative if it is JSON alone
     * @throws RequestException INVALID with what is wrong with it
     */
    static InferRequest read(Body body, int jsonLength) {
        var reader = new InferReader(body, jsonLength < 0 ? body.length() : jsonLength, jsonLength >= 0);
        try (var json = JsonFormat.parser(body.bytes(), 0, reader.jsonLength)) {
            reader.read(json);
            return reader.request();
        } catch (JsonProcessingException e) {
            throw JsonFormat.refusal(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(JsonParser json) throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw new RequestException(
                    INVALID,
                    jsonLength == 0
                            ? "the body is empty; it must be JSON with inputs"
                            : "the body must be a JSON object with inputs");
        }
        while (json.nextToken() != JsonToken.END_OBJECT) {
            var field = json.currentName();
            json.nextToken();
            switch (field) {
                case "id" -> id = id(json);
                case "parameters" -> parameters = ParameterReader.read(json, "the request");
                case "inputs" -> array(json, field, this::input);
                case "outputs" -> array(json, field, this::output);
                default -> json.skipChildren();
            }
        }
        if (json.nextToken() != null) {
            throw new RequestException(INVALID, "after the request's JSON there is more: " + json.getText());
        }
    }

    private static String id(JsonParser json) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_STRING, VALUE_NUMBER_INT -> json.getText();
            case VALUE_NULL -> "";
            default -> throw new RequestException(INVALID, "id must be a string, it is " + json.getText());
        };
    }

    private interface Element {
        void read(JsonParser json) throws IOException;
    }

    private static void array(JsonParser json, String field, Element element) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw new RequestException(INVALID, field + " must be an array, it is " + json.getText());
        }
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (json.currentToken() != JsonToken.START_OBJECT) {
                throw new RequestException(INVALID, field + " has " + json.getText() + "; it must have objects");
            }
            if (count++ == MOST) {
                throw new RequestException(INVALID, field + " has more than " + MOST + " elements");
            }
            element.read(json);
        }
    }

    private void input(JsonParser json) throws IOException {
        var input = new InputReader(body.bytes(), jsonLength, inputs.size());
        input.read(json);
        inputs.add(input);
    }

    private void output(JsonParser json) throws IOException {
        String name = null;
        Map<String, Object> own = Map.of();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            var field = json.currentName();
            json.nextToken();
            switch (field) {
                case "name" -> name = json.getText();
                case "parameters" -> own = ParameterReader.read(json, "output " + outputs.size());
                default -> json.skipChildren();
            }
        }
        if (name == null) {
            throw new RequestException(INVALID, "output " + outputs.size() + " has no name");
        }
        var of = "output \"" + name + '"';
        Parameters.refuseForeign(own, of);
        outputs.add(new Requested(
                name, own.containsKey(Parameters.BINARY) ? Parameters.truth(own, Parameters.BINARY, of) : null));
    }

    private InferRequest request() {
        boolean all = Parameters.truth(parameters, Parameters.BINARY_OUTPUT, "the request");
        var requested = outputs.stream()
                .map(each -> new RequestedOutput(each.name, each.binary == null ? all : each.binary))
                .toList();
        return new InferRequest(id, parameters, tensors(), requested, Parameters.timeout(parameters));
    }

    private LinkedHashMap<String, Tensor> tensors() {
        var tensors = new LinkedHashMap<String, Tensor>();
        int from = jsonLength;
        for (var each : inputs) {
            var tensor = each.tensor(from, binary ? body.length() : -1);
            if (tensor.data().hasArray() && tensor.data().array() == body.bytes()) {
                from += tensor.data().remaining();
            }
            if (tensors.put(each.name(), tensor) != null) {
                throw new RequestException(INVALID, "input \"" + each.name() + "\" is there twice");
            }
        }
        if (from != body.length()) {
            throw new RequestException(
                    INVALID,
                    body.length() - from + " bytes follow the last tensor; the inputs' binary_data_size must add up to"
                            + " what follows the JSON");
        }
        return tensors;
    }
}
