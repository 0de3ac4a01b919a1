package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AffineTest {
    private final Random random = new Random(7);

    @Test
    void aNumberInTheRangeComesBackWithinHalfAStep() {
        for (int round = 0; round < 2000; round++) {
            double size = Math.pow(10, random.nextInt(60) - 30);
            double min = random.nextInt(4) == 0 ? 0 : -random.nextDouble() * size;
            double max = random.nextInt(4) == 0 ? 0 : random.nextDouble() * size;
            check(Affine.asymmetric(min, max, 0, 255), min, max);
            check(Affine.asymmetric(min, max, -128, 127), min, max);
            double largest = Math.max(-min, max);
            check(Affine.symmetric(largest, 127), -largest, largest);
            check(Affine.symmetric(largest, 127).unsigned(), -largest, largest);
            check(Affine.symmetric(largest, 64), -largest, largest);
        }
    }

    private void check(Affine map, double min, double max) {
        assertNormal(map.scale());
        assertEquals(0, map.dequantize(map.quantize(0)));
        for (int each = 0; each < 20; each++) {
            float real = (float) Math.clamp(min + random.nextDouble() * (max - min), min, max);
            int integer = map.quantize(real);
            assertTrue(integer >= map.lowest() && integer <= map.highest());
            double error = Math.abs((double) map.dequantize(integer) - real);
            // Besides half a step, a float's own rounding of the product.
            assertTrue(error <= map.scale() * (0.5 + 1e-4), () -> real + " by " + map + " is off by " + error);
        }
        assertTrue(map.quantize((float) max) >= map.quantize((float) min));
    }

    @Test
    void noRangeMakesAScaleThatAFileMayNotHold() {
        for (double size : new double[] {0, Float.MIN_VALUE, 1e-44, 1e-38, 1, 1e38, Float.MAX_VALUE}) {
            assertNormal(Affine.asymmetric(-size, size, 0, 255).scale());
            assertNormal(Affine.asymmetric(0, size, 0, 255).scale());
            assertNormal(Affine.symmetric(size, 127).scale());
        }
    }

    private static void assertNormal(float scale) {
        assertTrue(scale >= Float.MIN_NORMAL && Float.isFinite(scale), () -> "scale " + scale);
    }

    @Test
    void unsignedIntegersStartAtZeroAndKeepWithinTheBound() {
        for (int round = 0; round < 1000; round++) {
            float bound = random.nextFloat() * 10 + 1e-3f;
            var map = Affine.asymmetric(0, bound, 0, 255);
            assertEquals(0, map.zeroPoint());
            assertTrue(map.dequantize(255) <= bound);
        }
    }

    @Test
    void tiesGoToTheEvenNumberAsInOnnx() {
        var map = new Affine(1, 0, -127, 127);
        assertEquals(0, map.quantize(0.5f));
        assertEquals(2, map.quantize(1.5f));
        assertEquals(-2, map.quantize(-2.5f));
        assertEquals(127, map.quantize(1e30f));
    }
}
