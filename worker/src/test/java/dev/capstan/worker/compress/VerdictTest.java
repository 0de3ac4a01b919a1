package dev.capstan.worker.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.Acceptance.Metric;
import dev.capstan.protocol.Compression.Bound;
import dev.capstan.protocol.Compression.Measures;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final Measures BEFORE = new Measures("model.onnx", 4000, 0.95, 0.2, 0.3, 1000.0, 64);
    private static final Measures AFTER = new Measures("model.onnx", 1000, 0.94, 0.1, 0.2, 2000.0, 64);

    @Test
    void aBoundThatIsJustReachedIsKept() {
        var bounds = Verdict.of(new Acceptance(Metric.ACCURACY, 0.01, 4.0, 0.5), BEFORE, AFTER);
        assertEquals(3, bounds.size());
        assertTrue(bounds.stream().allMatch(Bound::met), bounds.toString());
        assertEquals(
                List.of(0.01, 4.0, 0.5),
                bounds.stream()
                        .map(each -> Math.round(each.measured() * 1e6) / 1e6)
                        .toList());
        assertEquals("", Verdict.missed(bounds, BEFORE, AFTER));
    }

    @Test
    void eachBoundThatIsMissedIsToldWithItsNumbers() {
        var bounds = Verdict.of(new Acceptance(Metric.ACCURACY, 0.009, 4.1, 0.4), BEFORE, AFTER);
        assertFalse(bounds.stream().anyMatch(Bound::met), bounds.toString());
        assertEquals(
                "accuracy on data.test fell by 0.0100, from 0.9500 to 0.9400, and acceptance.maxDrop is 0.009;"
                        + " model.onnx became 4.00 times smaller, 1000 bytes of 4000, and acceptance.minCompressionRatio"
                        + " is 4.1; median latency is 0.50 of the baseline's, 0.100 ms of 0.200, and"
                        + " acceptance.maxLatencyRatio is 0.4",
                Verdict.missed(bounds, BEFORE, AFTER));
    }

    @Test
    void aModelThatGotBetterIsWithinAnyDrop() {
        assertTrue(Verdict.of(new Acceptance(Metric.ACCURACY, 0.0, null, null), AFTER, BEFORE)
                .getFirst()
                .met());
    }

    /** Of labels in another order than the model's classes, or of samples that were prepared otherwise. */
    @Test
    void aModelThatOnlyGuessesHasNoDropToBound() {
        var drop = new Acceptance(Metric.ACCURACY, 0.0, null, null);
        for (double accuracy : new double[] {0, 0.1, 0.25}) {
            var e = assertThrows(Failure.class, () -> Verdict.checkBaseline(drop, baseline(accuracy), 4));
            assertEquals(Reason.InvalidData, e.reason());
            assertTrue(
                    e.getMessage()
                            .startsWith(String.format(
                                    "data.test: the model as it came gets a share of %.4f right, and guessing among 4"
                                            + " classes gets 0.2500",
                                    accuracy)),
                    e.getMessage());
        }
        Verdict.checkBaseline(drop, baseline(0.251), 4);
        Verdict.checkBaseline(new Acceptance(null, null, 2.0, null), baseline(0), 4);
        Verdict.checkBaseline(null, baseline(0), 4);
    }

    private static Measures baseline(double accuracy) {
        return new Measures("model.onnx", 4000, accuracy, null, null, null, 0);
    }

    @Test
    void withoutBoundsThereIsNothingToMiss() {
        assertEquals(List.of(), Verdict.of(null, BEFORE, AFTER));
    }
}
