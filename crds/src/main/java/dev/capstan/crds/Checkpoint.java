package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** A checkpoint that was written whole and verified. */
public class Checkpoint extends Block {
    @JsonPropertyDescription("step is the number of steps that were done when it was made.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long step;

    @JsonPropertyDescription("uri is the folder where the checkpoint lies.")
    private String uri;

    @JsonPropertyDescription("digest is sha256: and the SHA-256 of the manifest of the checkpoint, in hex.")
    private String digest;

    @JsonPropertyDescription("time is when it was made.")
    private String time;

    /** Steps that were done. */
    public Long getStep() {
        return step;
    }

    public Checkpoint setStep(Long step) {
        this.step = step;
        return this;
    }

    /** Where it lies. */
    public String getUri() {
        return uri;
    }

    public Checkpoint setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** {@code sha256:} and 64 hex digits. */
    public String getDigest() {
        return digest;
    }

    public Checkpoint setDigest(String digest) {
        this.digest = digest;
        return this;
    }

    /** When it was made, RFC 3339. */
    public String getTime() {
        return time;
    }

    public Checkpoint setTime(String time) {
        this.time = time;
        return this;
    }
}
