package dev.capstan.worker.serve.grpc;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.infer.Shapes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads {@code InferTensorContents}: the elements in the field that is their type's. Packed floats lie in the message
 * as they do in memory, and are taken as they are.
 */
final class ContentsReader {
    private final String input;
    private final DataType type;
    private final int field;
    private ByteBuffer data;
    private long elements;

    private ContentsReader(String input, DataType type, int bytes) {
        this.input = input;
        this.type = type;
        field = field(type);
        data = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Number of the field that has elements of a type; 0 if none has. */
    static int field(DataType type) {
        return switch (type) {
            case BOOL -> 1;
            case INT8, INT16, INT32 -> 2;
            case INT64 -> 3;
            case UINT8, UINT16, UINT32 -> 4;
            case UINT64 -> 5;
            case FP32 -> 6;
            case FP64 -> 7;
            case BYTES -> 8;
            case FP16 -> 0;
        };
    }

    /** @param in over the message alone */
    static Tensor read(CodedInputStream in, int length, String input, DataType type, long[] shape) throws IOException {
        long wanted = Shapes.elements(input, shape);
        if (field(type) == 0) {
            throw new RequestException(
                    INVALID, input + ": " + type + " has no typed contents; send it as raw_input_contents");
        }
        long likely = wanted * Math.max(type.size(), Integer.BYTES);
        var reader = new ContentsReader(input, type, (int) Math.min(likely, Math.max(64, 8L * length)));
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            reader.field(in, tag);
        }
        if (reader.elements != wanted) {
            throw new RequestException(
                    INVALID,
                    input + ": the shape " + Shapes.text(shape) + " has " + wanted + " elements, the contents "
                            + reader.elements);
        }
        return new Tensor(type, shape, reader.data.flip());
    }

    private void field(CodedInputStream in, int tag) throws IOException {
        int number = WireFormat.getTagFieldNumber(tag);
        if (number != field) {
            if (number >= 1 && number <= 8) {
                throw new RequestException(
                        INVALID,
                        input + ": the contents have field " + number + " (" + name(number) + "), " + type
                                + " has its elements in " + name(field));
            }
            in.skipField(tag);
        } else if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED || type == DataType.BYTES) {
            element(in);
        } else if (type == DataType.FP32 || type == DataType.FP64) {
            floats(in.readByteBuffer());
        } else {
            int end = in.pushLimit(in.readRawVarint32());
            while (in.getBytesUntilLimit() > 0) {
                element(in);
            }
            in.popLimit(end);
        }
    }

    private static String name(int field) {
        return switch (field) {
            case 1 -> "bool_contents";
            case 2 -> "int_contents";
            case 3 -> "int64_contents";
            case 4 -> "uint_contents";
            case 5 -> "uint64_contents";
            case 6 -> "fp32_contents";
            case 7 -> "fp64_contents";
            default -> "bytes_contents";
        };
    }

    private void floats(ByteBuffer packed) {
        if (packed.remaining() % type.size() != 0) {
            throw new RequestException(
                    INVALID, input + ": " + packed.remaining() + " bytes are no whole number of " + type);
        }
        elements += packed.remaining() / type.size();
        room(packed.remaining()).put(packed);
    }

    private void element(CodedInputStream in) throws IOException {
        switch (type) {
            case BOOL -> room(1).put((byte) (in.readBool() ? 1 : 0));
            case INT8 -> room(1).put((byte) within(in.readInt32(), Byte.MIN_VALUE, Byte.MAX_VALUE));
            case INT16 -> room(Short.BYTES).putShort((short) within(in.readInt32(), Short.MIN_VALUE, Short.MAX_VALUE));
            case INT32 -> room(Integer.BYTES).putInt(in.readInt32());
            case INT64 -> room(Long.BYTES).putLong(in.readInt64());
            case UINT8 -> room(1).put((byte) within(in.readUInt32() & 0xffff_ffffL, 0, 0xff));
            case UINT16 -> room(Short.BYTES).putShort((short) within(in.readUInt32() & 0xffff_ffffL, 0, 0xffff));
            case UINT32 -> room(Integer.BYTES).putInt(in.readUInt32());
            case UINT64 -> room(Long.BYTES).putLong(in.readUInt64());
            case FP32 -> room(Float.BYTES).putFloat(in.readFloat());
            case FP64 -> room(Double.BYTES).putDouble(in.readDouble());
            case BYTES -> {
                var bytes = in.readByteBuffer();
                room(Integer.BYTES + bytes.remaining())
                        .putInt(bytes.remaining())
                        .put(bytes);
            }
            case FP16 -> throw new IllegalStateException("FP16 has no typed contents");
        }
        elements++;
    }

    private long within(long value, long least, long most) {
        if (value < least || value > most) {
            throw new RequestException(
                    INVALID,
                    input + ": element " + elements + " is " + value + "; " + type + " takes " + least + " to " + most);
        }
        return value;
    }

    private ByteBuffer room(int bytes) {
        if (data.remaining() < bytes) {
            long grown = Math.max((long) data.position() + bytes, 2L * data.capacity());
            data = ByteBuffer.allocate(Math.toIntExact(Math.min(grown, Integer.MAX_VALUE - 8)))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(data.flip());
        }
        return data;
    }
}
