package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against numbers that scikit-learn's metrics give for the same answers. */
class ScoresTest {
    @Test
    void classesThatWereTakenForOthersAreCounted() {
        var confusion = new Confusion(4);
        int[] there = {0, 0, 0, 1, 1, 2};
        int[] told = {0, 0, 1, 1, 1, 0};
        for (int i = 0; i < there.length; i++) {
            confusion.add(there[i], told[i]);
        }
        assertEquals(
                List.of(List.of(2, 1, 0, 0), List.of(0, 2, 0, 0), List.of(1, 0, 0, 0), List.of(0, 0, 0, 0)),
                confusion.matrix());
        assertEquals(4.0 / 6, confusion.accuracy(), 1e-12);
        // Class 3 is neither there nor told, and doesn't count: (2/3 + 4/5 + 0) / 3.
        assertEquals((2.0 / 3 + 0.8 + 0) / 3, confusion.f1(), 1e-12);
    }

    @Test
    void tooManyClassesAreNotShown() {
        var confusion = new Confusion(101);
        confusion.add(100, 3);
        assertEquals(List.of(), confusion.matrix());
        assertEquals(0, confusion.accuracy());
    }

    @Test
    void errorsOfSeveralNumbers() {
        var errors = new Errors(2);
        errors.add(new float[] {1, 10}, new float[] {9, 1.5f, 10}, 1);
        errors.add(new float[] {2, 10}, new float[] {2, 13}, 0);
        errors.add(new float[] {3, 10}, new float[] {2, 10}, 0);
        assertEquals((0.5 + 0 + 1 + 3) / 6, errors.mae(), 1e-12);
        assertEquals(Math.sqrt((0.25 + 1 + 9) / 6), errors.rmse(), 1e-12);
        // The second number is always 10, so nothing is left to explain, and there was an error.
        assertEquals((1 - 1.25 / 2 + 0) / 2, errors.r2(), 1e-12);
    }

    @Test
    void whatOthersHaveCountedAddsUp() {
        int[] there = {0, 0, 0, 1, 1, 2, 3, 0};
        int[] told = {0, 0, 1, 1, 1, 0, 3, 1};
        for (int classes : new int[] {4, 101}) {
            var whole = new Confusion(classes);
            var sum = new Confusion(classes);
            // Of the second part there is nothing.
            for (int[] part : new int[][] {{0, 3}, {3, 3}, {3, 8}}) {
                var some = new Confusion(classes);
                for (int i = part[0]; i < part[1]; i++) {
                    whole.add(there[i], told[i]);
                    some.add(there[i], told[i]);
                }
                var bytes = ByteBuffer.allocate(some.bytes());
                some.write(bytes);
                assertEquals(0, bytes.remaining());
                sum.add(bytes.flip());
            }
            assertEquals(whole.matrix(), sum.matrix());
            assertEquals(whole.accuracy(), sum.accuracy());
            assertEquals(whole.f1(), sum.f1());
        }
    }

    @Test
    void errorsOfOthersAddUp() {
        var random = new Random(1);
        var whole = new Errors(2);
        var sum = new Errors(2);
        for (int count : new int[] {0, 5, 1, 0, 30}) {
            var some = new Errors(2);
            for (int i = 0; i < count; i++) {
                float[] right = {100 + random.nextFloat(), 7};
                float[] answer = {100 + random.nextFloat(), 7};
                whole.add(right, answer, 0);
                some.add(right, answer, 0);
            }
            var bytes = ByteBuffer.allocate(some.bytes());
            some.write(bytes);
            assertEquals(0, bytes.remaining());
            sum.add(bytes.flip());
        }
        assertEquals(whole.mae(), sum.mae(), 1e-12);
        assertEquals(whole.rmse(), sum.rmse(), 1e-12);
        assertEquals(whole.r2(), sum.r2(), 1e-9);
    }

    @Test
    void whatIsReachedWithoutAModel() {
        assertEquals(Map.of("baselineAccuracy", 0.25), Baseline.of(labelled(2, 1, 2, 0), labelled(0, 1, 2, 1), 3));
        assertEquals(Map.of("baselineRmse", Math.sqrt((9 + 1) / 2.0)), Baseline.of(numbers(1, 3), numbers(-1, 3), 1));
    }

    @Test
    void aModelThatIsNoBetterIsSaidToBe() {
        assertEquals(Optional.empty(), Baseline.caveat(Map.of()));
        assertEquals(Optional.empty(), Baseline.caveat(Map.of("accuracy", 0.2)), "nobody knows");
        assertEquals(Optional.empty(), Baseline.caveat(Map.of("accuracy", 0.51, "baselineAccuracy", 0.5)));
        assertEquals(Optional.empty(), Baseline.caveat(Map.of("rmse", 9.9, "baselineRmse", 10.0)));
        // The test data counts, where there is some.
        assertEquals(
                Optional.empty(),
                Baseline.caveat(Map.of("accuracy", 0.9, "validationAccuracy", 0.1, "baselineAccuracy", 0.5)));
        assertEquals(
                "it tells no more samples right than whoever always tells the commonest class: accuracy 0.5000, and"
                        + " 0.5000 without a model",
                Baseline.caveat(Map.of("validationAccuracy", 0.5, "baselineAccuracy", 0.5))
                        .orElseThrow());
        assertEquals(
                "it predicts no better than whoever always tells the mean of the training data: root of the mean squared"
                        + " error 12.6600, and 10.0000 without a model",
                Baseline.caveat(Map.of("rmse", 12.66, "baselineRmse", 10.0)).orElseThrow());
    }

    private static Samples labelled(int... labels) {
        return new Some(labels.length) {
            @Override
            public int label(int sample) {
                return labels[sample];
            }
        };
    }

    private static Samples numbers(float... numbers) {
        return new Some(numbers.length) {
            @Override
            public int label(int sample) {
                throw new IllegalStateException("there is none");
            }

            @Override
            public int targets() {
                return 1;
            }

            @Override
            public void copyTarget(int sample, float[] target) {
                target[0] = numbers[sample];
            }
        };
    }

    private abstract static class Some implements Samples {
        private final int size;

        Some(int size) {
            this.size = size;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public Shape shape() {
            return new Shape.Flat(1);
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            target[offset] = 0;
        }
    }
}
