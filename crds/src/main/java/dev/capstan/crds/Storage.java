package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A place that can be written. */
@ValidationRule(value = S3.WITH_URI_RULE, message = S3.WITH_URI_MESSAGE, fieldPath = ".s3")
public class Storage extends Block {
    @JsonPropertyDescription(
            "uri is the folder that is written to: pvc://CLAIM/PATH on the PersistentVolumeClaim CLAIM in the same namespace, where the folder is made if it is missing, or s3://BUCKET/PATH in a bucket that is there, which needs s3.")
    @Required
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    @ValidationRule(value = PlaceUri.SHAPE_RULE, message = PlaceUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    private String uri;

    @JsonPropertyDescription(
            "s3 says how to reach the service with the S3 API; exactly with an s3:// uri. The key in its secret must be allowed to get, put and delete objects below uri, and to list the bucket.")
    private S3 s3;

    /** The folder, see {@link PlaceUri}. */
    public String getUri() {
        return uri;
    }

    public Storage setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** How to reach an {@code s3://} URI, or null. */
    public S3 getS3() {
        return s3;
    }

    public Storage setS3(S3 s3) {
        this.s3 = s3;
        return this;
    }

    /** The place that can be written. */
    public Folder folder() {
        return new Folder(PlaceUri.parse(uri), s3);
    }
}
