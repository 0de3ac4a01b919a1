package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;

/** What comes out is read by the JVM's own inflater, which is zlib. */
class PinnedDeflaterTest {
    private static final List<byte[]> CONTENTS = List.of(
            new byte[0],
            new byte[1],
            new byte[200_000],
            "{\"classes\":[\"0\",\"1\",\"2\"]}".repeat(20).getBytes(),
            weights(100_000, 1),
            weights(100_000, 0.1));

    /** Floats, so many of which are not zero. */
    private static byte[] weights(int count, double share) {
        var random = new Random(7);
        var bytes = ByteBuffer.allocate(count * Float.BYTES);
        for (int i = 0; i < count; i++) {
            bytes.putFloat(random.nextDouble() < share ? (float) (0.05 * random.nextGaussian()) : 0);
        }
        return bytes.array();
    }

    private static byte[] deflated(PinnedDeflater deflater, byte[] content, int piece) throws Exception {
        var bytes = new ByteArrayOutputStream();
        var out = new DeflaterOutputStream(bytes, deflater, 512);
        for (int from = 0; from < content.length; from += piece) {
            out.write(content, from, Math.min(piece, content.length - from));
        }
        out.finish();
        return bytes.toByteArray();
    }

    @Test
    void whatIsDeflatedIsInflatedAgainHoweverItCameAndOneDeflaterDoesManyEntries() throws Exception {
        var deflater = new PinnedDeflater();
        for (var content : CONTENTS) {
            var whole = deflated(deflater, content, Integer.MAX_VALUE / 2);
            assertEquals(content.length, deflater.getBytesRead());
            assertEquals(whole.length, deflater.getBytesWritten());
            deflater.reset();
            assertArrayEquals(whole, deflated(deflater, content, 1000));
            deflater.reset();
            try (var in = new InflaterInputStream(new ByteArrayInputStream(whole), new Inflater(true))) {
                assertArrayEquals(content, in.readAllBytes());
            }
        }
    }

    /** A digest over an artifact holds on every machine, and under every version of Java. */
    @Test
    void theBytesAreThese() throws Exception {
        var digest = MessageDigest.getInstance("SHA-256");
        for (var content : CONTENTS) {
            digest.update(deflated(new PinnedDeflater(), content, 1000));
        }
        assertEquals(
                "c543e5336ff682a528d7cf06b428c51a1d8c36e7cebe5230b3fc36b988ac4842",
                HexFormat.of().formatHex(digest.digest()));
    }

    @Test
    void zerosTakeNextToNoRoom() throws Exception {
        int before = deflated(new PinnedDeflater(), weights(100_000, 1), 1000).length;
        int after = deflated(new PinnedDeflater(), weights(100_000, 0.1), 1000).length;
        assertTrue(6 * after < before, after + " of " + before);
        assertTrue(deflated(new PinnedDeflater(), new byte[1_000_000], 1000).length < 2_000);
    }
}
