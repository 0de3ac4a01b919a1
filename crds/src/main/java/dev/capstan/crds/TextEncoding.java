package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a network sees of a text. */
public enum TextEncoding {
    /** The numbers of the words in their order. */
    @JsonProperty("sequence")
    SEQUENCE,
    /** How often each word of the vocabulary occurs. */
    @JsonProperty("bagOfWords")
    BAG_OF_WORDS
}
