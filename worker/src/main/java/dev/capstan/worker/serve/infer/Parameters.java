package dev.capstan.worker.serve.infer;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import dev.capstan.worker.serve.RequestException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The parameters of requests, inputs and outputs that mean something to this server; others are the client's own. */
public final class Parameters {
    /** Bytes of a tensor that follows the JSON. */
    public static final String BINARY_SIZE = "binary_data_size";
    /** Whether an output is to follow the JSON as bytes. */
    public static final String BINARY = "binary_data";
    /** Whether all outputs are to. */
    public static final String BINARY_OUTPUT = "binary_data_output";
    /** How many microseconds the client waits. */
    public static final String TIMEOUT = "timeout";

    private static final Set<String> OWN = Set.of(BINARY_OUTPUT, TIMEOUT);

    private Parameters() {}

    /**
     * A truth among parameters, false where it isn't.
     *
     * @param of whose parameters they are, for the message
     */
    public static boolean truth(Map<String, Object> parameters, String name, String of) {
        return switch (parameters.get(name)) {
            case null -> false;
            case Boolean truth -> truth;
            case Object other -> throw wrong(of, name, other, "true or false");
        };
    }

    /** A whole number among parameters that isn't negative; -1 where it isn't. */
    public static long number(Map<String, Object> parameters, String name, String of) {
        return switch (parameters.get(name)) {
            case null -> -1;
            case Long number when number >= 0 -> number;
            case Object other -> throw wrong(of, name, other, "a whole number, 0 or more");
        };
    }

    /** How long the client waits, in microseconds; 0 if it doesn't say. */
    public static long timeout(Map<String, Object> parameters) {
        return Math.max(0, number(parameters, TIMEOUT, "the request"));
    }

    /** Those of a request that go back with the answer. */
    public static Map<String, Object> echoed(Map<String, Object> parameters) {
        if (parameters.isEmpty()) {
            return parameters;
        }
        var echoed = new LinkedHashMap<>(parameters);
        echoed.keySet().removeAll(OWN);
        return echoed;
    }

    /** Refuses what this server doesn't do. */
    public static void refuseForeign(Map<String, Object> parameters, String of) {
        if (parameters.containsKey("shared_memory_region")) {
            throw new RequestException(
                    INVALID,
                    of + ": shared memory isn't offered, since client and server are in different pods; send the tensor"
                            + " with the request, as binary data where its size matters");
        }
        if (parameters.containsKey("classification")) {
            throw new RequestException(
                    INVALID,
                    of + ": the parameter classification isn't offered; ask for the output itself, or send the file as"
                            + " BYTES input \"sample\" and get \"classes\" and \"probabilities\"");
        }
    }

    /** What is said to a client that wants to load a model of its own. */
    public static RequestException foreignModel() {
        return new RequestException(
                INVALID,
                "a model is loaded from the service's own artifact; a client can't give its configuration or files");
    }

    private static RequestException wrong(String of, String name, Object value, String right) {
        return new RequestException(INVALID, of + ": the parameter " + name + " is " + value + "; it must be " + right);
    }
}
