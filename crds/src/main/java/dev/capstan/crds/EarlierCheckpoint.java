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
                "uri must be the folder of one checkpoint, such as pvc://models/mnist/checkpoints/UID/step-000000004000",
        fieldPath = ".uri")
public class EarlierCheckpoint extends Block {
    @JsonPropertyDescription(
            "uri is the checkpoint's folder, on a volume or in a bucket, as status.lastCheckpoint.uri of the other job has it.")
    @Required
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    @ValidationRule(value = PlaceUri.SHAPE_RULE, message = PlaceUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    private String uri;

    @JsonPropertyDescription("s3 says how to reach the service with the S3 API; exactly with an s3:// uri.")
    private S3 s3;

    @JsonPropertyDescription(
            "digest is what it must have, as status.lastCheckpoint.digest of the other job has it. Default: any will do.")
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
