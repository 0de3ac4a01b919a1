package dev.capstan.worker.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import onnx.Onnx.ModelProto;

/**
 * A model that ONNX Runtime has loaded, checked and made ready to run, on one thread: what it answers then doesn't
 * depend on the machine's load. Any number of threads may run it at once.
 */
public final class OnnxSession implements AutoCloseable {
    private final SessionOptions options;
    private final OrtSession session;

    private interface Loader {
        OrtSession load(OrtEnvironment environment, SessionOptions options) throws OrtException;
    }

    private OnnxSession(Loader loader) {
        options = new SessionOptions();
        try {
            // What is wrong is in the exception.
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = loader.load(OrtEnvironment.getEnvironment(), options);
        } catch (OrtException e) {
            options.close();
            throw new IllegalArgumentException("ONNX Runtime can't load the model: " + e.getMessage(), e);
        }
    }

    /**
     * Loads a model.
     *
     * @throws IllegalArgumentException if ONNX Runtime refuses it, in its words
     */
    public static OnnxSession of(ModelProto model) {
        var bytes = model.toByteArray();
        return new OnnxSession((environment, options) -> environment.createSession(bytes, options));
    }

    /** Loads a model from a file, of which Java's heap gets nothing; else as {@link #of(ModelProto)}. */
    public static OnnxSession of(Path file) {
        return new OnnxSession((environment, options) -> environment.createSession(file.toString(), options));
    }

    /**
     * Numbers of a shape.
     *
     * @param values row by row: the last dimension changes fastest
     * @param shape as many numbers as there are values, multiplied
     */
    public record Tensor(float[] values, long... shape) {
        /** Samples by rows. */
        public static Tensor rows(float[] values, int rows) {
            return new Tensor(values, rows, values.length / rows);
        }
    }

    /** The model's inputs by name, in its order. */
    public List<String> inputs() {
        return List.copyOf(session.getInputNames());
    }

    /** The model's outputs by name, in its order. */
    public List<String> outputs() {
        return List.copyOf(session.getOutputNames());
    }

    /** As {@link #run(Map)}, for a model with one input, whose first output is wanted. */
    public Tensor run(Tensor input) {
        var names = inputs();
        if (names.size() != 1) {
            throw new IllegalArgumentException("the model has the inputs " + names + ", but gets one");
        }
        return run(Map.of(names.getFirst(), input)).firstEntry().getValue();
    }

    /**
     * Runs the model once.
     *
     * @param inputs by the names of the model's inputs; the numbers become the input's type, such as int64 for indices
     * @return its outputs by name, in its order
     * @throws IllegalArgumentException if the inputs aren't the model's, or an output isn't of floats; in ONNX
     *     Runtime's words
     */
    public LinkedHashMap<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, session.getOutputNames());
    }

    /** As {@link #run(Map)}, of a model with one input, where one output is wanted: others may be of any type. */
    public Tensor run(String input, Tensor tensor, String output) {
        return run(Map.of(input, tensor), Set.of(output)).firstEntry().getValue();
    }

    private LinkedHashMap<String, Tensor> run(Map<String, Tensor> inputs, Set<String> wanted) {
        var tensors = new LinkedHashMap<String, OnnxTensorLike>();
        try {
            for (var each : inputs.entrySet()) {
                tensors.put(each.getKey(), tensor(each.getValue(), type(each.getKey())));
            }
            try (var result = session.run(tensors, wanted)) {
                var outputs = new LinkedHashMap<String, Tensor>();
                result.forEach(each -> outputs.put(each.getKey(), floats(each.getKey(), each.getValue())));
                return outputs;
            }
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime can't run the model: " + e.getMessage(), e);
        } finally {
            tensors.values().forEach(OnnxTensorLike::close);
        }
    }

    /** The type of an input; that of floats if the model has none of this name, which ONNX Runtime says then. */
    private OnnxJavaType type(String input) throws OrtException {
        var node = session.getInputInfo().get(input);
        return node != null && node.getInfo() instanceof TensorInfo info ? info.type : OnnxJavaType.FLOAT;
    }

    private static OnnxTensor tensor(Tensor tensor, OnnxJavaType type) throws OrtException {
        if (type == OnnxJavaType.INT64 || type == OnnxJavaType.INT32) {
            var longs = new long[tensor.values().length];
            for (int each = 0; each < longs.length; each++) {
                longs[each] = (long) tensor.values()[each];
            }
            return integers(longs, type, tensor.shape());
        }
        var memory = ByteBuffer.allocateDirect(tensor.values().length * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .put(tensor.values())
                .flip();
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), memory, tensor.shape());
    }

    private static OnnxTensor integers(long[] values, OnnxJavaType type, long[] shape) throws OrtException {
        if (type == OnnxJavaType.INT64) {
            return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), LongBuffer.wrap(values), shape);
        }
        var ints = IntStream.range(0, values.length)
                .map(each -> (int) values[each])
                .toArray();
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), IntBuffer.wrap(ints), shape);
    }

    private static Tensor floats(String name, OnnxValue value) {
        FloatBuffer floats = value instanceof OnnxTensor tensor ? tensor.getFloatBuffer() : null;
        if (floats == null) {
            throw new IllegalArgumentException(
                    "the model's output " + name + " is " + value.getInfo() + ", not a tensor of floats");
        }
        var values = new float[floats.remaining()];
        floats.get(values);
        return new Tensor(values, ((OnnxTensor) value).getInfo().getShape());
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime can't let go of a model: " + e.getMessage(), e);
        } finally {
            options.close();
        }
    }
}
