package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.kubernetes.api.model.Quantity;

/** What is refused rather than served. */
public class Limits extends Block {
    public static final String DEFAULT_MAX_REQUEST_BYTES = "16Mi";
    public static final int DEFAULT_QUEUE = 256;
    public static final int DEFAULT_TIMEOUT_SECONDS = 30;

    @JsonPropertyDescription(
            "maxRequestBytes is how long the body of a request may be, such as 16Mi: a longer one is refused with 413 or RESOURCE_EXHAUSTED. Default: "
                    + DEFAULT_MAX_REQUEST_BYTES + ". A change rolls out.")
    private Quantity maxRequestBytes;

    @JsonPropertyDescription(
            "queue is how many requests may wait in a replica: a further one is refused at once with 429 or RESOURCE_EXHAUSTED, and with when to come again. Default: "
                    + DEFAULT_QUEUE + ". A change rolls out.")
    @Min(1)
    @Max(65536)
    private Integer queue;

    @JsonPropertyDescription(
            "timeoutSeconds is how long, in seconds, a request may take that names no deadline of its own; one that does may take as long as that, or ten minutes. Default: "
                    + DEFAULT_TIMEOUT_SECONDS + ". A change rolls out.")
    @Min(1)
    @Max(3600)
    private Integer timeoutSeconds;

    /** Longest body, or null. */
    public Quantity getMaxRequestBytes() {
        return maxRequestBytes;
    }

    public Limits setMaxRequestBytes(Quantity maxRequestBytes) {
        this.maxRequestBytes = maxRequestBytes;
        return this;
    }

    /** Longest body of a request, in bytes. */
    public Quantity maxRequestBytes() {
        return maxRequestBytes == null ? new Quantity(DEFAULT_MAX_REQUEST_BYTES) : maxRequestBytes;
    }

    /** Requests that may wait, or null. */
    public Integer getQueue() {
        return queue;
    }

    public Limits setQueue(Integer queue) {
        this.queue = queue;
        return this;
    }

    /** Requests that may wait. */
    public int queue() {
        return queue == null ? DEFAULT_QUEUE : queue;
    }

    /** Seconds that a request may take, or null. */
    public Integer getTimeoutSeconds() {
        return timeoutSeconds;
    }

    public Limits setTimeoutSeconds(Integer timeoutSeconds) {
        this.timeoutSeconds = timeoutSeconds;
        return this;
    }

    /** Seconds that a request may take that names no deadline. */
    public int timeoutSeconds() {
        return timeoutSeconds == null ? DEFAULT_TIMEOUT_SECONDS : timeoutSeconds;
    }
}
