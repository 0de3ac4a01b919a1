package dev.capstan.worker.serve.infer;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import dev.capstan.worker.serve.infer.InferRequest.RequestedOutput;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether a request fits the model. */
final class Check {
    private Check() {}

    /** @throws RequestException INVALID with the input, what it is and what it should be */
    static void inputs(Map<String, Tensor> inputs, String model, Predictor predictor) {
        for (var spec : predictor.inputs()) {
            var tensor = inputs.get(spec.name());
            if (tensor == null) {
                throw new RequestException(
                        INVALID,
                        "input " + quoted(spec.name()) + " is missing; the model " + model + " takes "
                                + text(predictor.inputs()));
            }
            fits(tensor, spec);
        }
        if (inputs.size() > predictor.inputs().size()) {
            var known = predictor.inputs().stream().map(TensorSpec::name).collect(Collectors.toSet());
            for (var name : inputs.keySet()) {
                if (!known.contains(name)) {
                    throw new RequestException(
                            INVALID,
                            "input " + quoted(name) + " is none of the model " + model + ", which takes "
                                    + text(predictor.inputs()));
                }
            }
        }
        if (predictor.batches()) {
            sameCount(inputs, predictor);
        }
    }

    private static void fits(Tensor tensor, TensorSpec spec) {
        if (tensor.type() != spec.type()) {
            throw new RequestException(
                    INVALID,
                    "input " + quoted(spec.name()) + " is of " + tensor.type() + "; the model takes " + spec.type());
        }
        boolean right = tensor.shape().length == spec.shape().length;
        for (int each = 0; right && each < spec.shape().length; each++) {
            right = spec.shape()[each] < 0 || spec.shape()[each] == tensor.shape()[each];
        }
        if (!right) {
            throw new RequestException(
                    INVALID,
                    "input " + quoted(spec.name()) + " has the shape " + Shapes.text(tensor.shape())
                            + "; the model takes " + Shapes.text(spec.shape())
                            + (open(spec) ? ", where -1 is any size" : ""));
        }
        counted("input " + quoted(spec.name()), tensor);
    }

    private static boolean open(TensorSpec spec) {
        for (long each : spec.shape()) {
            if (each < 0) {
                return true;
            }
        }
        return false;
    }

    private static void sameCount(Map<String, Tensor> inputs, Predictor predictor) {
        var first = predictor.inputs().getFirst().name();
        long samples = inputs.get(first).shape()[0];
        for (var each : inputs.entrySet()) {
            if (each.getValue().shape()[0] != samples) {
                throw new RequestException(
                        INVALID,
                        "input " + quoted(each.getKey()) + " has "
                                + each.getValue().shape()[0] + " samples, input " + quoted(first) + " has " + samples
                                + "; all need as many");
            }
        }
    }

    /** Refuses data that isn't what type and shape say. */
    static void counted(String input, Tensor tensor) {
        long elements = Shapes.elements(input, tensor.shape());
        int bytes = tensor.data().remaining();
        if (tensor.type() == DataType.BYTES) {
            long found = elements(input, tensor.data());
            if (found != elements) {
                throw new RequestException(
                        INVALID,
                        input + ": the shape " + Shapes.text(tensor.shape()) + " has " + elements
                                + " elements, the data " + found);
            }
        } else if (bytes != elements * tensor.type().size()) {
            throw new RequestException(
                    INVALID,
                    input + ": the shape " + Shapes.text(tensor.shape()) + " of " + tensor.type() + " needs "
                            + elements * tensor.type().size() + " bytes (" + elements + " elements), the data has "
                            + bytes
                            + (bytes % tensor.type().size() == 0
                                    ? " (" + bytes / tensor.type().size() + " elements)"
                                    : ""));
        } else if (tensor.type() == DataType.BOOL) {
            truths(input, tensor.data());
        }
    }

    /** Elements of BYTES, each after its length. */
    private static long elements(String input, ByteBuffer data) {
        var left = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        long elements = 0;
        for (; left.hasRemaining(); elements++) {
            int length = left.remaining() < Integer.BYTES ? -1 : left.getInt();
            if (length < 0 || length > left.remaining()) {
                throw new RequestException(
                        INVALID,
                        input + ": element " + elements + " of BYTES isn't whole; each is four bytes with its length,"
                                + " little-endian, and then as many bytes");
            }
            left.position(left.position() + length);
        }
        return elements;
    }

    private static void truths(String input, ByteBuffer data) {
        for (int each = data.position(); each < data.limit(); each++) {
            if (data.get(each) >> 1 != 0) {
                throw new RequestException(
                        INVALID,
                        input + ": element " + (each - data.position()) + " of BOOL is " + (data.get(each) & 0xff)
                                + "; it must be 0 or 1");
            }
        }
    }

    /** The outputs that are wanted, in the client's order, all if it names none. */
    static Set<String> outputs(List<RequestedOutput> requested, String model, List<TensorSpec> outputs) {
        var wanted = new LinkedHashSet<String>();
        if (requested.isEmpty()) {
            outputs.forEach(each -> wanted.add(each.name()));
            return wanted;
        }
        for (var each : requested) {
            if (outputs.stream().noneMatch(spec -> spec.name().equals(each.name()))) {
                throw new RequestException(
                        INVALID,
                        "output " + quoted(each.name()) + " is none of the model " + model + ", which gives "
                                + text(outputs));
            }
            if (!wanted.add(each.name())) {
                throw new RequestException(INVALID, "output " + quoted(each.name()) + " is asked for twice");
            }
        }
        return wanted;
    }

    private static String text(List<TensorSpec> specs) {
        return specs.stream()
                .map(each -> quoted(each.name()) + " " + each.type() + " " + Shapes.text(each.shape()))
                .collect(Collectors.joining(", "));
    }

    /** A client's name, so that a long one doesn't fill the message. */
    private static String quoted(String name) {
        return '"' + (name.length() > 100 ? name.substring(0, 100) + "…" : name) + '"';
    }
}
