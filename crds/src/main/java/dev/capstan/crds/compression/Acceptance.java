package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Optional;

/** What the result has to be for it to be let through. */
@ValidationRule(
        value = "has(self.maxDrop) || has(self.minCompressionRatio) || has(self.maxLatencyRatio)",
        message =
                "acceptance needs at least one of: maxDrop, minCompressionRatio, maxLatencyRatio; or remove acceptance, and every result is accepted")
@ValidationRule(
        value = "!has(self.metric) || has(self.maxDrop)",
        message = "acceptance.metric is what maxDrop is about: set maxDrop, such as \"0.01\", or remove metric",
        fieldPath = ".metric")
public class Acceptance extends Block {
    @JsonPropertyDescription(
            "metric is what maxDrop is about, measured on data.test. accuracy: share of the samples that the model gets right. Default: accuracy.")
    private AcceptanceMetric metric;

    @JsonPropertyDescription(
            "maxDrop is by how much the metric may be worse than that of the model as it came: a decimal as a string, such as \"0.01\" for one point. Needs data.test. Default: any drop is accepted.")
    @Size(max = Decimal.MAX_LENGTH)
    @ValidationRule(value = Decimal.SHARE_RULE, message = "maxDrop " + Decimal.SHARE_MESSAGE)
    private String maxDrop;

    @JsonPropertyDescription(
            "minCompressionRatio is the least that the size of the model as it came may be, divided by that of the result: a decimal as a string, such as \"3.9\". status.compression names the files that are compared. Default: any size is accepted.")
    @Size(max = Decimal.MAX_LENGTH)
    @ValidationRule(value = Decimal.FACTOR_RULE, message = "minCompressionRatio " + Decimal.FACTOR_MESSAGE)
    private String minCompressionRatio;

    @JsonPropertyDescription(
            "maxLatencyRatio is the most that the median latency of the result may be, divided by that of the model as it came, for one sample at a time on the CPU of the worker: a decimal as a string, such as \"0.5\" for half. Default: any latency is accepted.")
    @Size(max = Decimal.MAX_LENGTH)
    @ValidationRule(value = Decimal.RATIO_RULE, message = "maxLatencyRatio " + Decimal.RATIO_MESSAGE)
    private String maxLatencyRatio;

    /** What maxDrop is about, or null. */
    public AcceptanceMetric getMetric() {
        return metric;
    }

    public Acceptance setMetric(AcceptanceMetric metric) {
        this.metric = metric;
        return this;
    }

    /** What maxDrop is about. */
    public AcceptanceMetric metric() {
        return metric == null ? AcceptanceMetric.ACCURACY : metric;
    }

    /** Drop that is accepted, a decimal from 0 to 1, or null. */
    public String getMaxDrop() {
        return maxDrop;
    }

    public Acceptance setMaxDrop(String maxDrop) {
        this.maxDrop = maxDrop;
        return this;
    }

    /** Drop that is accepted; empty for any. */
    public Optional<Double> maxDrop() {
        return Decimal.of(maxDrop);
    }

    /** Least ratio of sizes, a decimal, or null. */
    public String getMinCompressionRatio() {
        return minCompressionRatio;
    }

    public Acceptance setMinCompressionRatio(String minCompressionRatio) {
        this.minCompressionRatio = minCompressionRatio;
        return this;
    }

    /** Least ratio of sizes; empty for any. */
    public Optional<Double> minCompressionRatio() {
        return Decimal.of(minCompressionRatio);
    }

    /** Largest ratio of latencies, a decimal, or null. */
    public String getMaxLatencyRatio() {
        return maxLatencyRatio;
    }

    public Acceptance setMaxLatencyRatio(String maxLatencyRatio) {
        this.maxLatencyRatio = maxLatencyRatio;
        return this;
    }

    /** Largest ratio of latencies; empty for any. */
    public Optional<Double> maxLatencyRatio() {
        return Decimal.of(maxLatencyRatio);
    }
}
