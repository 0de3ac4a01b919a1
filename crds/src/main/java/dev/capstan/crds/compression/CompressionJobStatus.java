package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.JobStatus;

/** What has become of a CompressionJob. Written by the operator alone. */
public class CompressionJobStatus extends JobStatus {
    @JsonPropertyDescription(
            "compression is what the job has found out: sizes, accuracy and speed before and after, step by step and layer by layer.")
    private CompressionResult compression;

    /** What the job has found out, or null. */
    public CompressionResult getCompression() {
        return compression;
    }

    public CompressionJobStatus setCompression(CompressionResult compression) {
        this.compression = compression;
        return this;
    }
}
