package dev.capstan.worker.ring;

import static dev.capstan.worker.ring.RingTest.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BfloatsTest {
    @ParameterizedTest(name = "{0} becomes {1}")
    @CsvSource({
        "0.0, 0.0",
        "-0.0, -0.0",
        "1.0, 1.0",
        "1.00390624, 1.0",
        // Half-way between two: to the one whose last bit is 0.
        "1.00390625, 1.0",
        "1.01171875, 1.015625",
        "1.0039064, 1.0078125",
        "-3.1415927, -3.140625",
        "Infinity, Infinity",
        "-Infinity, -Infinity",
        "NaN, NaN",
        // The largest float of all is nearer to the next power of two than to any other number.
        "3.4028235E38, Infinity",
        "1.0E-40, 9.1835496E-41"
    })
    void aFloatIsRoundedToTheNearest(float given, float expected) {
        var row = floats(1).putFloat(0, given);
        var numbers = new Bfloats();
        var received = floats(1);
        numbers.put(received, numbers.sent(row));
        assertEquals(expected, received.getFloat(0));
        assertEquals(given, row.getFloat(0));
    }

    /** All that a float can be, a sample of it. */
    @Test
    void whatARankKeepsIsWhatOthersReceive() {
        var random = new Random(1);
        var row = floats(100_003);
        for (int i = 0; i < 100_003; i++) {
            row.putInt(i * Float.BYTES, random.nextInt());
        }
        var numbers = new Bfloats();
        var received = floats(100_003);
        numbers.put(received, numbers.sent(row));
        numbers.round(row);
        assertEquals(received, row);
        numbers.round(row);
        assertEquals(received, row);
    }
}
