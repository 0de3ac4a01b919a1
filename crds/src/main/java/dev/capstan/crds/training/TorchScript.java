package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.S3;
import dev.capstan.crds.VolumeUri;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A TorchScript module that the user wrote in Python. */
@ValidationRule(value = S3.WITH_URI_RULE, message = S3.WITH_URI_MESSAGE, fieldPath = ".s3")
public class TorchScript extends Block {
    @JsonPropertyDescription(
            "uri is the file that torch.jit.save wrote: pvc://CLAIM/PATH on the PersistentVolumeClaim CLAIM in the same namespace, or s3://BUCKET/PATH, which needs s3.")
    @Required
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    @ValidationRule(value = PlaceUri.SHAPE_RULE, message = PlaceUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    private String uri;

    @JsonPropertyDescription("s3 says how to reach the service with the S3 API; exactly with an s3:// uri.")
    private S3 s3;

    /** The file, see {@link PlaceUri}. */
    public String getUri() {
        return uri;
    }

    public TorchScript setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** How to reach an {@code s3://} URI, or null. */
    public S3 getS3() {
        return s3;
    }

    public TorchScript setS3(S3 s3) {
        this.s3 = s3;
        return this;
    }
}
