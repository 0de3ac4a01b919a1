package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FiniteTest {
    private static final int LENGTH = 10_001;

    private final ByteBuffer floats =
            ByteBuffer.allocateDirect(LENGTH * Float.BYTES).order(ByteOrder.nativeOrder());

    @Test
    void theLargestFloatsPass() {
        floats.putFloat(0, Float.MAX_VALUE).putFloat(4, -Float.MAX_VALUE).putFloat(8, -0f);
        assertDoesNotThrow(() -> new Finite().check(floats, "the gradient"));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void oneThatIsNotFiniteIsFoundAnywhere(float value) {
        for (int place : new int[] {0, 4095, 4096, LENGTH - 1}) {
            floats.putFloat(place * Float.BYTES, value);
            var e = assertThrows(Failure.class, () -> new Finite().check(floats, "the gradient"));
            assertEquals(Reason.Diverged, e.reason());
            floats.putFloat(place * Float.BYTES, 0);
        }
    }
}
