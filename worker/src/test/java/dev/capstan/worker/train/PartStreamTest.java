package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.artifact.DurableFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Parts in a stream, of any length, of which whoever reads them takes what it wants. */
class PartStreamTest {
    private static final int[] LENGTHS = {0, 1, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 200_000};

    private final LinkedHashMap<String, byte[]> parts = new LinkedHashMap<>();
    private final byte[] stream = write();

    private byte[] write() {
        var random = new Random(5);
        var contents = new LinkedHashMap<String, DurableFile.Content>();
        for (int length : LENGTHS) {
            var bytes = new byte[length];
            random.nextBytes(bytes);
            parts.put("part-" + length, bytes);
            // Byte by byte, in small pieces, and all at once.
            contents.put("part-" + length, out -> {
                int half = length / 2;
                for (int i = 0; i < Math.min(half, 10); i++) {
                    out.write(bytes[i]);
                }
                out.write(bytes, Math.min(half, 10), half - Math.min(half, 10));
                out.write(bytes, half, length - half);
            });
        }
        try {
            var out = new ByteArrayOutputStream();
            PartStream.write(contents, new DataOutputStream(out));
            out.write(7);
            return out.toByteArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void allPartsComeAsTheyWere() throws Exception {
        var source = new DataInputStream(new ByteArrayInputStream(stream));
        var read = new PartStream(source);
        for (var part : parts.entrySet()) {
            try (var in = read.open(part.getKey()).orElseThrow()) {
                assertArrayEquals(part.getValue(), in.readAllBytes(), part.getKey());
                assertEquals(-1, in.read());
            }
        }
        assertEquals(7, source.read(), "what follows is left");
    }

    @Test
    void whatNobodyWantsIsPassedOver() throws Exception {
        var read = new PartStream(new DataInputStream(new ByteArrayInputStream(stream)));
        assertTrue(read.open("no such part").isEmpty());
        try (var in = read.open("part-65536").orElseThrow()) {
            assertArrayEquals(Arrays.copyOf(parts.get("part-65536"), 100), in.readNBytes(100));
        }
        try (var in = read.open("part-200000").orElseThrow()) {
            assertEquals(parts.get("part-200000")[0] & 0xff, in.read());
        }
        assertTrue(read.open("part-1").isEmpty(), "it is over");
    }

    @Test
    void aStreamThatBreaksOffIsNoPart() throws Exception {
        for (int length : new int[] {stream.length - 10, stream.length - 150_000}) {
            var read = new PartStream(new DataInputStream(new ByteArrayInputStream(Arrays.copyOf(stream, length))));
            var in = read.open("part-200000").orElseThrow();
            assertThrows(EOFException.class, in::readAllBytes);
        }
    }
}
