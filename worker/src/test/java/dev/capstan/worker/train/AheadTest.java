package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Objective;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Batches hold what was asked for, whoever has filled them and whatever was thought to come. */
class AheadTest {
    private static final int[] ORDER = {4, 3, 2, 1, 0};

    private final Numbered samples = new Numbered();
    private final List<Thread> fillers = new ArrayList<>();
    private final Ahead batches = ahead(0);

    @Test
    void theNextBatchIsFilledElsewhereAndTheOneInUseStays() {
        var first = batches.take(ORDER, range(0, 2));
        batches.prepare(ORDER, range(2, 4));
        var second = batches.take(ORDER, range(2, 4));
        batches.prepare(ORDER, range(4, 5));
        assertEquals(List.of(4f, 3f), inputs(first));
        assertEquals(List.of(2f, 1f), inputs(second));
        assertEquals(List.of(0f), inputs(batches.take(ORDER, range(4, 5))));
        assertSame(first, batches.take(ORDER, range(0, 2)), "two of a size are enough");
        var threads = new HashSet<>(fillers);
        assertEquals(2, threads.size());
        assertNotEquals(Thread.currentThread(), fillers.get(2));
    }

    @Test
    void whatWasNotExpectedIsFilledAllTheSame() {
        batches.take(ORDER, range(0, 2));
        batches.prepare(ORDER, range(2, 4));
        assertEquals(List.of(1f, 0f), inputs(batches.take(ORDER, range(3, 5))));
        batches.prepare(ORDER, range(0, 2));
        assertEquals(List.of(0f, 1f), inputs(batches.take(new int[] {0, 1, 2, 3, 4}, range(0, 2))));
    }

    @Test
    void whatFailsElsewhereFailsWhereItIsWaitedFor() {
        for (var failure : List.of(new IllegalStateException("a sample"), new InternalError("a file's page"))) {
            batches.take(ORDER, range(0, 1));
            samples.failure = failure;
            batches.prepare(ORDER, range(1, 2));
            assertSame(failure, assertThrows(Throwable.class, () -> batches.take(ORDER, range(1, 2))));
            samples.failure = null;
            assertEquals(List.of(3f), inputs(batches.take(ORDER, range(1, 2))));
        }
    }

    @Test
    void whatIsFilledInNoTimeIsFilledHere() {
        var quick = ahead(Long.MAX_VALUE);
        quick.take(ORDER, range(0, 1));
        quick.prepare(ORDER, range(1, 2));
        quick.take(ORDER, range(1, 2));
        assertEquals(List.of(Thread.currentThread(), Thread.currentThread()), fillers);
    }

    private Ahead ahead(long worth) {
        return new Ahead(new Filler(samples, Objective.TARGETS, 1), Places::of, worth);
    }

    private static Schedule.Range range(int from, int to) {
        return new Schedule.Range(from, to);
    }

    private static List<Float> inputs(Batch batch) {
        var all = new ArrayList<Float>();
        for (int i = 0; i < batch.rows(); i++) {
            all.add(batch.inputs().get(i));
        }
        return all;
    }

    private record Places(int rows, FloatBuffer inputs, FloatBuffer targets, FloatBuffer mask) implements Batch {
        static Batch of(int rows) {
            return new Places(rows, FloatBuffer.allocate(rows), FloatBuffer.allocate(rows), null);
        }
    }

    /** Each is its own number. */
    private final class Numbered implements Samples {
        private volatile Throwable failure;

        @Override
        public int size() {
            return ORDER.length;
        }

        @Override
        public Shape shape() {
            return new Shape.Flat(1);
        }

        @Override
        public int label(int sample) {
            return 0;
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            switch (failure) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new AssertionError(failure);
            }
            fillers.add(Thread.currentThread());
            target[offset] = sample;
        }
    }
}
