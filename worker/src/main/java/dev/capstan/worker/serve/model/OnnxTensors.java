package dev.capstan.worker.serve.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtUtil;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Tensors of the protocol as ONNX Runtime has them, and back. */
final class OnnxTensors {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private OnnxTensors() {}

    /**
     * ONNX Runtime's tensor over the same memory, if that is native and aligned; else over a copy in the arena.
     *
     * @param name of the input, for messages
     * @param tensor checked by {@link Request}
     */
    static OnnxTensor in(String name, Tensor tensor, Arena arena) throws OrtException {
        if (tensor.type() == DataType.BYTES) {
            return OnnxTensor.createTensor(ENVIRONMENT, texts(name, tensor), tensor.shape());
        }
        var type = OnnxType.of(tensor.type());
        var data = nativeMemory(tensor, arena);
        return type.java() == null
                ? UnsignedTensors.of(data, tensor.shape(), type)
                : OnnxTensor.createTensor(ENVIRONMENT, data, tensor.shape(), type.java());
    }

    private static ByteBuffer nativeMemory(Tensor tensor, Arena arena) {
        var data = tensor.data().slice();
        // What begins behind a header may begin anywhere, and kernels may take it that numbers are aligned.
        if (data.isDirect()
                && MemorySegment.ofBuffer(data).address() % tensor.type().size() == 0) {
            return data.order(ByteOrder.nativeOrder());
        }
        var copy = arena.allocate(Math.max(1, data.remaining()), Long.BYTES);
        copy.copyFrom(MemorySegment.ofBuffer(data));
        return copy.asByteBuffer().limit(data.remaining()).order(ByteOrder.nativeOrder());
    }

    private static String[] texts(String name, Tensor tensor) {
        var data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var texts = new String[(int) Request.elements(tensor.shape())];
        for (int i = 0; i < texts.length; i++) {
            int length = data.getInt();
            try {
                texts[i] = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(data.slice(data.position(), length))
                        .toString();
            } catch (CharacterCodingException e) {
                throw new RequestException(
                        Kind.INVALID,
                        "input " + name + ": element " + i + " of " + length
                                + " bytes is no UTF-8; this model takes texts",
                        e);
            }
            data.position(data.position() + length);
        }
        return texts;
    }

    /** A copy that outlives the result. */
    static Tensor out(OnnxTensor tensor, DataType type) throws OrtException {
        var shape = tensor.getInfo().getShape();
        if (Request.elements(shape) == 0) {
            return new Tensor(type, shape, NOTHING);
        }
        return new Tensor(
                type,
                shape,
                type == DataType.BYTES ? bytes(tensor) : tensor.getByteBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    private static ByteBuffer bytes(OnnxTensor tensor) throws OrtException {
        var value = tensor.getValue();
        var texts = value instanceof String one ? new String[] {one} : OrtUtil.flattenString(value);
        var encoded = new byte[texts.length][];
        int length = 0;
        for (int i = 0; i < texts.length; i++) {
            encoded[i] = texts[i].getBytes(StandardCharsets.UTF_8);
            length = Math.addExact(length, Integer.BYTES + encoded[i].length);
        }
        var data = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        for (var each : encoded) {
            data.putInt(each.length).put(each);
        }
        return data.flip();
    }
}
