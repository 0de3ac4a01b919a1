package dev.capstan.worker.serve;

import dev.capstan.worker.serve.RequestException.Kind;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A model that answers with what it is asked, under the name {@code y}. Of floats, 13 is a fault, 17 takes seconds, and
 * as {@code count} it tells how many samples it was asked for at once.
 *
 * @param type of its elements
 * @param nanosEach that every run takes, however many samples it has
 * @param runs how often it ran
 * @param closed whether it was let go of
 */
public record Echo(DataType type, long nanosEach, AtomicInteger runs, AtomicBoolean closed) implements Predictor {
    public static final float FAULT = 13;
    public static final float SLEEP = 17;
    public static final long SLEEP_SECONDS = 8;

    public static Echo of(DataType type) {
        return new Echo(type, 0, new AtomicInteger(), new AtomicBoolean());
    }

    public static Echo slow(long millis) {
        return new Echo(DataType.FP32, millis * 1_000_000, new AtomicInteger(), new AtomicBoolean());
    }

    /** One that keeps a processor busy for so long. */
    public static Predictor busy(long millis) {
        var echo = of(DataType.FP32);
        return new Predictor() {
            @Override
            public List<TensorSpec> inputs() {
                return echo.inputs();
            }

            @Override
            public List<TensorSpec> outputs() {
                return echo.outputs();
            }

            @Override
            public boolean batches() {
                return echo.batches();
            }

            @Override
            public Map<String, Tensor> predict(Map<String, Tensor> inputs, Set<String> outputs) {
                var threads = ManagementFactory.getThreadMXBean();
                long end = threads.getCurrentThreadCpuTime() + millis * 1_000_000;
                while (threads.getCurrentThreadCpuTime() < end) {
                    Thread.onSpinWait();
                }
                return echo.predict(inputs, outputs);
            }

            @Override
            public void close() {
                echo.close();
            }
        };
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec("x", type, new long[] {-1, -1}));
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(
                new TensorSpec("y", type, new long[] {-1, -1}), new TensorSpec("count", type, new long[] {-1, -1}));
    }

    @Override
    public boolean batches() {
        return true;
    }

    @Override
    public Map<String, Tensor> predict(Map<String, Tensor> inputs, Set<String> outputs) {
        runs.incrementAndGet();
        for (long end = System.nanoTime() + nanosEach; nanosEach > 0 && System.nanoTime() < end; ) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
        var x = inputs.get("x");
        if (type == DataType.FP32
                && x.data().remaining() > 0
                && x.data().duplicate().order(ByteOrder.LITTLE_ENDIAN).getFloat() == SLEEP) {
            LockSupport.parkNanos(SLEEP_SECONDS * 1_000_000_000);
        }
        var given = new HashMap<String, Tensor>();
        var data = ByteBuffer.allocate(x.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
        data.put(x.data().duplicate()).flip();
        var count = ByteBuffer.allocate(x.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; type == DataType.FP32 && at < data.limit(); at += Float.BYTES) {
            if (data.getFloat(at) == FAULT) {
                throw new RequestException(Kind.INTERNAL, "13 was asked for");
            }
            count.putFloat(at, x.shape()[0]);
        }
        given.put("y", new Tensor(type, x.shape(), data));
        given.put("count", new Tensor(type, x.shape(), type == DataType.BYTES ? data.duplicate() : count));
        given.keySet().retainAll(outputs);
        return given;
    }

    @Override
    public void close() {
        closed.set(true);
    }
}
