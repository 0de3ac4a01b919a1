package dev.capstan.worker.serve.grpc;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.capstan.worker.serve.RequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Map;

/** Entries of {@code map<string, InferParameter>}. */
final class ParameterCodec {
    private static final int MOST = 256;
    private static final int KEY = 1;
    private static final int VALUE = 2;

    private ParameterCodec() {}

    /** Reads an entry into the parameters. */
    static void read(CodedInputStream in, Map<String, Object> parameters) throws IOException {
        int end = in.pushLimit(in.readRawVarint32());
        var name = "";
        Object value = null;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case KEY << 3 | 2 -> name = in.readStringRequireUtf8();
                case VALUE << 3 | 2 -> value = value(in);
                default -> in.skipField(tag);
            }
        }
        in.popLimit(end);
        if (value != null) {
            parameters.put(name, value);
        }
        if (parameters.size() > MOST) {
            throw new RequestException(INVALID, "there are more than " + MOST + " parameters");
        }
    }

    private static Object value(CodedInputStream in) throws IOException {
        int end = in.pushLimit(in.readRawVarint32());
        Object value = null;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 -> value = in.readBool();
                case 2 << 3 -> value = in.readInt64();
                case 3 << 3 | 2 -> value = in.readStringRequireUtf8();
                case 4 << 3 | 1 -> value = in.readDouble();
                case 5 << 3 -> value = unsigned(in.readUInt64());
                default -> in.skipField(tag);
            }
        }
        in.popLimit(end);
        return value;
    }

    private static Object unsigned(long value) {
        return value >= 0 ? (Object) value : new BigInteger(Long.toUnsignedString(value));
    }

    /** Writes all of them as entries of a field. */
    static void write(CodedOutputStream out, int field, Map<String, Object> parameters) throws IOException {
        for (var each : parameters.entrySet()) {
            var value = new ByteArrayOutputStream();
            var choice = CodedOutputStream.newInstance(value);
            switch (each.getValue()) {
                case Boolean truth -> choice.writeBool(1, truth);
                case Long number -> choice.writeInt64(2, number);
                case Double number -> choice.writeDouble(4, number);
                case BigInteger number
                when number.signum() > 0 && number.bitLength() <= Long.SIZE ->
                    choice.writeUInt64(5, number.longValue());
                case Object text -> choice.writeString(3, text.toString());
            }
            choice.flush();
            var entry = new ByteArrayOutputStream();
            var fields = CodedOutputStream.newInstance(entry);
            fields.writeString(KEY, each.getKey());
            fields.writeByteArray(VALUE, value.toByteArray());
            fields.flush();
            out.writeByteArray(field, entry.toByteArray());
        }
    }
}
