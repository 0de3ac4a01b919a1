package dev.capstan.protocol;

/**
 * What a compressed model has to be for it to be let through; each bound may be null, for none.
 *
 * @param metric what {@code maxDrop} is about; null without it
 * @param maxDrop by how much the metric on the test data may be worse than the baseline's, such as 0.01 for one point
 * @param minCompressionRatio the least that the baseline's size may be, divided by the compressed model's
 * @param maxLatencyRatio the most that the compressed model's median latency may be, divided by the baseline's
 */
public record Acceptance(Metric metric, Double maxDrop, Double minCompressionRatio, Double maxLatencyRatio) {
    /** A measure of a model. */
    public enum Metric {
        /** Share of the samples that are told right; larger is better. */
        ACCURACY
    }
}
