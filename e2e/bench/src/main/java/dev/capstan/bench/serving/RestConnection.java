package dev.capstan.bench.serving;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Asks over HTTP/1.1. */
final class RestConnection extends Connection {
    private static final Pattern LENGTH = Pattern.compile("\r\ncontent-length: *([0-9]+)");
    private static final Pattern HEADER_LENGTH = Pattern.compile("\r\ninference-header-content-length: *([0-9]+)");
    private static final Pattern DATA = Pattern.compile("\"data\": *\\[+([^\\]]*)\\]");

    private final Target target;
    private final boolean binary;
    /** Each question's bytes are made once. */
    private final Map<Question, ByteBuffer> requests = new IdentityHashMap<>();

    RestConnection(Target target, boolean binary) throws IOException {
        super(target);
        this.target = target;
        this.binary = binary;
    }

    /** Bytes of a request that has the tensor as bytes. */
    static int length(Target target, Question question) {
        return request(target, true, question).capacity();
    }

    @Override
    void ask(Question question) throws IOException {
        write(requests.computeIfAbsent(question, each -> request(target, binary, each))
                .rewind());
    }

    private static ByteBuffer request(Target target, boolean binary, Question question) {
        int bytes = question.sample().length * Float.BYTES;
        var tensor = ByteBuffer.allocate(binary ? bytes : 0).order(ByteOrder.LITTLE_ENDIAN);
        var json = "{\"id\":\"1\",\"inputs\":[{\"name\":\"input\",\"shape\":[1," + question.sample().length
                + "],\"datatype\":\"FP32\","
                + (binary
                        ? "\"parameters\":{\"binary_data_size\":" + bytes + "}"
                        : "\"data\":" + Arrays.toString(question.sample()))
                + "}],\"outputs\":[{\"name\":\"output\""
                + (binary ? ",\"parameters\":{\"binary_data\":true}" : "") + "}]}";
        if (binary) {
            tensor.asFloatBuffer().put(question.sample());
        }
        var head = "POST /v2/models/" + target.model() + "/infer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                + (binary
                        ? "application/octet-stream\r\nInference-Header-Content-Length: " + json.length()
                        : "application/json")
                + "\r\nContent-Length: " + (json.length() + tensor.capacity()) + "\r\n\r\n" + json;
        return ByteBuffer.allocate(head.length() + tensor.capacity())
                .put(head.getBytes(ISO_8859_1))
                .put(tensor);
    }

    @Override
    float[] parse(ByteBuffer received) throws IOException {
        int body = body(received);
        if (body < 0) {
            return null;
        }
        var head = new String(received.array(), received.position(), body - received.position(), ISO_8859_1)
                .toLowerCase(Locale.ROOT);
        int length = number(LENGTH, head, -1);
        if (length < 0) {
            throw new IOException("an answer without Content-Length: " + head);
        }
        if (received.limit() - body < length) {
            return null;
        }
        received.position(body + length);
        if (!head.startsWith("http/1.1 200")) {
            throw new IOException(head + new String(received.array(), body, length, ISO_8859_1));
        }
        int json = number(HEADER_LENGTH, head, length);
        return json < length
                ? floats(ByteBuffer.wrap(received.array(), body + json, length - json))
                : floats(new String(received.array(), body, length, ISO_8859_1));
    }

    /** Where the body begins; -1 if that isn't there yet. */
    private static int body(ByteBuffer received) {
        for (int i = received.position(); i + 3 < received.limit(); i++) {
            if (received.get(i) == '\r'
                    && received.get(i + 1) == '\n'
                    && received.get(i + 2) == '\r'
                    && received.get(i + 3) == '\n') {
                return i + 4;
            }
        }
        return -1;
    }

    private static int number(Pattern pattern, String head, int otherwise) {
        var found = pattern.matcher(head);
        return found.find() ? Integer.parseInt(found.group(1)) : otherwise;
    }

    static float[] floats(ByteBuffer tensor) {
        var numbers = tensor.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        var floats = new float[numbers.remaining()];
        numbers.get(floats);
        return floats;
    }

    private static float[] floats(String json) throws IOException {
        var data = DATA.matcher(json);
        if (!data.find()) {
            throw new IOException("an answer without data: " + json);
        }
        var numbers = data.group(1).split(",");
        var floats = new float[numbers.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = Float.parseFloat(numbers[i]);
        }
        return floats;
    }
}
