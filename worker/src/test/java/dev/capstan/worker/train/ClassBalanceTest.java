package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training.ClassWeights;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassBalanceTest {
    private static final ClassWeights BALANCED = new ClassWeights(true, null);

    @Test
    void withoutWeightsAllCountAlike() {
        assertNull(ClassBalance.weights(null, samples(0, 1), List.of("cat", "dog")));
    }

    @Test
    void balancedClassesCountAlikeTogether() {
        var weights = ClassBalance.weights(BALANCED, samples(0, 0, 0, 1), List.of("cat", "dog"));
        assertArrayEquals(new double[] {4 / 6.0, 2}, weights);
        assertEquals(3 * weights[0], weights[1]);
    }

    @Test
    void aClassWithoutSamplesIsNamed() {
        var e = assertThrows(Failure.class, () -> ClassBalance.weights(BALANCED, samples(0, 0), List.of("cat", "dog")));
        assertEquals(Reason.InvalidData, e.reason());
        assertEquals(
                "training.classWeights.balanced: class 1 (dog) has no samples among the 2 to train on, so it can't be"
                        + " balanced; add some, or give training.classWeights.values",
                e.getMessage());
    }

    @Test
    void givenWeightsAreOneForEachClass() {
        var weights = new ClassWeights(false, List.of(1.0, 2.5));
        assertArrayEquals(new double[] {1, 2.5}, ClassBalance.weights(weights, samples(0, 1), List.of("cat", "dog")));
        var e = assertThrows(
                Failure.class, () -> ClassBalance.weights(weights, samples(0, 1), List.of("cat", "dog", "cow")));
        assertEquals(Reason.InvalidJob, e.reason());
    }

    private static Samples samples(int... labels) {
        return new Fixtures.Images(new byte[labels.length][1], labels);
    }
}
