package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** How requests that come at about the same time are computed together. */
public class Batching extends Block {
    public static final int DEFAULT_MAX_SIZE = 32;
    public static final int DEFAULT_MAX_DELAY_MILLIS = 2;

    @JsonPropertyDescription(
            "maxSize is how many samples of several requests are computed together at most, where the model gains by that; 1 computes each request by itself. Default: "
                    + DEFAULT_MAX_SIZE + ". A change rolls out.")
    @Min(1)
    @Max(4096)
    private Integer maxSize;

    @JsonPropertyDescription(
            "maxDelayMillis is how long, in milliseconds, a request waits at most for others to be computed with; one that is alone waits for nobody. Default: "
                    + DEFAULT_MAX_DELAY_MILLIS + ". A change rolls out.")
    @Min(0)
    @Max(1000)
    private Integer maxDelayMillis;

    /** Samples that are computed together at most, or null. */
    public Integer getMaxSize() {
        return maxSize;
    }

    public Batching setMaxSize(Integer maxSize) {
        this.maxSize = maxSize;
        return this;
    }

    /** Samples that are computed together at most. */
    public int maxSize() {
        return maxSize == null ? DEFAULT_MAX_SIZE : maxSize;
    }

    /** Milliseconds that a request waits for others, or null. */
    public Integer getMaxDelayMillis() {
        return maxDelayMillis;
    }

    public Batching setMaxDelayMillis(Integer maxDelayMillis) {
        this.maxDelayMillis = maxDelayMillis;
        return this;
    }

    /** Milliseconds that a request waits at most for others. */
    public int maxDelayMillis() {
        return maxDelayMillis == null ? DEFAULT_MAX_DELAY_MILLIS : maxDelayMillis;
    }
}
