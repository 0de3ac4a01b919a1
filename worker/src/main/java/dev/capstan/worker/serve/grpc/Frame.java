package dev.capstan.worker.serve.grpc;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.google.protobuf.CodedInputStream;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.http.Body;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * gRPC's frame round a message: a byte that says whether it is packed, four with its length.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over HTTP2</a>
 */
final class Frame {
    private static final int BYTES = 5;

    private Frame() {}

    /**
     * The one message of a call.
     *
     * @param encoding how it is packed, if it is; null if the client doesn't say
     * @param limit bytes that it may have
     */
    static CodedInputStream open(Body body, String encoding, long limit) {
        var head = ByteBuffer.wrap(body.bytes(), 0, body.length());
        if (head.remaining() < BYTES) {
            throw new RequestException(
                    INVALID, "the call has " + head.remaining() + " bytes; it must have one message, after 5 bytes");
        }
        boolean packed = head.get() != 0;
        long length = head.getInt() & 0xffff_ffffL;
        if (length != head.remaining()) {
            throw new RequestException(
                    INVALID,
                    "the call's message is to have " + length + " bytes, " + head.remaining()
                            + " came; calls take one message");
        }
        if (packed) {
            var bytes = new byte[head.remaining()];
            head.get(bytes);
            var message = new Body(bytes, bytes.length).unpacked(encoding, limit);
            return aliased(message.bytes(), 0, message.length());
        }
        return aliased(body.bytes(), BYTES, (int) length);
    }

    private static CodedInputStream aliased(byte[] bytes, int from, int length) {
        // By a buffer: of an array alone, readByteBuffer would make copies.
        var in = CodedInputStream.newInstance(ByteBuffer.wrap(bytes, from, length));
        in.enableAliasing(true);
        return in;
    }

    /** The message's parts with the frame before them. */
    static ByteBuffer[] around(List<ByteBuffer> message) {
        int length = 0;
        for (var each : message) {
            length += each.remaining();
        }
        var parts = new ByteBuffer[message.size() + 1];
        parts[0] = ByteBuffer.allocate(BYTES).put((byte) 0).putInt(length).flip();
        for (int each = 0; each < message.size(); each++) {
            parts[each + 1] = message.get(each);
        }
        return parts;
    }
}
