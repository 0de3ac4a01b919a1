package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SampleOrderTest {
    @Test
    void anEpochTakesEverySampleOnce() {
        for (int size : new int[] {1, 2, 1000}) {
            var order = SampleOrder.of(size, 42, 3);
            Arrays.sort(order);
            assertArrayEquals(IntStream.range(0, size).toArray(), order);
        }
    }

    @Test
    void theOrderDependsOnSeedAndEpochAlone() {
        assertArrayEquals(SampleOrder.of(1000, 42, 3), SampleOrder.of(1000, 42, 3));
        assertFalse(Arrays.equals(SampleOrder.of(1000, 42, 3), SampleOrder.of(1000, 42, 4)));
        assertFalse(Arrays.equals(SampleOrder.of(1000, 42, 3), SampleOrder.of(1000, 43, 3)));
    }

    @Test
    void theOrderIsTheSameOnEveryJavaVersion() {
        assertArrayEquals(new int[] {0, 6, 2, 5, 4, 7, 1, 3}, SampleOrder.of(8, 42, 1));
    }
}
