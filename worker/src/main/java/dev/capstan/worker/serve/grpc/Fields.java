package dev.capstan.worker.serve.grpc;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Fields as proto3 writes them: none for a value that is the default. */
final class Fields {
    private Fields() {}

    /** Writes a message. */
    interface Writing {
        void to(CodedOutputStream out) throws IOException;
    }

    static byte[] message(Writing writing) {
        try {
            var message = new ByteArrayOutputStream();
            var out = CodedOutputStream.newInstance(message);
            writing.to(out);
            out.flush();
            return message.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void string(CodedOutputStream out, int field, String text) throws IOException {
        if (!text.isEmpty()) {
            out.writeString(field, text);
        }
    }

    static void truth(CodedOutputStream out, int field, boolean truth) throws IOException {
        if (truth) {
            out.writeBool(field, true);
        }
    }

    static void packed(CodedOutputStream out, int field, long[] values) throws IOException {
        if (values.length > 0) {
            int size = 0;
            for (long each : values) {
                size += CodedOutputStream.computeInt64SizeNoTag(each);
            }
            out.writeTag(field, 2);
            out.writeUInt32NoTag(size);
            for (long each : values) {
                out.writeInt64NoTag(each);
            }
        }
    }
}
