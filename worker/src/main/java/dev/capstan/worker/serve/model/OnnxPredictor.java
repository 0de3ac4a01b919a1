package dev.capstan.worker.serve.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtException.OrtErrorCode;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model that ONNX Runtime computes. Its memory has a bound that doesn't grow with what clients send: see
 * {@link #options} and {@link #AT_ONCE}.
 */
public final class OnnxPredictor implements Predictor {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxPredictor.class);
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    /**
     * Samples that are computed in one run at most. A request of more is computed in several: what lies between the
     * layers then takes as much memory as for these, however many a request may have.
     */
    static final int AT_ONCE = 128;

    private final SessionOptions options;
    private final RunOptions run;
    private final OrtSession session;
    private final List<TensorSpec> inputs;
    private final List<TensorSpec> outputs;
    private final boolean batches;
    private final Appetite appetite;
    /** Held for reading by every run: a session that is let go of while it runs takes the process with it. */
    private final ReentrantReadWriteLock inUse = new ReentrantReadWriteLock();

    private boolean closed;

    /**
     * Loads a model, and asks it about samples of our own making: it has answered when this returns.
     *
     * @param file that nobody else writes
     * @param threads that compute one run together, 1 for the caller's alone
     * @throws IllegalArgumentException if ONNX Runtime refuses it, it takes or gives what the protocol has no word for,
     *     or it doesn't answer; the sentence says why
     */
    public static OnnxPredictor load(Path file, int threads) {
        return load(file, threads, OptionalLong.empty());
    }

    /**
     * As {@link #load(Path, int)}, with a bound.
     *
     * @param most bytes of memory that one run may take; empty if nothing limits it
     */
    static OnnxPredictor load(Path file, int threads, OptionalLong most) {
        return new OnnxPredictor(file, threads, most);
    }

    private OnnxPredictor(Path file, int threads, OptionalLong most) {
        options = new SessionOptions();
        try {
            run = new RunOptions();
            session = ENVIRONMENT.createSession(file.toString(), options(threads));
        } catch (OrtException e) {
            options.close();
            throw new IllegalArgumentException("ONNX Runtime can't load the model: " + e.getMessage(), e);
        }
        try {
            run.setLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            inputs = inputs(session.getInputInfo());
            outputs = outputs(session.getOutputInfo());
            var probe = Probe.of(this);
            batches = probe.batches();
            appetite = probe.appetite(this, most);
        } catch (OrtException e) {
            close();
            throw new IllegalArgumentException("ONNX Runtime can't describe the model: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private SessionOptions options(int threads) throws OrtException {
        // What is wrong is in the exception.
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        // A plan of the memory is kept for every shape that ever came, and the arena keeps the most that any runs took
        // at once: 390 MiB for good, measured after requests of 64 texts of 400 words by four threads, where it is 140
        // without. The C library's allocator was no slower there.
        options.setMemoryPatternOptimization(false);
        options.setCPUArenaAllocator(false);
        return options;
    }

    private static List<TensorSpec> inputs(Map<String, NodeInfo> infos) {
        var specs = new ArrayList<TensorSpec>();
        infos.forEach((name, node) -> {
            var type = node.getInfo() instanceof TensorInfo info ? OnnxType.of(info.onnxType) : null;
            if (type == null || type.isEmpty()) {
                throw new IllegalArgumentException("its input " + name + " is " + node.getInfo()
                        + ", for which the Open Inference Protocol has no type; export the model with inputs that are"
                        + " tensors of another");
            }
            if (type.get().java() == null && !UnsignedTensors.canBeMade()) {
                throw new IllegalArgumentException("its input " + name + " is " + type.get()
                        + ", of which this version of ONNX Runtime can make no tensors in Java; put a Cast before it");
            }
            specs.add(new TensorSpec(name, type.get().type(), ((TensorInfo) node.getInfo()).getShape()));
        });
        return List.copyOf(specs);
    }

    /** Those that the protocol can't say are left out: whoever needs another doesn't miss them. */
    private static List<TensorSpec> outputs(Map<String, NodeInfo> infos) {
        var specs = new ArrayList<TensorSpec>();
        infos.forEach((name, node) -> {
            var type = node.getInfo() instanceof TensorInfo info ? OnnxType.of(info.onnxType) : null;
            if (type == null || type.isEmpty()) {
                LOG.warn("the output {} is left out: the protocol has no type for {}", name, node.getInfo());
            } else {
                specs.add(new TensorSpec(name, type.get().type(), ((TensorInfo) node.getInfo()).getShape()));
            }
        });
        if (specs.isEmpty()) {
            throw new IllegalArgumentException("none of its outputs, " + String.join(", ", infos.keySet())
                    + ", is a tensor of a type that the Open Inference Protocol has; export the model with one that is"
                    + ", such as with options={'zipmap': False} of skl2onnx");
        }
        return List.copyOf(specs);
    }

    /** What the file says of itself under that name; null if it says nothing. */
    String metadata(String name) {
        try {
            return session.getMetadata().getCustomMetadataValue(name).orElse(null);
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime can't describe the model: " + e.getMessage(), e);
        }
    }

    @Override
    public List<TensorSpec> inputs() {
        return inputs;
    }

    @Override
    public List<TensorSpec> outputs() {
        return outputs;
    }

    @Override
    public boolean batches() {
        return batches;
    }

    @Override
    public Map<String, Tensor> predict(Map<String, Tensor> given, Set<String> wanted) {
        Request.check(inputs, outputs, batches, given, wanted);
        if (wanted.isEmpty()) {
            return Map.of();
        }
        long samples = batches ? given.values().iterator().next().shape()[0] : 1;
        int most = appetite.atOnce(numbers(given) / Math.max(1, samples));
        return samples <= most ? run(given, wanted) : Pieces.of(given, samples, most, piece -> run(piece, wanted));
    }

    /** How many numbers, or bytes of texts, all inputs have. */
    static long numbers(Map<String, Tensor> given) {
        return given.values().stream()
                .mapToLong(each ->
                        each.data().remaining() / Math.max(1, each.type().size()))
                .sum();
    }

    /** One run, of inputs that have been checked or are our own. */
    Map<String, Tensor> run(Map<String, Tensor> given, Set<String> wanted) {
        var reading = inUse.readLock();
        reading.lock();
        try (var arena = Arena.ofConfined()) {
            if (closed) {
                throw new RequestException(Kind.UNAVAILABLE, "the model is no longer served here");
            }
            return run(given, wanted, arena);
        } finally {
            reading.unlock();
        }
    }

    private Map<String, Tensor> run(Map<String, Tensor> given, Set<String> wanted, Arena arena) {
        var tensors = new HashMap<String, OnnxTensor>();
        try {
            for (var each : given.entrySet()) {
                tensors.put(each.getKey(), OnnxTensors.in(each.getKey(), each.getValue(), arena));
            }
            try (var result = session.run(tensors, wanted, run)) {
                var answer = new LinkedHashMap<String, Tensor>();
                for (var spec : outputs) {
                    if (wanted.contains(spec.name())) {
                        answer.put(
                                spec.name(),
                                OnnxTensors.out(
                                        (OnnxTensor) result.get(spec.name()).orElseThrow(), spec.type()));
                    }
                }
                return answer;
            }
        } catch (OrtException e) {
            throw refused(e, given);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    private static RequestException refused(OrtException e, Map<String, Tensor> given) {
        if (e.getMessage().contains("Failed to allocate memory")
                || e.getMessage().contains("bad allocation")) {
            long bytes = given.values().stream()
                    .mapToLong(each -> each.data().remaining())
                    .sum();
            return new RequestException(
                    Kind.TOO_LARGE,
                    "a request of " + bytes + " bytes needs more memory than is left (" + e.getMessage()
                            + "); send less at once",
                    e);
        }
        return new RequestException(
                e.getCode() == OrtErrorCode.ORT_INVALID_ARGUMENT ? Kind.INVALID : Kind.INTERNAL,
                "ONNX Runtime can't run the model: " + e.getMessage(),
                e);
    }

    @Override
    public void close() {
        var writing = inUse.writeLock();
        writing.lock();
        try {
            if (!closed) {
                closed = true;
                session.close();
                run.close();
                options.close();
            }
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime can't let go of a model: " + e.getMessage(), e);
        } finally {
            writing.unlock();
        }
    }
}
