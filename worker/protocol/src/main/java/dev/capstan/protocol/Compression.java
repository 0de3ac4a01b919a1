package dev.capstan.protocol;

import java.util.List;

/**
 * What a compression has found out so far; in the end, its result. {@link Progress} bears all of it. {@link Outcome}
 * has to fit into a termination message: there, lists that don't fit are null, and what the last progress said of them
 * holds.
 *
 * @param at how far it is; null in an outcome
 * @param calibrationSamples samples by which activations' ranges were found; 0 until they are
 * @param baseline the model as it came; null until it is measured
 * @param compressed the model that came out; null until it is measured
 * @param bounds each bound that the job sets, and how the result stands to it; null until that is known, empty if it
 *     sets none
 * @param steps a row for each step that is done; null if not told here
 * @param sensitivity what single layers cost, as far as a step measured it; null if not told here
 */
public record Compression(
        Position at,
        long calibrationSamples,
        Measures baseline,
        Measures compressed,
        List<Bound> bounds,
        List<StepResult> steps,
        List<Sensitivity> sensitivity) {

    /** Whether the result is within every bound; false while it isn't known. */
    public boolean accepted() {
        return bounds != null && bounds.stream().allMatch(Bound::met);
    }

    /** Whether it is known that the result isn't within every bound. */
    public boolean refused() {
        return bounds != null && !accepted();
    }

    /** The same without what single layers cost. */
    public Compression withoutSensitivity() {
        return new Compression(at, calibrationSamples, baseline, compressed, bounds, steps, null);
    }

    /** The same without the steps' rows. */
    public Compression withoutSteps() {
        return new Compression(at, calibrationSamples, baseline, compressed, bounds, null, sensitivity);
    }

    /**
     * How far the work is.
     *
     * @param step the step that is under way, counted from 1; the last one while the result is measured and saved
     * @param steps steps in all
     * @param done what is done of the step: batches, layers or samples; as much as there is when it is over
     * @param of what there is to do in it; 0 while that isn't known
     */
    public record Position(int step, int steps, long done, long of) {}

    /**
     * What a model takes, and what it can do.
     *
     * @param file what the size is of, such as {@code model.onnx}: the baseline's and the compressed model's hold the
     *     same parts in the same format
     * @param sizeBytes its length
     * @param metric accuracy on the test data, 0 to 1; null if the job has none
     * @param latencyP50Millis median latency of one sample in ONNX Runtime; null if it wasn't measured
     * @param latencyP99Millis 99th percentile of the same; null if it wasn't measured
     * @param samplesPerSecond throughput in batches of {@code batchSize}; null if it wasn't measured
     * @param batchSize samples in one batch of that; 0 if it wasn't measured
     */
    public record Measures(
            String file,
            long sizeBytes,
            Double metric,
            Double latencyP50Millis,
            Double latencyP99Millis,
            Double samplesPerSecond,
            int batchSize) {}

    /**
     * A bound, and how the result stands to it.
     *
     * @param name which one
     * @param bound what the job sets
     * @param measured what came out, in the bound's own terms
     * @param met whether it is within the bound
     */
    public record Bound(Name name, double bound, double measured, boolean met) {
        /** The bounds of {@link Acceptance}. */
        public enum Name {
            MAX_DROP,
            MIN_COMPRESSION_RATIO,
            MAX_LATENCY_RATIO
        }
    }

    /**
     * What came of a step.
     *
     * @param step which one, counted from 1
     * @param name the method, {@code prune} or {@code quantize}
     * @param summary a clause on what it did, with numbers
     * @param sizeBytes length of the file that {@link Measures#file} names, after the step
     * @param metric accuracy after the step, on samples of the training data; null if it wasn't measured
     * @param leftOut layers that it left as they were though nobody had named them
     */
    public record StepResult(
            int step, String name, String summary, long sizeBytes, Double metric, List<LeftOut> leftOut) {}

    /**
     * A layer that a step left as it was.
     *
     * @param layer its name
     * @param reason a clause that says why
     */
    public record LeftOut(String layer, String reason) {}

    /**
     * What a step costs if it is done to this layer alone.
     *
     * @param step which one, counted from 1
     * @param layer its name
     * @param metric accuracy on samples of the training data; null if it wasn't measured
     * @param error root mean square of the outputs' differences, in relation to that of the outputs; null if it wasn't
     *     measured
     */
    public record Sensitivity(int step, String layer, Double metric, Double error) {}
}
