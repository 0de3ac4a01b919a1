package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A place that can be written. */
public class Storage extends Block {
    @JsonPropertyDescription(
            "uri is the folder that is written to: pvc://CLAIM/PATH, a folder on the PersistentVolumeClaim CLAIM in the namespace of the job. The folder is made if it is missing.")
    @Required
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    @ValidationRule(value = VolumeUri.SHAPE_RULE, message = VolumeUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    private String uri;

    /** The folder, see {@link VolumeUri}. */
    public String getUri() {
        return uri;
    }

    public Storage setUri(String uri) {
        this.uri = uri;
        return this;
    }
}
