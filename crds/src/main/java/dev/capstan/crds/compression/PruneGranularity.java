package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What is taken away as a whole. */
public enum PruneGranularity {
    /** Single weights, which become 0. */
    @JsonProperty("Weight")
    WEIGHT,
    /** Two of each four successive weights along an output's inputs, which become 0. */
    @JsonProperty("TwoOfFour")
    TWO_OF_FOUR,
    /** Neurons, channels, LSTM units, numbers of word vectors: the network becomes smaller. */
    @JsonProperty("Unit")
    UNIT
}
