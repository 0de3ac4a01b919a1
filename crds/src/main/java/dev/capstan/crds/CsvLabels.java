package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What stands in the column with the class. */
public enum CsvLabels {
    /** A whole number from 0 on. */
    @JsonProperty("numbers")
    NUMBERS,
    /** A name, whatever it is. */
    @JsonProperty("names")
    NAMES
}
