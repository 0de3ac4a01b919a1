package dev.capstan.bench.serving;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Asks over gRPC, a stream after the other (RFC 9113). Of the answer's headers it reads nothing: a call that is refused
 * has no message, and that is enough to know.
 */
final class GrpcConnection extends Connection {
    /** Bytes before a frame's payload, and before a message. */
    private static final int FRAME = 9;

    private static final int PREFIX = 5;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int ACK = 1;
    private static final int WIDEST = Integer.MAX_VALUE - 65_535;

    private final byte[] headers;
    private final String model;
    private final Map<Question, byte[]> messages = new IdentityHashMap<>();
    private int stream = -1;
    /** Bytes that the server still takes on this connection. */
    private int window = 65_535;
    /** What waits for the window to open; null if nothing does. */
    private Question waiting;

    /** What has come of the answer. */
    private final ByteBuffer answer = ByteBuffer.allocate(1 << 16);

    GrpcConnection(Target target) throws IOException {
        super(target);
        model = target.model();
        headers = headers("/inference.GRPCInferenceService/ModelInfer");
        write(ByteBuffer.wrap("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII)));
        write(frame(SETTINGS, 0, 0, new byte[0]));
        write(frame(WINDOW_UPDATE, 0, 0, ByteBuffer.allocate(4).putInt(WIDEST).array()));
    }

    /** By HPACK's static table, and as literals that nobody has to keep (RFC 7541). */
    private static byte[] headers(String path) {
        var block = new ByteArrayOutputStream();
        block.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86, 0x04}); // POST, http, a path
        literal(block, path);
        block.write(0x01);
        literal(block, "127.0.0.1");
        block.writeBytes(new byte[] {0x0f, 0x10}); // content-type
        literal(block, "application/grpc");
        block.write(0);
        literal(block, "te");
        literal(block, "trailers");
        return block.toByteArray();
    }

    private static void literal(ByteArrayOutputStream block, String text) {
        block.write(text.length());
        block.writeBytes(text.getBytes(US_ASCII));
    }

    private static ByteBuffer frame(int type, int flags, int stream, byte[] payload) {
        var frame = ByteBuffer.allocate(FRAME + payload.length);
        put(frame, type, flags, stream, payload);
        return frame.flip();
    }

    private static void put(ByteBuffer to, int type, int flags, int stream, byte[] payload) {
        to.putInt(payload.length << 8 | type).put((byte) flags).putInt(stream).put(payload);
    }

    @Override
    void ask(Question question) throws IOException {
        var message = messages.computeIfAbsent(question, this::message);
        if (message.length > window) {
            waiting = question;
            return;
        }
        waiting = null;
        window -= message.length;
        stream += 2;
        var request = ByteBuffer.allocate(2 * FRAME + headers.length + message.length);
        put(request, HEADERS, END_HEADERS, stream, headers);
        put(request, DATA, END_STREAM, stream, message);
        write(request.flip());
    }

    private byte[] message(Question question) {
        var message = Protobuf.request(model, question.sample());
        return ByteBuffer.allocate(PREFIX + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
    }

    @Override
    float[] parse(ByteBuffer received) throws IOException {
        while (received.remaining() >= FRAME) {
            int start = received.position();
            int length = received.getInt(start) >>> 8;
            if (received.remaining() < FRAME + length) {
                return null;
            }
            var payload = received.slice(start + FRAME, length);
            received.position(start + FRAME + length);
            if (take(received.get(start + 3), received.get(start + 4), received.getInt(start + 5), payload)) {
                if (answer.position() < PREFIX) {
                    throw new IOException("a call without an answer: "
                            + US_ASCII.decode(payload).toString().replaceAll("[^ -~]", "."));
                }
                var message = answer.flip().position(PREFIX).slice();
                answer.clear();
                return Protobuf.answer(message);
            }
        }
        return null;
    }

    /** Whether the stream is over with this frame. */
    private boolean take(int type, int flags, int of, ByteBuffer payload) throws IOException {
        switch (type) {
            case DATA -> answer.put(payload);
            case SETTINGS -> {
                if ((flags & ACK) == 0) {
                    write(frame(SETTINGS, ACK, 0, new byte[0]));
                }
            }
            case PING -> {
                if ((flags & ACK) == 0) {
                    var same = new byte[payload.remaining()];
                    payload.get(same);
                    write(frame(PING, ACK, 0, same));
                }
            }
            case WINDOW_UPDATE -> {
                // A stream ends before its own window matters.
                if (of == 0) {
                    opened(payload.getInt());
                }
            }
            case RST_STREAM, GOAWAY ->
                throw new IOException("the server ended the " + (type == GOAWAY ? "connection" : "stream"));
            default -> {
                // Nothing that a client has to heed.
            }
        }
        return (type == HEADERS || type == DATA) && (flags & END_STREAM) != 0;
    }

    private void opened(int by) throws IOException {
        window = (int) Math.min(Integer.MAX_VALUE, (long) window + by);
        if (waiting != null) {
            ask(waiting);
        }
    }
}
