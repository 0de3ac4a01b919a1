package dev.capstan.worker.serve.rest;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Makes answers smaller for clients that ask for it. */
final class Packing {
    /** Smaller ones fit into a packet as they are. */
    static final int LEAST = 1400;

    private Packing() {}

    /** Whether a client reads gzip, by its header Accept-Encoding. */
    static boolean accepted(String encodings) {
        if (encodings == null) {
            return false;
        }
        for (var each : encodings.split(",")) {
            var parts = each.split(";", 2);
            if (parts[0].strip().equalsIgnoreCase("gzip")) {
                return parts.length == 1 || !parts[1].replace(" ", "").matches("q=0(\\.0*)?");
            }
        }
        return false;
    }

    static Buffer gzip(List<ByteBuffer> parts, long size) {
        var packed = new ByteArrayOutputStream((int) Math.max(64, size / 2));
        try (OutputStream gzip = new GZIPOutputStream(packed, 8192)) {
            for (var part : parts) {
                var bytes = new byte[part.remaining()];
                part.duplicate().get(bytes);
                gzip.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Buffer.buffer(packed.toByteArray());
    }
}
