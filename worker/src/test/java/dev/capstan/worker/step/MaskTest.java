package dev.capstan.worker.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mask and its bytes. */
class MaskTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 63, 64, 65, 1000})
    void whatIsWrittenIsRead(int length) throws Exception {
        var mask = random(length, length);
        var bytes = bytes(mask);
        assertEquals(mask, Mask.read(new ByteArrayInputStream(bytes), length));
        assertEquals(8 + Math.ceilDiv(length, 8), bytes.length, "a bit a parameter");
    }

    @Test
    void anEmptyMaskIsOne() throws Exception {
        var none = Mask.of(100, new BitSet());
        assertEquals(0, none.count());
        assertEquals(none, Mask.read(new ByteArrayInputStream(bytes(none)), 100));
    }

    @Test
    void whatIsNoMaskOfTheModelIsRefused() throws Exception {
        var bytes = bytes(random(100, 1));
        assertSaid("the mask is of 100 parameters, the model has 101", bytes, 101);
        var cut = new ByteArrayInputStream(bytes, 0, bytes.length - 1);
        assertThrows(EOFException.class, () -> Mask.read(cut, 100));
        bytes[bytes.length - 1] |= (byte) 0x80;
        assertSaid("the mask has bits beyond its 100 parameters", bytes, 100);
        bytes[0] = 0;
        assertSaid("a mask begins with 0x4d41534b, not 0x41534b", bytes, 100);
    }

    private static void assertSaid(String sentence, byte[] bytes, int length) {
        var e = assertThrows(IOException.class, () -> Mask.read(new ByteArrayInputStream(bytes), length));
        assertEquals(sentence, e.getMessage());
    }

    @Test
    void aMaskStaysWhatItIs() {
        var zeros = new BitSet();
        zeros.set(3);
        var mask = Mask.of(10, zeros);
        zeros.set(4);
        assertTrue(mask.zero(3));
        assertFalse(mask.zero(4));
        assertThrows(IllegalArgumentException.class, () -> Mask.of(4, zeros));
    }

    private static Mask random(int length, long seed) {
        var random = new Random(seed);
        var zeros = new BitSet();
        for (int i = 0; i < length; i++) {
            zeros.set(i, random.nextBoolean());
        }
        return Mask.of(length, zeros);
    }

    private static byte[] bytes(Mask mask) throws IOException {
        var out = new ByteArrayOutputStream();
        mask.write(out);
        return out.toByteArray();
    }
}
