package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;

/** What the model learns from and is measured on; whether it has to learn is told by the kind. */
@ValidationRule(
        value = "!has(self.test) || !has(self.train) || (self.test.format == 'text') == (self.train.format == 'text')",
        message = "data.test must be text where data.train is, and only there: give both format: text, or neither",
        fieldPath = ".test")
@ValidationRule(
        value =
                "!has(self.test) || !has(self.train) || !has(self.test.text) || !has(self.train.text) || self.test.text.encoding == self.train.text.encoding && has(self.test.text.vocabularySize) == has(self.train.text.vocabularySize) && (!has(self.test.text.vocabularySize) || self.test.text.vocabularySize == self.train.text.vocabularySize) && has(self.test.text.maxLength) == has(self.train.text.maxLength) && (!has(self.test.text.maxLength) || self.test.text.maxLength == self.train.text.maxLength)",
        message =
                "data.test.text must have the encoding, vocabularySize and maxLength of data.train.text: the network is the same",
        fieldPath = ".test.text")
@ValidationRule(
        value =
                "!has(self.test) || !has(self.train) || !has(self.test.images) || !has(self.train.images) || self.test.images.height == self.train.images.height && self.test.images.width == self.train.images.width && (has(self.test.images.channels) ? self.test.images.channels : "
                        + ImageOptions.DEFAULT_CHANNELS
                        + ") == (has(self.train.images.channels) ? self.train.images.channels : "
                        + ImageOptions.DEFAULT_CHANNELS + ")",
        message =
                "data.test.images must have the height, width and channels of data.train.images: the network is the same",
        fieldPath = ".test.images")
@ValidationRule(
        value =
                "!has(self.test) || !has(self.train) || (has(self.test.csv) && has(self.test.csv.targetColumns) ? size(self.test.csv.targetColumns) : 0) == (has(self.train.csv) && has(self.train.csv.targetColumns) ? size(self.train.csv.targetColumns) : 0)",
        message =
                "data.test.csv must have as many targetColumns as data.train.csv, and none where that has none: the network is the same",
        fieldPath = ".test.csv")
public class Data extends Block {
    public static final boolean DEFAULT_CHECK_FIRST = false;

    @JsonPropertyDescription("train has the samples to learn from.")
    private Dataset train;

    @JsonPropertyDescription(
            "test has samples that the trained model is measured on and never learns from. Default: none, and the artifact has no metrics.")
    private Dataset test;

    @JsonPropertyDescription(
            "checkFirst says whether a pod without GPUs reads and checks every sample before the job queues for the places of its workers. That pod queues for its own place, by the same quota and order. Default: "
                    + DEFAULT_CHECK_FIRST + ".")
    private Boolean checkFirst;

    /** Samples to learn from, or null. */
    public Dataset getTrain() {
        return train;
    }

    public Data setTrain(Dataset train) {
        this.train = train;
        return this;
    }

    /** Samples to measure on, or null. */
    public Dataset getTest() {
        return test;
    }

    public Data setTest(Dataset test) {
        this.test = test;
        return this;
    }

    /** Whether the samples are checked before the job queues, or null. */
    public Boolean getCheckFirst() {
        return checkFirst;
    }

    public Data setCheckFirst(Boolean checkFirst) {
        this.checkFirst = checkFirst;
        return this;
    }

    /** Whether the samples are checked before the job queues. */
    public boolean checkFirst() {
        return checkFirst == null ? DEFAULT_CHECK_FIRST : checkFirst;
    }
}
