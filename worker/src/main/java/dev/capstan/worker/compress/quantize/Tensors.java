package dev.capstan.worker.compress.quantize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataLocation;
import onnx.Onnx.TensorProto.DataType;
import org.nd4j.shade.protobuf.ByteString;

/** Constant tensors, to and from arrays; row by row, the last dimension changes fastest. */
final class Tensors {
    private Tensors() {}

    static boolean isExternal(TensorProto tensor) {
        return tensor.getDataLocation() == DataLocation.EXTERNAL || tensor.getExternalDataCount() > 0;
    }

    static boolean isFloat(TensorProto tensor) {
        return tensor.getDataType() == DataType.FLOAT.getNumber();
    }

    /** Number of values by the shape. */
    static long length(List<Long> shape) {
        long length = 1;
        for (long each : shape) {
            length *= each;
        }
        return length;
    }

    /**
     * The values of a tensor of floats.
     *
     * @throws IllegalArgumentException if it has others, or not as many as its shape says
     */
    static float[] floats(TensorProto tensor) {
        if (!isFloat(tensor)) {
            throw new IllegalArgumentException("tensor " + tensor.getName() + " is of type "
                    + type(tensor.getDataType()) + "; it must be of floats");
        }
        var values = new float[(int) length(tensor.getDimsList())];
        boolean raw = !tensor.getRawData().isEmpty();
        int found = raw ? tensor.getRawData().size() / Float.BYTES : tensor.getFloatDataCount();
        if (found != values.length) {
            throw new IllegalArgumentException("tensor " + tensor.getName() + " has " + found
                    + " values, but its shape " + tensor.getDimsList() + " says " + values.length);
        }
        if (raw) {
            tensor.getRawData()
                    .asReadOnlyByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(values);
        } else {
            for (int each = 0; each < values.length; each++) {
                values[each] = tensor.getFloatData(each);
            }
        }
        return values;
    }

    static TensorProto floats(String name, List<Long> shape, float... values) {
        var bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return tensor(name, DataType.FLOAT, shape, bytes);
    }

    static TensorProto ints(String name, List<Long> shape, int... values) {
        var bytes = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return tensor(name, DataType.INT32, shape, bytes);
    }

    /** @param type one of 8 bits */
    static TensorProto bytes(String name, DataType type, List<Long> shape, byte... values) {
        return tensor(name, type, shape, ByteBuffer.wrap(values));
    }

    private static TensorProto tensor(String name, DataType type, List<Long> shape, ByteBuffer bytes) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(type.getNumber())
                .addAllDims(shape)
                .setRawData(ByteString.copyFrom(bytes.rewind()))
                .build();
    }

    /** A type's name in ONNX. */
    static String type(int number) {
        var type = DataType.forNumber(number);
        return type == null ? "number " + number : type.name();
    }
}
