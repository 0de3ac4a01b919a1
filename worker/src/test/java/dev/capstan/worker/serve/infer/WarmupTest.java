package dev.capstan.worker.serve.infer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What a model's first answers tell. */
class WarmupTest {
    /**
     * A model that takes so much of a processor for each sample, however many there are; and has to wait for one so
     * long when it is asked about a single one.
     */
    private record Proportional(long microsEach, int waitsMillis) implements Predictor {
        Proportional(long microsEach) {
            this(microsEach, 0);
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec("x", DataType.FP32, new long[] {-1, 3}));
        }

        @Override
        public List<TensorSpec> outputs() {
            return inputs();
        }

        @Override
        public boolean batches() {
            return true;
        }

        @Override
        public Map<String, Tensor> predict(Map<String, Tensor> inputs, Set<String> outputs) {
            long samples = inputs.get("x").shape()[0];
            if (waitsMillis > 0 && samples == 1) {
                LockSupport.parkNanos(1_000_000L * waitsMillis);
            }
            var threads = ManagementFactory.getThreadMXBean();
            long end = threads.getCurrentThreadCpuTime() + 1000 * microsEach * samples;
            while (threads.getCurrentThreadCpuTime() < end) {
                Thread.onSpinWait();
            }
            return inputs;
        }

        @Override
        public void close() {}
    }

    @Test
    void togetherIsComputedWhatCostsLessSoWithItsHandling() {
        assertEquals(4, Warmup.of(new Proportional(1_000), 4).together(), "nothing is gained but the handling");
        assertEquals(1, Warmup.of(new Proportional(8_000), 4).together(), "of that, nobody would notice");
        assertEquals(
                1, Warmup.of(new Proportional(8_000, 10), 4).together(), "what others had of the processor isn't its");
        assertEquals(1, Warmup.of(new Proportional(1_000), 1).together(), "nobody wants it");
    }

    @Test
    void shortIsWhatOneSampleTakesAMomentFor() {
        var quick = Warmup.of(new Proportional(0), 1);
        assertEquals(true, quick.isShort());
        assertEquals(12, quick.bytes());
        assertEquals(false, Warmup.of(new Proportional(8_000), 1).isShort());
    }
}
