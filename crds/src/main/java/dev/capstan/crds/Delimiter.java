package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What lies between two columns of a line. */
public enum Delimiter {
    @JsonProperty(",")
    COMMA(","),
    @JsonProperty(";")
    SEMICOLON(";"),
    @JsonProperty("\t")
    TAB("\t"),
    @JsonProperty("|")
    PIPE("|");

    private final String character;

    Delimiter(String character) {
        this.character = character;
    }

    /** The character itself. */
    public String character() {
        return character;
    }
}
