package dev.capstan.worker.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.capstan.worker.Fixtures;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandomnessTest {
    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, (1L << 53) - 1})
    void theSameSeedDrawsTheSameWeights(long seed) {
        assertArrayEquals(weights(seed), weights(seed));
        assertFalse(Arrays.equals(weights(seed), weights(seed + 2)));
    }

    private static float[] weights(long seed) {
        return Networks.create(Fixtures.layers(), Fixtures.training(1, 8, Fixtures.ADAM, seed), 9)
                .parameters()
                .data()
                .asFloat();
    }
}
