package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A checkpoint of another job to begin with. */
@ValidationRule(value = S3.WITH_URI_RULE, message = S3.WITH_URI_MESSAGE, fieldPath = ".s3")
@ValidationRule(
        value = "!has(self.uri) || self.uri.matches('/step-[0-9]{12,18}(-attempt-[0-9]{1,9})?$')",
        message =
                "uri must be the folder of one checkpoint, whose name is step- and 12 digits or more, as status.lastCheckpoint.uri of the other job has it: pvc://models/mnist/checkpoints/UID/step-000000004000",
        fieldPath = ".uri")
public class EarlierCheckpoint extends Block {
    @JsonPropertyDescription(
            "uri is the folder of the checkpoint, as status.lastCheckpoint.uri of the job that wrote it has it: pvc://CLAIM/PATH on the PersistentVolumeClaim CLAIM in the same namespace, or s3://BUCKET/PATH, which needs s3.")
    @Required
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    @ValidationRule(value = PlaceUri.SHAPE_RULE, message = PlaceUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    private String uri;

    @JsonPropertyDescription("s3 says how to reach the service with the S3 API; exactly with an s3:// uri.")
    private S3 s3;

    @JsonPropertyDescription(
            "digest is what the checkpoint must have, as status.lastCheckpoint.digest of the job that wrote it: sha256: and 64 hex digits. Default: any will do; its files are compared with its manifest in any case.")
    private String digest;

    /** The folder, see {@link PlaceUri}. */
    public String getUri() {
        return uri;
    }

    public EarlierCheckpoint setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** How to reach an {@code s3://} URI, or null. */
    public S3 getS3() {
        return s3;
    }

    public EarlierCheckpoint setS3(S3 s3) {
        this.s3 = s3;
        return this;
    }

    /** The digest that it must have, or null. */
    public String getDigest() {
        return digest;
    }

    public EarlierCheckpoint setDigest(String digest) {
        this.digest = digest;
        return this;
    }
}
