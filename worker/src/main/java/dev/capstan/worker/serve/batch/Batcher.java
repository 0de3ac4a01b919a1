package dev.capstan.worker.serve.batch;

import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes what clients ask of one model, on threads of its own: samples of several requests together where that pays,
 * else each by itself. Each client gets its own samples' outputs, and what is wrong with one request is that one's
 * fault alone.
 */
public final class Batcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Batcher.class);

    private final Predictor predictor;
    private final Line line;
    private final Meter meter;
    private final AtomicInteger working;

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
     */
    public Batcher(
            String name, Predictor predictor, int maxSize, long maxDelayNanos, int queue, int threads, Meter meter) {
        this.predictor = predictor;
        this.meter = meter;
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
     * @return the outputs by name, or a {@link RequestException}; completed by the thread that computes
     * @throws RequestException BUSY if too many wait already
     */
    public CompletableFuture<Map<String, Tensor>> submit(Map<String, Tensor> inputs, Set<String> outputs, Call call) {
        var pending = Pending.of(inputs, outputs, call);
        line.add(pending);
        return pending.result();
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
        if (working.decrementAndGet() == 0) {
            predictor.close();
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
            long began = System.nanoTime();
            for (var output : predictor.predict(inputs, wanted).entrySet()) {
                var apart = Joint.apart(output.getValue(), requests);
                if (apart == null) {
                    return false;
                }
                parts.put(output.getKey(), apart);
            }
            meter.computed(samples, requests.size(), System.nanoTime() - began);
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
            long began = System.nanoTime();
            outputs = predictor.predict(pending.inputs(), pending.outputs());
            meter.computed(pending.samples(), 1, System.nanoTime() - began);
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
