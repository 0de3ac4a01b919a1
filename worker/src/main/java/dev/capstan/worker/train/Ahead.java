package dev.capstan.worker.train;

import dev.capstan.worker.step.Batch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.IntFunction;

/**
 * Fills a batch on a thread of its own while the one before it is computed, or peers are waited for, where filling
 * takes long enough. What is in a batch doesn't depend on who has filled it.
 */
final class Ahead implements AutoCloseable {
    /** What it takes to have something done by another thread, several times over. */
    private static final long WORTH_A_THREAD = 200_000;

    private final Filler filler;
    private final long worth;
    /** Two of each number of rows: the one that is computed, and the next. */
    private final Map<Integer, Batch[]> places = new HashMap<>();

    private final IntFunction<Batch> made;
    private final LinkedBlockingQueue<FutureTask<Batch>> tasks = new LinkedBlockingQueue<>();
    /** Null as long as there was nothing to do for it. */
    private Thread thread;

    /** Of the last filling; any thread's. */
    private volatile long nanos;

    private Batch computed;
    private Prepared prepared;

    private record Prepared(int[] order, Schedule.Range range, FutureTask<Batch> batch) {}

    /** @param made places for so many samples */
    Ahead(Filler filler, IntFunction<Batch> made) {
        this(filler, made, WORTH_A_THREAD);
    }

    /** @param worth how many nanoseconds a filling must take for another thread to do the next one */
    Ahead(Filler filler, IntFunction<Batch> made, long worth) {
        this.filler = filler;
        this.made = made;
        this.worth = worth;
    }

    /** The samples at these places of the order; good until those after the next are asked for. */
    Batch take(int[] order, Schedule.Range range) {
        var ready = prepared;
        prepared = null;
        if (ready != null) {
            // Waited for in any case: two fillings at once would get in each other's way.
            var batch = result(ready.batch());
            if (Arrays.equals(ready.order(), order) && ready.range().equals(range)) {
                computed = batch;
                return batch;
            }
        }
        computed = filled(free(range.size()), order, range);
        return computed;
    }

    /** Begins with what is asked for next, if that is known and worth it. */
    void prepare(int[] order, Schedule.Range range) {
        if (nanos < worth) {
            return;
        }
        if (thread == null) {
            thread = Thread.ofPlatform().daemon().name("capstan-batches").start(this::work);
        }
        var batch = free(range.size());
        prepared = new Prepared(order, range, new FutureTask<>(() -> filled(batch, order, range)));
        tasks.add(prepared.batch());
    }

    private Batch free(int rows) {
        var both = places.computeIfAbsent(rows, count -> new Batch[2]);
        int index = both[0] != null && both[0] == computed ? 1 : 0;
        if (both[index] == null) {
            both[index] = made.apply(rows);
        }
        return both[index];
    }

    private Batch filled(Batch batch, int[] order, Schedule.Range range) {
        long start = System.nanoTime();
        filler.fill(batch, order, range);
        nanos = System.nanoTime() - start;
        return batch;
    }

    private static Batch result(FutureTask<Batch> task) {
        try {
            return task.get();
        } catch (ExecutionException e) {
            // Such as what the JVM throws where a file that it reads as memory can't be read.
            throw switch (e.getCause()) {
                case RuntimeException failed -> failed;
                case Error failed -> throw failed;
                default -> new IllegalStateException(e.getCause());
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a batch is filled", e);
        }
    }

    private void work() {
        try {
            while (true) {
                tasks.take().run();
            }
        } catch (InterruptedException e) {
            // Nobody needs a batch any more.
        }
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}
