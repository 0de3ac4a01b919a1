package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How real numbers are laid out over the integers of 8 bits. */
public enum Scheme {
    /** 0 in the middle. */
    @JsonProperty("Symmetric")
    SYMMETRIC,
    /** The whole range, wherever 0 lies in it. */
    @JsonProperty("Asymmetric")
    ASYMMETRIC
}
