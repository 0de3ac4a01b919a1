package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What to do about the artifact of another job in the place of the output. */
public enum IfExists {
    /** End the job. */
    @JsonProperty("Fail")
    FAIL,
    /** Take it for the own, if it was made by the same recipe. */
    @JsonProperty("Reuse")
    REUSE,
    /** Replace it, when the new one is whole. */
    @JsonProperty("Overwrite")
    OVERWRITE
}
