package dev.capstan.worker.compress;

import dev.capstan.protocol.Compression.Measures;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Answering;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.NetworkAnswering;
import dev.capstan.worker.onnx.Comparison;
import dev.capstan.worker.onnx.NotTranslatable;
import dev.capstan.worker.onnx.OnnxExport;
import dev.capstan.worker.onnx.Signature;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Path;
import java.util.List;

/**
 * Measures models, the one that came and what was made of it in the same way: answers and speeds of their ONNX files,
 * or of DL4J's archives where ONNX can't hold the network.
 */
public final class Measuring {
    /** Samples of the training data by which steps are looked at on the way. */
    private static final int SOME = 1000;

    private final Work.Compress work;
    private final Loaded loaded;
    private final String version;
    private final Path scratch;
    private Measurable baseline;

    /**
     * @param work what is done
     * @param loaded what to measure by
     * @param version of the worker
     * @param scratch where files go
     */
    public Measuring(Work.Compress work, Loaded loaded, String version, Path scratch) {
        this.work = work;
        this.loaded = loaded;
        this.version = version;
        this.scratch = scratch;
    }

    /**
     * The model as it came: what its artifact answers with, before anything is done to it.
     *
     * @throws Failure WorkerError if a network's translation doesn't answer as it does: what is measured of it would
     *     mean nothing
     */
    public Measurable baseline() {
        if (baseline == null) {
            baseline = asItCame();
        }
        return baseline;
    }

    private Measurable asItCame() {
        return switch (loaded.given()) {
            case Given.Trained(var network, var quantized)
            when quantized != null -> Exported.write(quantized, Signature.OWN, scratch);
            case Given.Trained(var network, var quantized) -> {
                var measurable = measurable(network);
                compared(measurable, network);
                yield measurable;
            }
            case Given.Foreign(var onnx, var name) -> Exported.write(onnx.model(), onnx.signature(), scratch);
        };
    }

    /** A network in floats as it is now. */
    public Measurable measurable(Network network) {
        try {
            return Exported.write(
                    OnnxExport.of(network, loaded.preprocessing().shape(), version), Signature.OWN, scratch);
        } catch (NotTranslatable e) {
            return Archived.of(network, loaded.preprocessing(), loaded.jar(), e.getMessage(), scratch);
        }
    }

    /**
     * What is quantized: the network as it is now, or the ONNX model as it came.
     *
     * @param network null if there is none
     * @throws Failure InvalidJob, naming the layer, if ONNX can't hold the network
     */
    public Exported quantizable(Network network) {
        return switch (network == null ? baseline() : measurable(network)) {
            case Exported exported -> exported;
            case Archived archived ->
                throw new Failure(
                        Reason.InvalidJob,
                        "model.from: " + archived.untranslatable() + ", and only what is ONNX can be quantized; remove"
                                + " the step quantize");
        };
    }

    /** How far a result's answers are from those of the model in floats that it stands for. */
    public record Likeness(int samples, double largestDifference) {}

    /**
     * Compares a result with the network that it was made of, or with the ONNX model that came.
     *
     * @param network null if there is none
     * @throws Failure WorkerError if it is a translation of the network, and doesn't answer as that does
     */
    public Likeness compared(Measurable result, Network network) {
        try (var answering = result.open();
                Answering reference = network == null ? baseline().open() : new NetworkAnswering(network)) {
            var comparison = Comparison.of(reference, answering, samples());
            if (network != null && !(isQuantized(result)) && !comparison.agrees()) {
                throw new Failure(
                        Reason.WorkerError,
                        "model.from: ONNX Runtime's answers to " + comparison.samples() + " samples are up to "
                                + comparison.largestDifference() + " from DL4J's, so the model can't be measured");
            }
            return new Likeness(comparison.samples(), comparison.largestDifference());
        }
    }

    private static boolean isQuantized(Measurable result) {
        return result instanceof Exported exported
                && exported.model().getGraph().getNodeList().stream()
                        .anyMatch(each -> each.getOpType().equals("DequantizeLinear"));
    }

    /** Those that there are: of the test data, else of the training data, else one of zeros. */
    public Samples samples() {
        return loaded.test() != null
                ? loaded.test()
                : loaded.train() != null
                        ? loaded.train()
                        : new Zeros(loaded.preprocessing().shape());
    }

    /** Some of the training samples, from all over. */
    public Samples some() {
        return Rows.drawn(loaded.train(), SOME);
    }

    /** What a network takes as it is stored, or what quantization made of it. */
    public Stored stored(Network network, Measurable made) {
        return Stored.of(work, loaded, network, made);
    }

    /** Size and accuracy on the test data, if there is any; without latencies. */
    public Measures of(Network network, Measurable model, Pace pace) {
        Double accuracy = null;
        if (loaded.test() != null) {
            try (var answering = model.open()) {
                accuracy = Accuracy.of(answering, loaded.test(), loaded.given().classes(), pace);
            }
        }
        var stored = stored(network, model);
        return new Measures(stored.file(), stored.sizeBytes(), accuracy, null, null, null, 0);
    }

    /** Accuracy on {@link #some}; null if there are none. */
    public Double accuracyOnSome(Measurable model, Pace pace) {
        if (loaded.train() == null) {
            return null;
        }
        try (var answering = model.open()) {
            return Accuracy.of(answering, some(), loaded.given().classes(), pace);
        }
    }

    /** How fast both are, side by side. */
    public List<Speed> speeds(Measurable baseline, Measurable compressed, Pace pace) {
        try (var before = baseline.open();
                var after = compressed.open()) {
            return Speed.of(List.of(before, after), samples(), pace);
        }
    }

    /** The measures with latencies. */
    public static Measures with(Measures measures, Speed speed) {
        return new Measures(
                measures.file(),
                measures.sizeBytes(),
                measures.metric(),
                speed.p50Millis(),
                speed.p99Millis(),
                speed.samplesPerSecond(),
                speed.batch());
    }

    /** A single sample, all of whose numbers are 0; for texts, a word that isn't known. */
    private record Zeros(Shape shape) implements Samples {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public int label(int sample) {
            return 0;
        }

        @Override
        public int length(int sample) {
            return shape instanceof Shape.Tokens ? 1 : inputs();
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            for (int i = 0; i < inputs(); i++) {
                target[offset + i] = i == 0 && shape instanceof Shape.Tokens ? 1 : 0;
            }
        }
    }
}
