package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A model to go on from: exactly one of URI and jobs is set. */
@ValidationRule(
        value = "[has(self.uri), has(self.trainingJobRef), has(self.compressionJobRef)].exists_one(set, set)",
        message = "model.from needs exactly one of: uri, trainingJobRef, compressionJobRef")
@ValidationRule(value = S3.WITH_URI_RULE, message = S3.WITH_URI_MESSAGE, fieldPath = ".s3")
public class ModelFrom extends Block {
    @JsonPropertyDescription(
            "uri is the folder of an artifact, or an ONNX file from elsewhere, or the folder with one: pvc://CLAIM/PATH on the PersistentVolumeClaim CLAIM in the same namespace, or s3://BUCKET/PATH, which needs s3. An ONNX file can be quantized, and not pruned.")
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    @ValidationRule(value = PlaceUri.SHAPE_RULE, message = PlaceUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    private String uri;

    @JsonPropertyDescription("s3 says how to reach the service with the S3 API; exactly with an s3:// uri.")
    private S3 s3;

    @JsonPropertyDescription(
            "trainingJobRef names a TrainingJob in the same namespace: this {kind} waits until that one is complete, and goes on from its artifact, whose digest is verified.")
    private LocalReference trainingJobRef;

    @JsonPropertyDescription(
            "compressionJobRef names another CompressionJob in the same namespace: this {kind} waits until the result of that one is accepted, and goes on from its artifact, whose digest is verified.")
    private LocalReference compressionJobRef;

    /** The folder of an artifact or an ONNX file, see {@link PlaceUri}; or null. */
    public String getUri() {
        return uri;
    }

    public ModelFrom setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** How to reach an {@code s3://} URI, or null. */
    public S3 getS3() {
        return s3;
    }

    public ModelFrom setS3(S3 s3) {
        this.s3 = s3;
        return this;
    }

    /** The TrainingJob whose artifact it is, or null. */
    public LocalReference getTrainingJobRef() {
        return trainingJobRef;
    }

    public ModelFrom setTrainingJobRef(LocalReference trainingJobRef) {
        this.trainingJobRef = trainingJobRef;
        return this;
    }

    /** The CompressionJob whose artifact it is, or null. */
    public LocalReference getCompressionJobRef() {
        return compressionJobRef;
    }

    public ModelFrom setCompressionJobRef(LocalReference compressionJobRef) {
        this.compressionJobRef = compressionJobRef;
        return this;
    }
}
