package dev.capstan.worker.serve.rest;

import static com.fasterxml.jackson.core.JsonToken.END_ARRAY;
import static com.fasterxml.jackson.core.JsonToken.START_ARRAY;
import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.fasterxml.jackson.core.JsonParser;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.infer.Shapes;
import java.io.IOException;

/** Reads a tensor's {@code data}: one array of all elements, or arrays in arrays as the shape has them. */
final class DataReader {
    private final String input;
    private final DataType type;
    private final long[] shape;
    private final ElementReader elements;
    /** How many are in the array that is open at each depth. */
    private final long[] counts;

    private int depth = 1;
    private boolean nested;

    private DataReader(String input, DataType type, long[] shape, int longest) {
        this.input = input;
        this.type = type;
        this.shape = shape;
        // A shape is a claim only: no more memory than the text can fill, where an element takes two characters.
        long likely = Shapes.elements(input, shape) * Math.max(type.size(), 2 * Integer.BYTES);
        elements = new ElementReader(input, type, (int) Math.min(likely, Math.max(64, 4L * longest)));
        counts = new long[Math.max(1, shape.length) + 1];
    }

    /**
     * @param json at the array's start
     * @param longest bytes of text that there may be
     */
    static Tensor read(JsonParser json, String input, DataType type, long[] shape, int longest) throws IOException {
        if (json.currentToken() != START_ARRAY) {
            throw new RequestException(
                    INVALID, input + ": data is " + json.getText() + "; it must be an array of its elements");
        }
        return new DataReader(input, type, shape, longest).read(json);
    }

    private Tensor read(JsonParser json) throws IOException {
        while (depth > 0) {
            var token = json.nextToken();
            if (token == START_ARRAY) {
                open();
            } else if (token == END_ARRAY) {
                shut();
            } else if (nested && depth != shape.length) {
                throw uneven("an element at depth " + depth);
            } else {
                counts[depth]++;
                elements.read(json, token);
            }
        }
        long wanted = Shapes.elements(input, shape);
        if (elements.elements() != wanted) {
            throw new RequestException(
                    INVALID,
                    input + ": the shape " + Shapes.text(shape) + " has " + wanted + " elements, the data "
                            + elements.elements());
        }
        return new Tensor(type, shape, elements.data());
    }

    private void open() {
        if (depth >= shape.length) {
            throw uneven("arrays nested " + (depth + 1) + " deep");
        }
        if (!nested && elements.elements() > 0) {
            throw uneven("arrays beside elements");
        }
        nested = true;
        counts[depth]++;
        depth++;
        counts[depth] = 0;
    }

    private void shut() {
        if (nested && counts[depth] != shape[depth - 1]) {
            throw uneven("an array of " + counts[depth] + " at depth " + depth);
        }
        depth--;
    }

    private RequestException uneven(String found) {
        return new RequestException(
                INVALID,
                input + ": the data has " + found + ", which the shape " + Shapes.text(shape)
                        + " doesn't; it must be one array of all elements, or arrays in arrays of these sizes");
    }
}
