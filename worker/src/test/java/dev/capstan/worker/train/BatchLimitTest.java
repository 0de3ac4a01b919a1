package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchLimitTest {
    /** Of 600 by 600 pixels in colour, 497 images fit into an array. */
    private static final Shape IMAGE = new Shape.Image(600, 600, 3);

    @ParameterizedTest(name = "{0} samples by {1}, {2} workers")
    @CsvSource({"10000, 497, 1", "10000, 994, 2", "497, 10000, 1", "994, 10000, 2"})
    void aShareThatFitsIsTaken(int samples, int batchSize, int workers) {
        assertDoesNotThrow(() -> check(samples, IMAGE, 4, batchSize, workers));
    }

    @Test
    void theLargestBatchThatFitsIsTold() {
        var e = assertThrows(Failure.class, () -> check(10_000, IMAGE, 4, 995, 2));
        assertEquals(Reason.InvalidJob, e.reason());
        assertEquals(
                "training.batchSize is 995, so a worker takes 498 samples at once; with a colour image of 600 by 600 pixels and"
                        + " 4 classes each, an array of less than 2 GiB holds no more than 497. Take at most 994, or more workers,"
                        + " or a larger training.accumulateSteps",
                e.getMessage());
    }

    @Test
    void labelsNeedAnArrayToo() {
        var e = assertThrows(Failure.class, () -> check(10_000, new Shape.Flat(1), 1_000_000, 600, 1));
        assertTrue(e.getMessage().contains("Take at most 536, or more workers"), e.getMessage());
    }

    @Test
    void samplesOfWhichNotOneFitsAreRefused() {
        var e = assertThrows(Failure.class, () -> check(10, new Shape.Flat(600_000_000), 4, 1, 1));
        assertTrue(e.getMessage().endsWith("This worker trains on no larger samples"), e.getMessage());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "1, 61, 'training.batchSize is 1; the model''s batch normalization needs at least 2 samples'",
        "32, 1, 'data.train has 1 sample to train on; the model''s batch normalization needs at least 2'"
    })
    void aSingleSampleHasNoVariance(int batchSize, int samples, String sentence) {
        Native.load(Map.of());
        var layers = List.<Layer>of(
                new Layer.Dense(4, "relu"),
                new Layer.BatchNormalization(0.9, 1e-5),
                new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
        var training = Fixtures.training(1, batchSize, Fixtures.SGD, 7);
        var network = Networks.create(layers, training, 9);
        var e = assertThrows(Failure.class, () -> BatchLimit.check(training, samples, network.stage(), 1));
        assertTrue(e.getMessage().startsWith(sentence), e.getMessage());
    }

    @Test
    void aShareThatDoesNotFitFitsInParts() {
        var training = Fixtures.training(1, 995, Fixtures.SGD, 7);
        assertDoesNotThrow(() -> check(10_000, IMAGE, 4, training.inParts(2), 2));
        var e = assertThrows(Failure.class, () -> check(10_000, IMAGE, 4, training.inParts(2), 1));
        assertTrue(e.getMessage().contains("so a worker takes 498 samples at once"), e.getMessage());
        assertTrue(e.getMessage().contains("Take at most 994, or more workers"), e.getMessage());
    }

    private static void check(int count, Shape shape, int classes, int batchSize, int workers) {
        check(count, shape, classes, Fixtures.training(1, batchSize, Fixtures.SGD, 7), workers);
    }

    private static void check(int count, Shape shape, int classes, Training training, int workers) {
        BatchLimit.check(training, Schedule.of(count, training, 1), samples(count, shape), classes, workers);
    }

    private static Samples samples(int count, Shape shape) {
        return new Samples() {
            @Override
            public int size() {
                return count;
            }

            @Override
            public Shape shape() {
                return shape;
            }

            @Override
            public int label(int sample) {
                return 0;
            }

            @Override
            public void copyInputs(int sample, float[] target, int offset) {
                throw new AssertionError("no sample is looked at");
            }
        };
    }
}
