package dev.capstan.bench.serving;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The two messages of the protocol that a load is made of, written and read without their generated classes. */
final class Protobuf {
    private static final int LENGTH_DELIMITED = 2;
    private static final int OUTPUT = 5;
    private static final int RAW_OUTPUT = 6;
    private static final int CONTENTS = 5;
    private static final int FLOATS = 6;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private Protobuf() {}

    /** A ModelInferRequest of one row. */
    static byte[] request(String model, float[] sample) {
        var shape = new Protobuf();
        shape.varint(1);
        shape.varint(sample.length);
        var input = new Protobuf();
        input.field(1, "input".getBytes(UTF_8));
        input.field(2, "FP32".getBytes(UTF_8));
        input.field(3, shape.bytes.toByteArray());
        var output = new Protobuf();
        output.field(1, "output".getBytes(UTF_8));
        var raw = ByteBuffer.allocate(sample.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(sample);
        var request = new Protobuf();
        request.field(1, model.getBytes(UTF_8));
        request.field(5, input.bytes.toByteArray());
        request.field(6, output.bytes.toByteArray());
        request.field(7, raw.array());
        return request.bytes.toByteArray();
    }

    private void field(int number, byte[] value) {
        varint(number << 3 | LENGTH_DELIMITED);
        varint(value.length);
        bytes.writeBytes(value);
    }

    private void varint(int value) {
        int left = value;
        for (; left >= 0x80; left >>>= 7) {
            bytes.write(left & 0x7f | 0x80);
        }
        bytes.write(left);
    }

    /**
     * The numbers in a ModelInferResponse of one output, wherever the server puts them.
     *
     * @throws IOException if there are none
     */
    static float[] answer(ByteBuffer response) throws IOException {
        var raw = find(response, RAW_OUTPUT);
        var tensor = raw == null ? find(response, OUTPUT) : null;
        var contents = tensor == null ? null : find(tensor, CONTENTS);
        var numbers = contents == null ? raw : find(contents, FLOATS);
        if (numbers == null) {
            throw new IOException("an answer without numbers");
        }
        return RestConnection.floats(numbers);
    }

    /** The first field of that number, all of whose kind have a length; null if there is none. */
    private static ByteBuffer find(ByteBuffer message, int number) throws IOException {
        var rest = message.duplicate();
        while (rest.hasRemaining()) {
            int tag = varint(rest);
            if ((tag & 7) == 0) {
                varint(rest);
                continue;
            }
            if ((tag & 7) != LENGTH_DELIMITED) {
                throw new IOException("an answer with a field of wire type " + (tag & 7));
            }
            int length = varint(rest);
            if (tag >>> 3 == number) {
                return rest.slice(rest.position(), length);
            }
            rest.position(rest.position() + length);
        }
        return null;
    }

    private static int varint(ByteBuffer from) {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            int next = from.get();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
