package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A trained model to go on from: exactly one of URI and job is set. */
@ValidationRule(
        value = "[has(self.uri), has(self.trainingJobRef)].exists_one(set, set)",
        message = "model.from needs exactly one of: uri, trainingJobRef")
@ValidationRule(value = S3.WITH_URI_RULE, message = S3.WITH_URI_MESSAGE, fieldPath = ".s3")
public class EarlierModel extends Block {
    @JsonPropertyDescription(
            "uri is the folder of an artifact: pvc://CLAIM/PATH on the PersistentVolumeClaim CLAIM in the same namespace, or s3://BUCKET/PATH, which needs s3.")
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    @ValidationRule(value = PlaceUri.SHAPE_RULE, message = PlaceUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    private String uri;

    @JsonPropertyDescription("s3 says how to reach the service with the S3 API; exactly with an s3:// uri.")
    private S3 s3;

    @JsonPropertyDescription(
            "trainingJobRef names another TrainingJob in the same namespace: this job waits until that one is complete, and goes on from its artifact, whose digest is verified.")
    private LocalReference trainingJobRef;

    /** The folder of an artifact, see {@link PlaceUri}; or null. */
    public String getUri() {
        return uri;
    }

    public EarlierModel setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** How to reach an {@code s3://} URI, or null. */
    public S3 getS3() {
        return s3;
    }

    public EarlierModel setS3(S3 s3) {
        this.s3 = s3;
        return this;
    }

    /** The job whose artifact it is, or null. */
    public LocalReference getTrainingJobRef() {
        return trainingJobRef;
    }

    public EarlierModel setTrainingJobRef(LocalReference trainingJobRef) {
        this.trainingJobRef = trainingJobRef;
        return this;
    }
}
