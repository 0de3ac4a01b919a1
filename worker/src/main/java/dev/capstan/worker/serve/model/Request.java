package dev.capstan.worker.serve.model;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Whether what a model is asked with is what it takes. */
final class Request {
    private Request() {}

    /**
     * Checks names, types, shapes and lengths.
     *
     * @param batches whether all first dimensions count the same samples
     * @throws RequestException INVALID; the sentence names input or output, what it is and what it must be
     */
    static void check(
            List<TensorSpec> inputs,
            List<TensorSpec> outputs,
            boolean batches,
            Map<String, Tensor> given,
            Set<String> wanted) {
        for (var spec : inputs) {
            var tensor = given.get(spec.name());
            if (tensor == null) {
                throw invalid("input " + spec.name() + " is missing; the model takes " + words(inputs));
            }
            check(spec, tensor);
        }
        if (given.size() != inputs.size()) {
            throw invalid("there is no input " + other(given.keySet(), inputs) + "; the model takes " + words(inputs));
        }
        if (!outputs.stream().map(TensorSpec::name).collect(Collectors.toSet()).containsAll(wanted)) {
            throw invalid("there is no output " + other(wanted, outputs) + "; the model gives " + words(outputs));
        }
        if (batches && inputs.size() > 1) {
            var first = inputs.getFirst();
            long samples = given.get(first.name()).shape()[0];
            for (var spec : inputs) {
                long others = given.get(spec.name()).shape()[0];
                if (others != samples) {
                    throw invalid("input " + first.name() + " has " + samples + " samples and input " + spec.name()
                            + " has " + others + "; all must have as many");
                }
            }
        }
    }

    private static void check(TensorSpec spec, Tensor tensor) {
        var name = "input " + spec.name();
        if (tensor.type() != spec.type()) {
            throw invalid(name + " is " + tensor.type() + "; it must be " + spec.type());
        }
        var shape = tensor.shape();
        boolean fits = shape.length == spec.shape().length;
        for (int i = 0; fits && i < shape.length; i++) {
            fits = shape[i] >= 0 && (spec.shape()[i] < 0 || spec.shape()[i] == shape[i]);
        }
        if (!fits) {
            throw invalid(name + " has the shape " + Arrays.toString(shape) + "; it must be " + words(spec.shape()));
        }
        if (tensor.type() == DataType.BYTES) {
            checkTexts(name, tensor);
            return;
        }
        long bytes = multiplied(name, elements(name, shape), tensor.type().size());
        if (bytes != tensor.data().remaining()) {
            throw invalid(name + " has " + tensor.data().remaining() + " bytes; the shape " + Arrays.toString(shape)
                    + " of " + tensor.type() + " needs " + bytes);
        }
        if (tensor.type() == DataType.BOOL) {
            checkTruths(name, tensor);
        }
    }

    /** Another number in memory where a truth is expected is undefined behaviour in native code. */
    private static void checkTruths(String name, Tensor tensor) {
        var data = tensor.data();
        for (int i = data.position(); i < data.limit(); i++) {
            if ((data.get(i) & ~1) != 0) {
                throw invalid(name + ": element " + (i - data.position()) + " is " + (data.get(i) & 0xff)
                        + "; a BOOL is a byte of 0 or 1");
            }
        }
    }

    private static void checkTexts(String name, Tensor tensor) {
        long elements = elements(name, tensor.shape());
        var data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        for (long i = 0; i < elements; i++) {
            if (data.remaining() < Integer.BYTES) {
                throw invalid(name + " ends after " + i + " of its " + elements
                        + " elements; each is its length in 4 bytes and then its bytes");
            }
            int length = data.getInt();
            if (length < 0 || length > data.remaining()) {
                throw invalid(name + ": element " + i + " claims " + Integer.toUnsignedLong(length)
                        + " bytes, and there are " + data.remaining());
            }
            data.position(data.position() + length);
        }
        if (data.hasRemaining()) {
            throw invalid(name + " has " + data.remaining() + " bytes after its " + elements + " elements");
        }
    }

    private static long elements(String name, long[] shape) {
        long elements = 1;
        for (long each : shape) {
            elements = multiplied(name, elements, each);
        }
        return elements;
    }

    private static long multiplied(String name, long one, long other) {
        try {
            return Math.multiplyExact(one, other);
        } catch (ArithmeticException e) {
            throw new RequestException(Kind.INVALID, name + " has more elements than can be counted", e);
        }
    }

    /** How many elements a shape has that has been checked. */
    static long elements(long[] shape) {
        return LongStream.of(shape).reduce(1, (one, other) -> one * other);
    }

    /** Such as {@code input FP32 [any, 784]}. */
    static String words(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> spec.name() + " " + spec.type() + " " + words(spec.shape()))
                .collect(Collectors.joining(", "));
    }

    private static String words(long[] shape) {
        return LongStream.of(shape)
                .mapToObj(each -> each < 0 ? "any" : String.valueOf(each))
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static String other(Set<String> names, List<TensorSpec> specs) {
        return names.stream()
                .filter(name -> specs.stream().noneMatch(spec -> spec.name().equals(name)))
                .sorted()
                .findFirst()
                .orElse("");
    }

    private static RequestException invalid(String problem) {
        return new RequestException(Kind.INVALID, problem);
    }
}
