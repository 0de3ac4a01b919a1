package dev.capstan.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A model that nobody has to train: the softmax of four numbers, as ONNX. */
final class TinyModel {
    static final int FEATURES = 4;

    private static final int FLOAT = 1;
    private static final int OPSET = 13;

    private TinyModel() {}

    /** Its file's bytes, a ModelProto of onnx.proto3. */
    static byte[] onnx() {
        var node = new Message().text(1, "input").text(2, "output").text(4, "Softmax");
        var shape = new Message().message(1, new Message().text(2, "N")).message(1, new Message().number(1, FEATURES));
        var type = new Message().message(1, new Message().number(1, FLOAT).message(2, shape));
        var graph = new Message()
                .message(1, node)
                .text(2, "tiny")
                .message(11, new Message().text(1, "input").message(2, type))
                .message(12, new Message().text(1, "output").message(2, type));
        return new Message()
                .number(1, 8)
                .message(7, graph)
                .message(8, new Message().number(2, OPSET))
                .bytes();
    }

    /** Puts it into the tenant's claim, as {@code tiny/tiny.onnx}. */
    static void put(Tenant tenant) {
        try {
            var folder = Files.createTempDirectory("tiny");
            var file = Files.write(folder.resolve("tiny.onnx"), onnx());
            tenant.put("tiny", file);
            Files.delete(file);
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String digest() {
        return digest(onnx());
    }

    /** As a service's spec says which bytes. */
    static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** A message of protobuf, field by field. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        byte[] bytes() {
            return out.toByteArray();
        }

        /** @param value below 128 */
        Message number(int field, int value) {
            out.write(field << 3);
            out.write(value);
            return this;
        }

        Message text(int field, String value) {
            return length(field, value.getBytes(UTF_8));
        }

        Message message(int field, Message value) {
            return length(field, value.bytes());
        }

        private Message length(int field, byte[] value) {
            out.write(field << 3 | 2);
            if (value.length > 127) {
                out.write(value.length & 127 | 128);
                out.write(value.length >> 7);
            } else {
                out.write(value.length);
            }
            out.writeBytes(value);
            return this;
        }
    }
}
