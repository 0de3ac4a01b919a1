package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import java.util.Map;

/** What a job made. */
public class Artifact extends Block {
    @JsonPropertyDescription("uri is where the artifact lies.")
    private String uri;

    @JsonPropertyDescription(
            "digest is sha256: and the SHA-256 of the bytes of the artifact, in hex: the same job makes the same digest.")
    private String digest;

    @JsonPropertyDescription("sizeBytes is the length of the artifact in bytes.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long sizeBytes;

    @JsonPropertyDescription(
            "metrics has what was measured on the test data, by name: accuracy, f1 and loss of a model that tells classes apart; r2, mae, rmse and loss of one that predicts numbers; with baseline before the name, what always telling the commonest class, or the mean, would reach. Decimals, written as strings.")
    private Map<String, String> metrics;

    @JsonPropertyDescription(
            "s3 says how to reach an s3:// uri: as the output of the job that made the artifact does. Jobs that go on from it read it so.")
    private S3 s3;

    /** Where it lies. */
    public String getUri() {
        return uri;
    }

    public Artifact setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** {@code sha256:} and 64 hex digits. */
    public String getDigest() {
        return digest;
    }

    public Artifact setDigest(String digest) {
        this.digest = digest;
        return this;
    }

    /** Length in bytes. */
    public Long getSizeBytes() {
        return sizeBytes;
    }

    public Artifact setSizeBytes(Long sizeBytes) {
        this.sizeBytes = sizeBytes;
        return this;
    }

    /** Measurements by name, decimals as strings. */
    public Map<String, String> getMetrics() {
        return metrics;
    }

    public Artifact setMetrics(Map<String, String> metrics) {
        this.metrics = metrics;
        return this;
    }

    /** How to reach an {@code s3://} URI; null on a volume. */
    public S3 getS3() {
        return s3;
    }

    public Artifact setS3(S3 s3) {
        this.s3 = s3;
        return this;
    }
}
