package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How samples are written in files. */
public enum DataFormat {
    /** The MNIST database's format. */
    @JsonProperty("idx")
    IDX,
    /** Comma-separated values, one sample a line. */
    @JsonProperty("csv")
    CSV
}
