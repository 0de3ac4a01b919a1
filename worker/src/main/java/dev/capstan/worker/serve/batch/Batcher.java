package dev.capstan.worker.serve.batch;

import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes what clients ask of one model: samples of several requests together where that pays, else each by itself.
 * Each client gets its own samples' outputs, and what is wrong with one request is that one's fault alone.
 *
 * <p>It has threads of its own; but a request that is the only one, and short, is computed by the thread that brings
 * it. To wake another thread and be woken by that takes longer than a small model, all the more where others want the
 * processor, too.
 */
public final class Batcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Batcher.class);

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    /**
     * What once took so much of a processor isn't short, whatever was measured: a model may loop by what it is asked.
     */
    private static final long LONG_NANOS = 50_000_000;

    private final Predictor predictor;
    private final Line line;
    private final Meter meter;
    /** Threads that may ask the predictor; the last of them lets go of it. */
    private final AtomicInteger working;
    /** Each computation that isn't done yet. */
    private final Map<Thread, Running> computing = new ConcurrentHashMap<>();

    /**
     * By {@link System#nanoTime}.
     *
     * @param awaitedUntil when the last of its clients stops waiting for it
     */
    private record Running(long began, long awaitedUntil) {}
    /** Bytes of inputs up to which a computation is short; negative if none is. */
    private volatile long shortBytes;

    /** Hears of what is computed. */
    public interface Meter {
        /**
         * @param samples how many were computed together
         * @param requests of how many clients
         * @param nanos that it took
         */
        void computed(long samples, int requests, long nanos);
    }

    /**
     * Starts the threads.
     *
     * @param name of the model, for the threads' names
     * @param predictor the model; this one's from now on
     * @param maxSize samples that are computed together at most; 1 for none together
     * @param maxDelayNanos how long the first of them waits for others
     * @param queue requests that wait at most
     * @param threads that compute
     * @param shortBytes bytes of inputs of a request up to which it is short enough to be computed by the thread that
     *     brings it; negative if none is
     */
    public Batcher(
            String name,
            Predictor predictor,
            int maxSize,
            long maxDelayNanos,
            int queue,
            int threads,
            long shortBytes,
            Meter meter) {
        this.predictor = predictor;
        this.meter = meter;
        this.shortBytes = shortBytes;
        working = new AtomicInteger(threads);
        line = new Line(predictor.batches() ? maxSize : 1, maxDelayNanos, queue);
        for (int thread = 0; thread < threads; thread++) {
            Thread.ofPlatform()
                    .daemon()
                    .name("capstan-compute-" + name + "-" + thread)
                    .start(this::work);
        }
    }

    /**
     * Computes as soon as it is this one's turn.
     *
     * @param inputs all that the model takes, of its types and shapes
     * @param outputs names of those that are wanted
     * @param soon runs something on the caller's own thread, when it has taken in whatever else has come meanwhile
     * @return the outputs by name, or a {@link RequestException}; completed by the thread that computes
     * @throws RequestException BUSY if too many wait already
     */
    public CompletableFuture<Map<String, Tensor>> submit(
            Map<String, Tensor> inputs, Set<String> outputs, Call call, Executor soon) {
        var pending = Pending.of(inputs, outputs, call);
        // Clients that went away by the dozen mustn't keep others out until their turn would have come.
        line.unwanted().forEach(this::unwanted);
        if (line.add(pending, pending.bytes() <= shortBytes)) {
            soon.execute(this::help);
        }
        return pending.result();
    }

    /** Computes a request that is still the only one. */
    private void help() {
        var pending = line.alone();
        if (pending == null) {
            return;
        }
        if (working.getAndUpdate(threads -> threads == 0 ? 0 : threads + 1) == 0) {
            refuse(pending, new RequestException(Kind.UNAVAILABLE, "the model is being unloaded"));
            return;
        }
        long began = THREADS.getCurrentThreadCpuTime();
        try {
            if (!unwanted(pending)) {
                alone(pending);
            }
        } finally {
            leave();
            if (THREADS.getCurrentThreadCpuTime() - began > LONG_NANOS) {
                shortBytes = -1;
            }
        }
    }

    private void leave() {
        if (working.decrementAndGet() == 0) {
            predictor.close();
        }
    }

    /**
     * For how many nanoseconds the longest computation goes on that isn't done yet, of those that nobody has time for
     * any more; 0 if there is none.
     */
    public long longestNanos() {
        long now = System.nanoTime();
        return computing.values().stream()
                .filter(each -> now - each.awaitedUntil > 0)
                .mapToLong(each -> now - each.began)
                .max()
                .orElse(0);
    }

    /** Requests that wait. */
    public int waiting() {
        return line.waiting();
    }

    private void work() {
        var joint = new Joint();
        for (var next = line.next(); next != null; next = line.next()) {
            next.removeIf(this::unwanted);
            if (next.size() < 2 || !together(next, joint)) {
                for (var each : next) {
                    if (!unwanted(each)) {
                        alone(each);
                    }
                }
            }
        }
        leave();
    }

    private Map<String, Tensor> predict(
            Map<String, Tensor> inputs, Set<String> outputs, long samples, List<Pending> requests) {
        long began = System.nanoTime();
        long left =
                requests.stream().mapToLong(each -> each.call().left()).max().orElse(0);
        computing.put(Thread.currentThread(), new Running(began, began + left));
        try {
            var answer = predictor.predict(inputs, outputs);
            meter.computed(samples, requests.size(), System.nanoTime() - began);
            return answer;
        } finally {
            computing.remove(Thread.currentThread());
        }
    }

    private void answer(Pending pending, Map<String, Tensor> outputs) {
        // Before the client can ask again, or it would count as two.
        line.done();
        pending.result().complete(outputs);
    }

    private void refuse(Pending pending, RequestException refusal) {
        line.done();
        pending.result().completeExceptionally(refusal);
    }

    private boolean unwanted(Pending pending) {
        if (pending.call().wanted()) {
            return false;
        }
        refuse(pending, pending.call().refusal());
        return true;
    }

    /** @return false if nobody got an answer by it */
    private boolean together(List<Pending> requests, Joint joint) {
        var wanted = new LinkedHashSet<String>();
        long samples = 0;
        for (var each : requests) {
            wanted.addAll(each.outputs());
            samples += each.samples();
        }
        var parts = new HashMap<String, List<Tensor>>();
        try {
            var inputs = new HashMap<String, Tensor>();
            for (var input : requests.getFirst().inputs().keySet()) {
                inputs.put(input, joint.of(input, requests));
            }
            for (var output : predict(inputs, wanted, samples, requests).entrySet()) {
                var apart = Joint.apart(output.getValue(), requests);
                if (apart == null) {
                    return false;
                }
                parts.put(output.getKey(), apart);
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            // One of them may be the cause: the others shouldn't suffer for it.
            LOG.debug("computed one by one", e);
            return false;
        }
        for (int each = 0; each < requests.size(); each++) {
            var outputs = new HashMap<String, Tensor>();
            for (var output : requests.get(each).outputs()) {
                outputs.put(output, parts.get(output).get(each));
            }
            answer(requests.get(each), outputs);
        }
        return true;
    }

    private void alone(Pending pending) {
        Map<String, Tensor> outputs;
        try {
            outputs = predict(pending.inputs(), pending.outputs(), pending.samples(), List.of(pending));
        } catch (Throwable e) {
            refuse(pending, failure(e));
            return;
        }
        answer(pending, outputs);
    }

    private static RequestException failure(Throwable thrown) {
        if (thrown instanceof RequestException refused) {
            return refused;
        }
        LOG.error("a computation failed", thrown);
        return new RequestException(
                Kind.INTERNAL,
                thrown instanceof OutOfMemoryError
                        ? "memory ran out (" + thrown.getMessage()
                                + "); a smaller request needs less of it, a higher memory limit gives more"
                        : "the computation failed: " + thrown,
                thrown);
    }

    /** Takes no more; what waits is computed still, then the threads end, and the last of them lets go of the model. */
    @Override
    public void close() {
        line.close();
    }
}
