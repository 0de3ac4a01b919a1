package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.ModelJar;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Optional;

/** Which model is served, and what computes it. */
@ValidationRule(
        value = "!has(self.jar) || has(self.runtime) && self.runtime == 'dl4j'",
        message =
                "model.jar has layers of DL4J, which runtime: onnx has no use for: set model.runtime: dl4j, or remove jar",
        fieldPath = ".jar")
@ValidationRule(
        value =
                "!has(self.runtime) || self.runtime != 'dl4j' || !has(self.from.uri) || !self.from.uri.endsWith('.onnx')",
        message =
                "model.runtime: dl4j needs the folder of an artifact, and model.from.uri is an ONNX file: set runtime: onnx, or name the folder",
        fieldPath = ".runtime")
@ValidationRule(
        value = "!has(self.follow) || !self.follow || !has(self.digest)",
        message =
                "model.follow takes the newest model of its source, and model.digest always the same: remove digest, or set follow: false",
        fieldPath = ".follow")
@ValidationRule(
        value = "!has(self.follow) || !self.follow || !has(self.from.uri)",
        message =
                "model.follow hears from a job when it has a newer model, and nobody tells of a uri: set model.digest to what is there now, and follow: false",
        fieldPath = ".follow")
@ValidationRule(
        value = "!has(self.from.uri) || has(self.digest)",
        message =
                "model.digest is required with model.from.uri, so that nothing else is ever served from there: set it to what manifest.json in the folder says, or to sha256: and the sha256sum of the ONNX file",
        fieldPath = ".digest")
public class ServedModel extends Block {
    public static final boolean DEFAULT_FOLLOW = false;

    @JsonPropertyDescription(
            "from is where the model comes from: exactly one of uri, trainingJobRef, compressionJobRef. A change rolls out.")
    @Required
    private ModelFrom from;

    @JsonPropertyDescription(
            "follow says whether a newer artifact of the same source rolls out by itself: true for that, false to keep what was found first. Only with a trainingJobRef or compressionJobRef. Default: "
                    + DEFAULT_FOLLOW + ". May be changed at any time.")
    private Boolean follow;

    @JsonPropertyDescription(
            "digest is the SHA-256 of the model that is to be served, as status.revisions lists it: sha256: and 64 hex digits. That of an earlier revision rolls back to it, also when its source is overwritten or gone. With a uri it is required: of an artifact it is what manifest.json in its folder says, of an ONNX file what sha256sum does. Default: that of the source, as it was when it was found. A change rolls out.")
    @Size(max = 71)
    @ValidationRule(
            value = "self.matches('^sha256:[0-9a-f]{64}$')",
            message =
                    "digest must be sha256: and 64 hex digits, such as status.revisions lists and status.artifact.digest of a job has")
    private String digest;

    @JsonPropertyDescription(
            "runtime is what computes the model. onnx: ONNX Runtime, from model.onnx of the artifact. dl4j: DL4J, from its model.zip, for models that have no model.onnx. Default: onnx. A change rolls out.")
    private Runtime runtime;

    @JsonPropertyDescription(
            "jar has layers that you wrote in Java, if the model has some: the same that its TrainingJob named. Only with runtime: dl4j. It runs in the pods of the replicas, with their rights, which are none. No jar is taken from the lineage of the model. A change rolls out.")
    private ModelJar jar;

    /** Where it comes from. */
    public ModelFrom getFrom() {
        return from;
    }

    public ServedModel setFrom(ModelFrom from) {
        this.from = from;
        return this;
    }

    /** Whether newer artifacts of the source roll out, or null. */
    public Boolean getFollow() {
        return follow;
    }

    public ServedModel setFollow(Boolean follow) {
        this.follow = follow;
        return this;
    }

    /** Whether newer artifacts of the source roll out. */
    public boolean follow() {
        return follow == null ? DEFAULT_FOLLOW : follow;
    }

    /** What is to be served, or null. */
    public String getDigest() {
        return digest;
    }

    public ServedModel setDigest(String digest) {
        this.digest = digest;
        return this;
    }

    /** What is to be served; empty for what the source has. */
    public Optional<String> digest() {
        return Optional.ofNullable(digest);
    }

    /** What computes the model, or null. */
    public Runtime getRuntime() {
        return runtime;
    }

    public ServedModel setRuntime(Runtime runtime) {
        this.runtime = runtime;
        return this;
    }

    /** What computes the model. */
    public Runtime runtime() {
        return runtime == null ? Runtime.ONNX : runtime;
    }

    /** Layers that the user wrote, or null. */
    public ModelJar getJar() {
        return jar;
    }

    public ServedModel setJar(ModelJar jar) {
        this.jar = jar;
        return this;
    }
}
