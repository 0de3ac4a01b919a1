package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/** What a model's answers to some samples are worth, summed up sample by sample. */
public sealed interface Scores {
    /** Of samples as these, none of which is counted yet. */
    static Scores of(Samples samples, int outputs) {
        return samples.targets() == 0 ? new Classes(new Confusion(outputs)) : new Numbers(new Errors(outputs));
    }

    /**
     * Counts a sample.
     *
     * @param answered the class with the largest output
     * @param outputs of all samples of the batch
     * @param offset where the sample's begin
     */
    void add(Samples samples, int sample, int answered, float[] outputs, int offset);

    /** The measures by name. */
    Map<String, Double> metrics();

    /** How many bytes {@link #write} writes: as many for all samples of a kind. */
    int bytes();

    /** Writes what was counted. */
    void write(ByteBuffer out);

    /** Adds what was counted elsewhere, and written there. */
    void add(ByteBuffer in);

    /** The measures of classes: {@code accuracy} and {@code f1}. */
    record Classes(Confusion confusion) implements Scores {
        @Override
        public void add(Samples samples, int sample, int answered, float[] outputs, int offset) {
            confusion.add(samples.label(sample), answered);
        }

        @Override
        public Map<String, Double> metrics() {
            return new TreeMap<>(Map.of("accuracy", confusion.accuracy(), "f1", confusion.f1()));
        }

        @Override
        public int bytes() {
            return confusion.bytes();
        }

        @Override
        public void write(ByteBuffer out) {
            confusion.write(out);
        }

        @Override
        public void add(ByteBuffer in) {
            confusion.add(in);
        }
    }

    /** The measures of numbers: {@code r2}, {@code mae} and {@code rmse}, over all that are predicted. */
    record Numbers(Errors errors) implements Scores {
        @Override
        public void add(Samples samples, int sample, int answered, float[] outputs, int offset) {
            var right = new float[samples.targets()];
            samples.copyTarget(sample, right);
            errors.add(right, outputs, offset);
        }

        @Override
        public Map<String, Double> metrics() {
            return new TreeMap<>(Map.of("r2", errors.r2(), "mae", errors.mae(), "rmse", errors.rmse()));
        }

        @Override
        public int bytes() {
            return errors.bytes();
        }

        @Override
        public void write(ByteBuffer out) {
            errors.write(out);
        }

        @Override
        public void add(ByteBuffer in) {
            errors.add(in);
        }
    }
}
