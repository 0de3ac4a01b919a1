package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** When to stop before the last epoch. */
public class EarlyStopping extends Block {
    public static final int DEFAULT_PATIENCE = 3;
    public static final double DEFAULT_MIN_DELTA = 0;
    public static final boolean DEFAULT_RESTORE_BEST = true;

    @JsonPropertyDescription(
            "metric is what is measured on the validation split after each epoch. loss: smaller is better. accuracy: larger is better. Default: loss.")
    private Metric metric;

    @JsonPropertyDescription(
            "patience is the number of epochs in a row without an improvement after which training stops. Default: "
                    + DEFAULT_PATIENCE + ".")
    @Min(1)
    @Max(100000)
    private Integer patience;

    @JsonPropertyDescription("minDelta is by how much the metric must get better to count as an improvement. Default: "
            + DEFAULT_MIN_DELTA + ".")
    @Min(0)
    @Max(100000)
    private Double minDelta;

    @JsonPropertyDescription(
            "restoreBest says whether the artifact has the parameters of the best epoch, or of the last one. Default: "
                    + DEFAULT_RESTORE_BEST + ".")
    private Boolean restoreBest;

    /** What is measured, or null. */
    public Metric getMetric() {
        return metric;
    }

    public EarlyStopping setMetric(Metric metric) {
        this.metric = metric;
        return this;
    }

    /** What is measured on the validation split. */
    public Metric metric() {
        return metric == null ? Metric.LOSS : metric;
    }

    /** Epochs without an improvement, or null. */
    public Integer getPatience() {
        return patience;
    }

    public EarlyStopping setPatience(Integer patience) {
        this.patience = patience;
        return this;
    }

    /** Epochs in a row without an improvement after which training stops. */
    public int patience() {
        return patience == null ? DEFAULT_PATIENCE : patience;
    }

    /** What counts as an improvement, or null. */
    public Double getMinDelta() {
        return minDelta;
    }

    public EarlyStopping setMinDelta(Double minDelta) {
        this.minDelta = minDelta;
        return this;
    }

    /** What counts as an improvement. */
    public double minDelta() {
        return minDelta == null ? DEFAULT_MIN_DELTA : minDelta;
    }

    /** Whether the best epoch is kept, or null. */
    public Boolean getRestoreBest() {
        return restoreBest;
    }

    public EarlyStopping setRestoreBest(Boolean restoreBest) {
        this.restoreBest = restoreBest;
        return this;
    }

    /** Whether the best epoch is kept. */
    public boolean restoreBest() {
        return restoreBest == null ? DEFAULT_RESTORE_BEST : restoreBest;
    }
}
