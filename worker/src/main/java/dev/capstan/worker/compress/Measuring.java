package dev.capstan.worker.compress;

import dev.capstan.protocol.Compression.Measures;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.onnx.OnnxSession;
import java.nio.file.Path;
import java.util.List;

/** Measures models as ONNX files, the one that came and what was made of it in the same way. */
public final class Measuring {
    /** Samples of the training data by which steps are looked at on the way. */
    private static final int SOME = 1000;

    private final Loaded loaded;
    private final String version;
    private final Path scratch;

    /**
     * @param loaded what to measure by
     * @param version of the worker
     * @param scratch where files go
     */
    public Measuring(Loaded loaded, String version, Path scratch) {
        this.loaded = loaded;
        this.version = version;
        this.scratch = scratch;
    }

    /** The model as it came, checked against DL4J; before anything is done to it. */
    public Exported baseline() {
        return exported(loaded.network()).checked(loaded.network(), samples());
    }

    /** A network as it is now. */
    public Exported exported(Network network) {
        return Exported.of(network, loaded.preprocessing().shape(), version, scratch);
    }

    /** Those that there are: of the test data, else of the training data, else one of zeros. */
    public Samples samples() {
        return loaded.test() != null
                ? loaded.test()
                : loaded.train() != null
                        ? loaded.train()
                        : new Zeros(loaded.preprocessing().shape());
    }

    /** The first of the training samples. */
    public Samples some() {
        return Rows.first(loaded.train(), SOME);
    }

    /** Size and accuracy on the test data, if there is any; without latencies. */
    public Measures of(Exported model, Pace pace) {
        Double accuracy = null;
        if (loaded.test() != null) {
            try (var session = model.session()) {
                accuracy = Accuracy.of(session, loaded.test(), loaded.network().classes(), pace);
            }
        }
        return new Measures(Exported.NAME, model.sizeBytes(), accuracy, null, null, null, 0);
    }

    /** Accuracy on {@link #some}; null if there are none. */
    public Double accuracyOnSome(Exported model, Pace pace) {
        if (loaded.train() == null) {
            return null;
        }
        try (var session = model.session()) {
            return Accuracy.of(session, some(), loaded.network().classes(), pace);
        }
    }

    /** How fast both are, side by side. */
    public List<Speed> speeds(Exported baseline, Exported compressed, Pace pace) {
        try (OnnxSession before = baseline.session();
                OnnxSession after = compressed.session()) {
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
                Speed.BATCH);
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
