package dev.capstan.worker.serve.http;

import static dev.capstan.worker.serve.RequestException.Kind.ENCODING;
import static dev.capstan.worker.serve.RequestException.Kind.INVALID;
import static dev.capstan.worker.serve.RequestException.Kind.TOO_LARGE;

import dev.capstan.worker.serve.RequestException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/**
 * A request's body.
 *
 * @param bytes of which the first are the body's
 * @param length how many
 */
public record Body(byte[] bytes, int length) {
    /** How bodies and messages may be packed, as headers of both protocols have it. */
    public static final String ENCODINGS = "gzip, deflate";

    private static final int STEP = 64 << 10;

    /**
     * The body as it was before it was packed.
     *
     * @param encoding {@code gzip}, {@code deflate}, {@code identity} or null for none
     * @param limit bytes that it may have
     * @throws RequestException INVALID if it isn't packed so, ENCODING if it is packed otherwise, TOO_LARGE if there is
     *     more in it
     */
    public Body unpacked(String encoding, long limit) {
        if (encoding == null || encoding.equalsIgnoreCase("identity")) {
            return this;
        }
        try (var unpacking = stream(encoding, new ByteArrayInputStream(bytes, 0, length))) {
            var unpacked = new byte[(int) Math.min(limit, Math.max(STEP, 4L * length))];
            int size = 0;
            for (int read; (read = unpacking.read(unpacked, size, unpacked.length - size)) >= 0; ) {
                size += read;
                if (size == unpacked.length) {
                    if (size >= limit) {
                        if (unpacking.read() < 0) {
                            break;
                        }
                        throw new RequestException(
                                TOO_LARGE,
                                "the request has more than " + limit
                                        + " bytes when it is unpacked, which is the most (limits.maxRequestBytes)");
                    }
                    unpacked = Arrays.copyOf(unpacked, (int) Math.min(limit, 2L * size));
                }
            }
            return new Body(unpacked, size);
        } catch (IOException e) {
            throw new RequestException(INVALID, "the body isn't " + encoding + ": " + e.getMessage(), e);
        }
    }

    private static InputStream stream(String encoding, InputStream packed) throws IOException {
        return switch (encoding.toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> new GZIPInputStream(packed, STEP);
            case "deflate" -> new InflaterInputStream(packed);
            default ->
                throw new RequestException(
                        ENCODING, "the body is packed as " + encoding + "; gzip, deflate and identity are read");
        };
    }
}
