package dev.capstan.worker.compress;

import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.Compression.Bound;
import dev.capstan.protocol.Compression.Bound.Name;
import dev.capstan.protocol.Compression.Measures;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Whether a compressed model is within the bounds that its job sets. */
public final class Verdict {
    /** Accuracies are shares of whole samples, whose difference floating point may make a little more than it is. */
    private static final double ROUNDING = 1e-9;

    private Verdict() {}

    /**
     * Whether a drop can say anything: a model that gets no more right than guessing does can hardly get worse, and any
     * result would be let through.
     *
     * @param acceptance null if there are no bounds
     * @param baseline with a metric where a drop is bounded
     * @param classes that the model tells apart
     * @throws Failure InvalidData if a drop is bounded, and the model as it came is no better than guessing
     */
    public static void checkBaseline(Acceptance acceptance, Measures baseline, int classes) {
        if (acceptance == null || acceptance.maxDrop() == null || baseline.metric() > 1.0 / classes + ROUNDING) {
            return;
        }
        throw new Failure(
                Reason.InvalidData,
                String.format(
                        Locale.ROOT,
                        "data.test: the model as it came gets a share of %.4f right, and guessing among %d classes gets"
                                + " %.4f, so acceptance.maxDrop would let any result through; its samples and labels have"
                                + " to be prepared as those that the model was trained on, with the same classes in the"
                                + " same order. Or remove maxDrop",
                        baseline.metric(),
                        classes,
                        1.0 / classes));
    }

    /**
     * How a model stands to each bound.
     *
     * @param acceptance null if there are no bounds
     * @param baseline with a metric where a drop is bounded
     * @param compressed likewise
     */
    public static List<Bound> of(Acceptance acceptance, Measures baseline, Measures compressed) {
        var bounds = new ArrayList<Bound>();
        if (acceptance == null) {
            return bounds;
        }
        if (acceptance.maxDrop() != null) {
            double drop = baseline.metric() - compressed.metric();
            bounds.add(new Bound(Name.MAX_DROP, acceptance.maxDrop(), drop, drop <= acceptance.maxDrop() + ROUNDING));
        }
        if (acceptance.minCompressionRatio() != null) {
            double ratio = (double) baseline.sizeBytes() / compressed.sizeBytes();
            bounds.add(new Bound(
                    Name.MIN_COMPRESSION_RATIO,
                    acceptance.minCompressionRatio(),
                    ratio,
                    ratio >= acceptance.minCompressionRatio()));
        }
        if (acceptance.maxLatencyRatio() != null) {
            double ratio = compressed.latencyP50Millis() / baseline.latencyP50Millis();
            bounds.add(new Bound(
                    Name.MAX_LATENCY_RATIO,
                    acceptance.maxLatencyRatio(),
                    ratio,
                    ratio <= acceptance.maxLatencyRatio()));
        }
        return bounds;
    }

    /** What came out, in a clause: sizes, and accuracies if there are any. */
    public static String summary(Measures baseline, Measures compressed) {
        var text = String.format(
                Locale.ROOT,
                "%s %.2f times smaller (%d bytes, %d before)",
                compressed.file(),
                (double) baseline.sizeBytes() / compressed.sizeBytes(),
                compressed.sizeBytes(),
                baseline.sizeBytes());
        if (compressed.metric() != null) {
            text += String.format(Locale.ROOT, ", accuracy %.4f (%.4f before)", compressed.metric(), baseline.metric());
        }
        return text
                + String.format(
                        Locale.ROOT,
                        ", median latency %.3f ms (%.3f before)",
                        compressed.latencyP50Millis(),
                        baseline.latencyP50Millis());
    }

    /** The bounds that aren't kept, in clauses with numbers; empty if all are. */
    public static String missed(List<Bound> bounds, Measures baseline, Measures compressed) {
        return bounds.stream()
                .filter(each -> !each.met())
                .map(each -> missed(each, baseline, compressed))
                .collect(Collectors.joining("; "));
    }

    private static String missed(Bound bound, Measures baseline, Measures compressed) {
        return switch (bound.name()) {
            case MAX_DROP ->
                String.format(
                        Locale.ROOT,
                        "accuracy on data.test fell by %.4f, from %.4f to %.4f, and acceptance.maxDrop is %s",
                        bound.measured(),
                        baseline.metric(),
                        compressed.metric(),
                        bound.bound());
            case MIN_COMPRESSION_RATIO ->
                String.format(
                        Locale.ROOT,
                        "%s became %.2f times smaller, %d bytes of %d, and acceptance.minCompressionRatio is %s",
                        compressed.file(),
                        bound.measured(),
                        compressed.sizeBytes(),
                        baseline.sizeBytes(),
                        bound.bound());
            case MAX_LATENCY_RATIO ->
                String.format(
                        Locale.ROOT,
                        "median latency is %.2f of the baseline's, %.3f ms of %.3f, and acceptance.maxLatencyRatio is"
                                + " %s",
                        bound.measured(),
                        compressed.latencyP50Millis(),
                        baseline.latencyP50Millis(),
                        bound.bound());
        };
    }
}
