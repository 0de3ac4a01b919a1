package dev.capstan.worker.serve.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * Tensors of unsigned integers of 16 to 64 bits. ONNX Runtime's interface for Java can read such tensors, but has no
 * public method to make them: it takes its own signed types for them, which models then refuse. What it calls itself
 * can make them, so that is called here. The version is pinned, and a test asks models of all types.
 */
final class UnsignedTensors {
    private static final UnsignedTensors INSTANCE = new UnsignedTensors();

    private Method create;
    private Constructor<OnnxTensor> tensor;
    private Constructor<TensorInfo> info;
    private long api;
    private long allocator;
    private ReflectiveOperationException missing;

    private UnsignedTensors() {
        try {
            create = open(OnnxTensor.class.getDeclaredMethod(
                    "createTensorFromBuffer",
                    long.class,
                    long.class,
                    Buffer.class,
                    int.class,
                    long.class,
                    long[].class,
                    int.class));
            tensor = open(OnnxTensor.class.getDeclaredConstructor(
                    long.class, long.class, TensorInfo.class, Buffer.class, boolean.class));
            info = open(
                    TensorInfo.class.getDeclaredConstructor(long[].class, OnnxJavaType.class, OnnxTensorType.class));
            api = open(Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle"))
                    .getLong(null);
            var environment = OrtEnvironment.getEnvironment();
            var own = open(OrtEnvironment.class.getDeclaredField("defaultAllocator"))
                    .get(environment);
            allocator = open(own.getClass().getDeclaredField("handle")).getLong(own);
        } catch (ReflectiveOperationException e) {
            missing = e;
        }
    }

    private static <T extends AccessibleObject> T open(T member) {
        member.setAccessible(true);
        return member;
    }

    /** Whether such tensors can be made with the version of ONNX Runtime that is there. */
    static boolean canBeMade() {
        return INSTANCE.missing == null;
    }

    /** @param data direct, from its position 0 on; has to live as long as the tensor */
    static OnnxTensor of(ByteBuffer data, long[] shape, OnnxType type) {
        return INSTANCE.make(data, shape, type);
    }

    private OnnxTensor make(ByteBuffer data, long[] shape, OnnxType type) {
        try {
            var signed = switch (type.type().size()) {
                case Short.BYTES -> OnnxJavaType.INT16;
                case Integer.BYTES -> OnnxJavaType.INT32;
                default -> OnnxJavaType.INT64;
            };
            var described = info.newInstance(shape, signed, type.onnx());
            var handle = (Long)
                    create.invoke(null, api, allocator, data, 0, (long) data.remaining(), shape, type.onnx().value);
            return tensor.newInstance(handle, allocator, described, data, false);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
