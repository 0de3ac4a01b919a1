package dev.capstan.worker.serve.rest;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.capstan.worker.serve.RequestException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads {@code parameters}. */
final class ParameterReader {
    private static final int MOST = 256;

    private ParameterReader() {}

    /**
     * @param json at the object's start
     * @param of whose they are, for the message
     */
    static Map<String, Object> read(JsonParser json, String of) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return Map.of();
        }
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new RequestException(INVALID, of + ": parameters must be an object, it is " + json.getText());
        }
        var parameters = new LinkedHashMap<String, Object>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            var name = json.currentName();
            var value = switch (json.nextToken()) {
                case VALUE_TRUE -> Boolean.TRUE;
                case VALUE_FALSE -> Boolean.FALSE;
                case VALUE_STRING -> json.getText();
                case VALUE_NUMBER_INT -> whole(json);
                case VALUE_NUMBER_FLOAT -> (Object) json.getDoubleValue();
                case VALUE_NULL -> null;
                default ->
                    throw new RequestException(
                            INVALID,
                            of + ": the parameter " + name + " must be a string, a number, true or false, it is "
                                    + json.getText());
            };
            if (value != null) {
                parameters.put(name, value);
            }
            if (parameters.size() > MOST) {
                throw new RequestException(INVALID, of + " has more than " + MOST + " parameters");
            }
        }
        return parameters;
    }

    private static Object whole(JsonParser json) throws IOException {
        return json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                ? json.getBigIntegerValue()
                : (Object) json.getLongValue();
    }
}
