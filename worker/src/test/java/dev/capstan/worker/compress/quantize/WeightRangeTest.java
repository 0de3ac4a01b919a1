package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

class WeightRangeTest {
    @Test
    void sevenBitsAreForX86WithoutVnni() {
        var avx2 = "processor : 0\nflags\t\t: fpu sse2 avx2 fma\n";
        var avx512 = "flags\t\t: fpu avx2 avx512f avx512bw\n";
        assertEquals(WeightRange.REDUCED, WeightRange.of("amd64", avx2));
        assertEquals(WeightRange.REDUCED, WeightRange.of("amd64", avx512));
        assertEquals(WeightRange.REDUCED, WeightRange.of("amd64", ""));
        assertEquals(WeightRange.FULL, WeightRange.of("amd64", avx512.strip() + " avx512_vnni amx_tile\n"));
        assertEquals(WeightRange.FULL, WeightRange.of("amd64", avx2.strip() + " avx_vnni\n"));
        assertEquals(WeightRange.FULL, WeightRange.of("aarch64", "Features : asimd asimddp\n"));
    }

    /** The sum that vpmaddubsw makes of two products must fit into 16 bits. */
    @Test
    void twoProductsOfReducedWeightsFitIntoSixteenBits() {
        assertEquals(32_640, 2 * 255 * WeightRange.REDUCED.highest());
        assertNotEquals(WeightRange.AUTO, WeightRange.AUTO.resolved());
    }
}
