package dev.capstan.worker.serve.rest;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.infer.Parameters;
import dev.capstan.worker.serve.infer.Shapes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/** Reads one of {@code inputs}, whose fields come in any order. */
final class InputReader {
    private final byte[] body;
    private final int length;
    private final int index;
    private String name;
    private DataType type;
    private long[] shape;
    private Map<String, Object> parameters = Map.of();
    private Tensor tensor;
    /** Where data begins that came before what tells how to read it; -1 if it didn't. */
    private long early = -1;

    /**
     * @param length of the JSON in the body
     * @param index of the input, for messages about one that has no name yet
     */
    InputReader(byte[] body, int length, int index) {
        this.body = body;
        this.length = length;
        this.index = index;
    }

    String name() {
        return name;
    }

    /**
     * Reads it.
     *
     * @param json at the object's start; at its end afterwards
     */
    void read(JsonParser json) throws IOException {
        while (json.nextToken() != JsonToken.END_OBJECT) {
            var field = json.currentName();
            json.nextToken();
            switch (field) {
                case "name" -> name = text(json, field);
                case "datatype" -> type = type(text(json, field));
                case "shape" -> shape = shape(json);
                case "parameters" -> parameters = ParameterReader.read(json, input());
                case "data" -> data(json);
                default -> json.skipChildren();
            }
        }
        if (name == null || type == null || shape == null) {
            throw new RequestException(
                    INVALID, input() + " has no " + (name == null ? "name" : type == null ? "datatype" : "shape"));
        }
        Parameters.refuseForeign(parameters, input());
        if (early >= 0) {
            int from = (int) early;
            try (var again = JsonFormat.parser(body, from, length - from)) {
                again.nextToken();
                tensor = DataReader.read(again, input(), type, shape, length - from);
            }
        }
    }

    private void data(JsonParser json) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            // KServe's client says so of a tensor without elements, beside a binary_data_size of 0.
            return;
        }
        if (tensor != null || early >= 0) {
            throw new RequestException(INVALID, input() + " has data twice");
        }
        if (type == null || shape == null) {
            early = json.currentTokenLocation().getByteOffset();
            json.skipChildren();
        } else {
            tensor = DataReader.read(json, input(), type, shape, length);
        }
    }

    /**
     * The tensor, of which the data may follow the JSON.
     *
     * @param from where in the body the data of this one begins, if it follows the JSON
     * @param end where the body ends; negative if nothing may follow
     */
    Tensor tensor(int from, int end) {
        long size = Parameters.number(parameters, Parameters.BINARY_SIZE, input());
        if (size < 0) {
            if (tensor == null) {
                throw new RequestException(INVALID, input() + " has no data");
            }
            return tensor;
        }
        if (tensor != null) {
            throw new RequestException(INVALID, input() + " has both data and binary_data_size; only one may be");
        }
        if (end < 0 && size > 0) {
            throw new RequestException(
                    INVALID,
                    input() + " has binary_data_size, but the header Inference-Header-Content-Length is missing, which"
                            + " tells where the JSON ends");
        }
        if (size > 0 && size > end - from) {
            throw new RequestException(
                    INVALID,
                    input() + ": binary_data_size is " + size + ", " + (end - from) + " bytes are left in the body");
        }
        return new Tensor(
                type, shape, ByteBuffer.wrap(body, from, (int) size).slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    private String input() {
        return name == null
                ? "input " + index
                : "input \"" + (name.length() > 100 ? name.substring(0, 100) + "…" : name) + '"';
    }

    private String text(JsonParser json, String field) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            throw new RequestException(INVALID, input() + ": " + field + " must be a string, it is " + json.getText());
        }
        return json.getText();
    }

    private DataType type(String text) {
        for (var each : DataType.values()) {
            if (each.name().equals(text)) {
                return each;
            }
        }
        throw new RequestException(
                INVALID,
                input() + ": datatype is \"" + text + "\"; it must be one of " + Arrays.toString(DataType.values()));
    }

    private long[] shape(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw new RequestException(INVALID, input() + ": shape must be an array, it is " + json.getText());
        }
        var sizes = new long[4];
        int dimensions = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
                    || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                throw new RequestException(
                        INVALID, input() + ": shape has " + json.getText() + "; its sizes must be whole numbers");
            }
            if (dimensions == Shapes.MOST_DIMENSIONS) {
                throw new RequestException(
                        INVALID, input() + ": shape has more than " + Shapes.MOST_DIMENSIONS + " dimensions");
            }
            sizes = dimensions < sizes.length ? sizes : Arrays.copyOf(sizes, Shapes.MOST_DIMENSIONS);
            sizes[dimensions++] = json.getLongValue();
        }
        return Arrays.copyOf(sizes, dimensions);
    }
}
