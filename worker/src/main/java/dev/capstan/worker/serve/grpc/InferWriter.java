package dev.capstan.worker.serve.grpc;

import com.google.protobuf.CodedOutputStream;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.infer.InferAnswer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Writes a {@code ModelInferResponse}; its tensors as bytes aren't copied. */
final class InferWriter {
    private static final int RAW_OUTPUT_CONTENTS = 6;

    private InferWriter() {}

    /**
     * The message, in parts that belong one after another.
     *
     * @param raw whether tensors are sent as bytes; they are anyway if one is of a type that has no other form
     */
    static List<ByteBuffer> write(InferAnswer answer, boolean raw) throws IOException {
        boolean bytes =
                raw || answer.outputs().values().stream().anyMatch(each -> ContentsReader.field(each.type()) == 0);
        var head = new ByteArrayOutputStream(256);
        var out = CodedOutputStream.newInstance(head, 512);
        Fields.string(out, 1, answer.model());
        Fields.string(out, 2, answer.version());
        Fields.string(out, 3, answer.id());
        ParameterCodec.write(out, 4, answer.parameters());
        for (var each : answer.outputs().entrySet()) {
            out.writeByteArray(5, output(each.getKey(), each.getValue(), bytes));
        }
        var parts = new ArrayList<ByteBuffer>();
        for (var each : bytes ? answer.outputs().values() : List.<Tensor>of()) {
            out.writeTag(RAW_OUTPUT_CONTENTS, 2);
            out.writeUInt32NoTag(each.data().remaining());
            out.flush();
            parts.add(ByteBuffer.wrap(head.toByteArray()));
            parts.add(each.data());
            head.reset();
        }
        out.flush();
        parts.add(ByteBuffer.wrap(head.toByteArray()));
        return parts;
    }

    private static byte[] output(String name, Tensor tensor, boolean raw) throws IOException {
        var message = new ByteArrayOutputStream();
        var out = CodedOutputStream.newInstance(message);
        Fields.string(out, 1, name);
        Fields.string(out, 2, tensor.type().name());
        Fields.packed(out, 3, tensor.shape());
        if (!raw) {
            out.writeByteArray(5, contents(tensor));
        }
        out.flush();
        return message.toByteArray();
    }

    private static byte[] contents(Tensor tensor) throws IOException {
        var data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int field = ContentsReader.field(tensor.type());
        var message = new ByteArrayOutputStream(data.remaining() + 16);
        var out = CodedOutputStream.newInstance(message);
        if (tensor.type() == DataType.BYTES) {
            while (data.hasRemaining()) {
                int length = data.getInt();
                out.writeByteBuffer(field, data.slice(data.position(), length));
                data.position(data.position() + length);
            }
        } else if (data.hasRemaining()) {
            out.writeByteArray(field, elements(tensor.type(), data));
        }
        out.flush();
        return message.toByteArray();
    }

    private static byte[] elements(DataType type, ByteBuffer data) throws IOException {
        var packed = new ByteArrayOutputStream(data.remaining());
        var out = CodedOutputStream.newInstance(packed);
        while (data.hasRemaining()) {
            switch (type) {
                case BOOL -> out.writeBoolNoTag(data.get() != 0);
                case INT8 -> out.writeInt32NoTag(data.get());
                case INT16 -> out.writeInt32NoTag(data.getShort());
                case INT32 -> out.writeInt32NoTag(data.getInt());
                case INT64 -> out.writeInt64NoTag(data.getLong());
                case UINT8 -> out.writeUInt32NoTag(data.get() & 0xff);
                case UINT16 -> out.writeUInt32NoTag(data.getShort() & 0xffff);
                case UINT32 -> out.writeUInt32NoTag(data.getInt());
                case UINT64 -> out.writeUInt64NoTag(data.getLong());
                case FP32 -> out.writeFloatNoTag(data.getFloat());
                case FP64 -> out.writeDoubleNoTag(data.getDouble());
                case FP16, BYTES -> throw new IllegalStateException(type + " isn't packed");
            }
        }
        out.flush();
        return packed.toByteArray();
    }
}
