package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Over what magnitudes are compared, and the share counts. */
public enum PruneScope {
    /** Each layer loses the same share of its own. */
    @JsonProperty("Layer")
    LAYER,
    /** All layers together lose the share. */
    @JsonProperty("Global")
    GLOBAL
}
