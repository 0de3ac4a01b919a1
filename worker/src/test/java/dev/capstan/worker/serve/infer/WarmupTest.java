package dev.capstan.worker.serve.infer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What a model's first answers tell. */
class WarmupTest {
    /** A model that takes so long for each sample, however many there are. */
    private record Proportional(long microsEach) implements Predictor {
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
            long end = System.nanoTime() + 1000 * microsEach * inputs.get("x").shape()[0];
            for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            return inputs;
        }

        @Override
        public void close() {}
    }

    @Test
    void togetherIsComputedWhatCostsLessSoWithItsHandling() {
        assertEquals(4, Warmup.of(new Proportional(1_000), 4).together(), "nothing is gained but the handling");
        assertEquals(1, Warmup.of(new Proportional(20_000), 4).together(), "of that, nobody would notice");
        assertEquals(1, Warmup.of(new Proportional(1_000), 1).together(), "nobody wants it");
    }

    @Test
    void shortIsWhatOneSampleTakesAMomentFor() {
        var quick = Warmup.of(new Proportional(0), 1);
        assertEquals(true, quick.isShort());
        assertEquals(12, quick.bytes());
        assertEquals(false, Warmup.of(new Proportional(20_000), 1).isShort());
    }
}
