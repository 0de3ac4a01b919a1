package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.S3;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A model that is or was served, and how. */
public class Revision extends Block {
    @JsonPropertyDescription("revision is its number, counted from 1.")
    @Required
    @Min(1)
    @Max(1000000)
    private Integer revision;

    @JsonPropertyDescription("digest is the SHA-256 of the model, as spec.model.digest takes it.")
    @Required
    private String digest;

    @JsonPropertyDescription("uri is where the model lay when the revision was made.")
    private String uri;

    @JsonPropertyDescription("s3 says how to reach an s3:// uri.")
    private S3 s3;

    @JsonPropertyDescription("source is what the model was taken from, such as CompressionJob/mnist-int8, or its uri.")
    @Size(max = 1024)
    private String source;

    @JsonPropertyDescription(
            "hash tells apart revisions that serve one digest in different ways: by runtime, batching, limits, access or workers.")
    @Size(max = 64)
    private String hash;

    @JsonPropertyDescription("createdAt is when the revision was made.")
    private String createdAt;

    @JsonPropertyDescription("replicas is how many pods serve it.")
    @Min(0)
    @Max(1024)
    private Integer replicas;

    @JsonPropertyDescription("ready is how many of them answer.")
    @Min(0)
    @Max(1024)
    private Integer ready;

    @JsonPropertyDescription(
            "kept says whether a copy of the model lies beside its source, from which the revision can be served when the source is overwritten.")
    private Boolean kept;

    @JsonPropertyDescription(
            "problem is why replicas of the revision do not get ready, in the words of whoever could not load the model.")
    @Size(max = 4096)
    private String problem;

    /** Its number, from 1. */
    public Integer getRevision() {
        return revision;
    }

    public Revision setRevision(Integer revision) {
        this.revision = revision;
        return this;
    }

    /** {@code sha256:} and 64 hex digits. */
    public String getDigest() {
        return digest;
    }

    public Revision setDigest(String digest) {
        this.digest = digest;
        return this;
    }

    /** Where the model lay. */
    public String getUri() {
        return uri;
    }

    public Revision setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** How to reach an {@code s3://} URI; null on a volume. */
    public S3 getS3() {
        return s3;
    }

    public Revision setS3(S3 s3) {
        this.s3 = s3;
        return this;
    }

    /** What the model was taken from. */
    public String getSource() {
        return source;
    }

    public Revision setSource(String source) {
        this.source = source;
        return this;
    }

    /** Tells how it is served. */
    public String getHash() {
        return hash;
    }

    public Revision setHash(String hash) {
        this.hash = hash;
        return this;
    }

    /** When it was made, RFC 3339. */
    public String getCreatedAt() {
        return createdAt;
    }

    public Revision setCreatedAt(String createdAt) {
        this.createdAt = createdAt;
        return this;
    }

    /** Pods that serve it. */
    public Integer getReplicas() {
        return replicas;
    }

    public Revision setReplicas(Integer replicas) {
        this.replicas = replicas;
        return this;
    }

    /** Pods that answer. */
    public Integer getReady() {
        return ready;
    }

    public Revision setReady(Integer ready) {
        this.ready = ready;
        return this;
    }

    /** Whether there is a copy; null before that is known. */
    public Boolean getKept() {
        return kept;
    }

    public Revision setKept(Boolean kept) {
        this.kept = kept;
        return this;
    }

    /** Why it does not get ready, or null. */
    public String getProblem() {
        return problem;
    }

    public Revision setProblem(String problem) {
        this.problem = problem;
        return this;
    }
}
