package dev.capstan.worker.serve.infer;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Set;
import java.util.stream.Collectors;

/** Has a model answer requests of our own making before clients', and measures whether it gains by larger ones. */
final class Warmup {
    /**
     * Sizes that are tried where the model leaves one open that isn't the count of samples, such as a text's length.
     */
    private static final long[] OPEN = {1, 16, 64, 224};

    private static final long NANOS_EACH = 60_000_000;
    private static final int MOST_RUNS = 40;
    /** What samples computed together must cost at most, each, of one computed and handled alone. */
    private static final double PAYS = 0.9;
    /**
     * What it costs to handle a request by itself, beside computing it: threads take turns, and each finds the caches
     * full of what the others had there. Measured with 64 clients, on one core: 0.5 ms with a model of 2 ms, each
     * computed alone; 0.06 where 32 are computed together, read and answered one right after the other.
     */
    private static final double HANDLING_NANOS = 300_000;
    /** After which even a model that was asked less than three times isn't asked again. */
    private static final long MOST_NANOS = 600_000_000;
    /**
     * What is computed up to this by the thread that reads requests: where there is one processor, nobody else could
     * compute meanwhile; where there are more, others of its requests had better not wait.
     */
    private static final double SHORT_NANOS = Runtime.getRuntime().availableProcessors() == 1 ? 1_000_000 : 250_000;

    /**
     * As much as the caches near a processor hold, and what a model finds them full of when it has a turn now and then.
     */
    private static final int OTHERS_BYTES = 8 << 20;

    /**
     * Of the thread that reads it: nanoseconds that it ran, and for which it could have run and others did (proc(5)).
     */
    private static final Path SCHEDULED = Path.of("/proc/thread-self/schedstat");

    /** Of shorter runs there is one among some that nobody has interrupted. */
    private static final long INTERRUPTED_NANOS = 5_000_000;

    private final Predictor predictor;
    private final Set<String> outputs;
    /** The size in {@link #OPEN} with which the model answers. */
    private long open;

    private Warmup(Predictor predictor) {
        this.predictor = predictor;
        outputs = predictor.outputs().stream().map(TensorSpec::name).collect(Collectors.toSet());
    }

    /**
     * @param inputs of a request of one sample that the model has answered
     * @param together how many samples are to be computed together at most: 1 if it doesn't pay
     * @param isShort whether such a request is answered so fast that another thread isn't worth its waking
     */
    record Result(LinkedHashMap<String, Tensor> inputs, int together, boolean isShort) {
        /** Bytes of its inputs. */
        long bytes() {
            return inputs.values().stream()
                    .mapToLong(each -> each.data().remaining())
                    .sum();
        }
    }

    /** @throws RequestException in the runtime's words, if the model answers none of the requests */
    static Result of(Predictor predictor, int maxSize) {
        var warmup = new Warmup(predictor);
        double alone = warmup.answer();
        boolean pays = maxSize > 1 && predictor.batches() && warmup.pays(maxSize);
        return new Result(warmup.inputs(1), pays ? maxSize : 1, alone <= SHORT_NANOS);
    }

    /** @return nanoseconds that one sample takes */
    private double answer() {
        RequestException refusal = null;
        for (long each : OPEN) {
            open = each;
            try {
                predictor.predict(inputs(1), outputs);
                return nanos(1, () -> {});
            } catch (RequestException e) {
                refusal = refusal == null ? e : refusal;
            }
        }
        throw new RequestException(
                Kind.INTERNAL, "the model answers no request of zeros: " + refusal.getMessage(), refusal);
    }

    /**
     * A sample alone reads all weights for itself. In a loop they stay in the caches; where each request's handling has
     * passed through in between they don't, and the model of 2 ms takes 2.3.
     */
    private boolean pays(int maxSize) {
        var others = new byte[OTHERS_BYTES];
        double alone = nanos(1, () -> Arrays.fill(others, (byte) (others[0] + 1)));
        try {
            return nanos(maxSize, () -> {}) / maxSize < (alone + HANDLING_NANOS) * PAYS;
        } catch (RequestException e) {
            // It says that it takes any number, and doesn't.
            return false;
        }
    }

    /**
     * The shortest of some runs, without the time for which others had the processor: a batch takes so long that
     * somebody interrupts each on a busy machine.
     *
     * @param before what is done before each of them
     */
    private double nanos(int samples, Runnable before) {
        var inputs = inputs(samples);
        long began = System.nanoTime();
        long shortest = Long.MAX_VALUE;
        for (int run = 0; run < MOST_RUNS; run++) {
            if (run > 0 && System.nanoTime() - began > (run < 3 ? MOST_NANOS : NANOS_EACH)) {
                break;
            }
            before.run();
            long all = System.nanoTime();
            long others = others();
            long from = System.nanoTime();
            predictor.predict(inputs, outputs);
            long took = System.nanoTime() - from;
            if (took > INTERRUPTED_NANOS) {
                took = others - others() + System.nanoTime() - all;
            }
            shortest = Math.min(shortest, took);
        }
        return shortest;
    }

    /** For how long others have had the processor when this thread could have run; 0 where nobody says. */
    private static long others() {
        try {
            return Long.parseLong(Files.readString(SCHEDULED).split(" ")[1]);
        } catch (IOException e) {
            return 0;
        }
    }

    private LinkedHashMap<String, Tensor> inputs(int samples) {
        var inputs = new LinkedHashMap<String, Tensor>();
        for (var spec : predictor.inputs()) {
            inputs.put(spec.name(), zeros(spec, samples));
        }
        return inputs;
    }

    private Tensor zeros(TensorSpec spec, int samples) {
        var shape = spec.shape().clone();
        for (int each = 0; each < shape.length; each++) {
            if (shape[each] < 0) {
                shape[each] = each == 0 && predictor.batches() ? samples : open;
            }
        }
        long elements = Shapes.elements("input " + spec.name(), shape);
        // An element of BYTES is at least the four bytes of its length, which is 0 here.
        int size = spec.type() == DataType.BYTES ? Integer.BYTES : spec.type().size();
        return new Tensor(
                spec.type(),
                shape,
                ByteBuffer.allocateDirect(Math.toIntExact(elements * size)).order(ByteOrder.LITTLE_ENDIAN));
    }
}
