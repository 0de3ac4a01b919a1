package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How samples are written in files. */
public enum DataFormat {
    /** The MNIST database's format. */
    @JsonProperty("idx")
    IDX,
    /** Comma-separated values, one sample a line. */
    @JsonProperty("csv")
    CSV,
    /** A folder for each class, image files in it. */
    @JsonProperty("images")
    IMAGES,
    /** Comma-separated values with a column of text and a column of labels. */
    @JsonProperty("text")
    TEXT
}
