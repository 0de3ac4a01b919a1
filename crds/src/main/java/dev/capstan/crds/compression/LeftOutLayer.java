package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Size;

/** A layer that a step left as it was. */
public class LeftOutLayer extends Block {
    @JsonPropertyDescription("layer is the name of the layer.")
    @Size(max = 256)
    private String layer;

    @JsonPropertyDescription("reason is why it was left out.")
    @Size(max = 512)
    private String reason;

    /** Its name. */
    public String getLayer() {
        return layer;
    }

    public LeftOutLayer setLayer(String layer) {
        this.layer = layer;
        return this;
    }

    /** Why it was left out. */
    public String getReason() {
        return reason;
    }

    public LeftOutLayer setReason(String reason) {
        this.reason = reason;
        return this;
    }
}
