package dev.capstan.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * What a gang is to do: the part of the job file that differs from one kind of job to the next. One more kind changes
 * nothing for jobs of the others, so it is no new version of the file.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Work.Train.class, name = "train"),
    @JsonSubTypes.Type(value = Work.Compress.class, name = "compress")
})
public sealed interface Work {
    /**
     * Trains a model.
     *
     * @param model what to train
     * @param data where the samples lie
     * @param training how long, how fast and from which seed
     */
    record Train(JobFile.Model model, JobFile.Data data, Training training) implements Work {}

    /**
     * Makes a model smaller, measures what that costs, and lets the result through only within the bounds.
     *
     * @param from the model
     * @param jar the user's own layers; null if there are none
     * @param data where samples lie: {@code train} to calibrate and to train on, null if no step needs any;
     *     {@code test} is read once, for the verdict, and null if the job has none
     * @param steps what is done to it, one after the other; at least one, and nothing after a quantization
     * @param acceptance the bounds; null if every result is good enough
     */
    record Compress(
            JobFile.From from, JobFile.Place jar, JobFile.Data data, List<CompressionStep> steps, Acceptance acceptance)
            implements Work {
        /** Of a model without layers of the user's own. */
        public Compress(JobFile.From from, JobFile.Data data, List<CompressionStep> steps, Acceptance acceptance) {
            this(from, null, data, steps, acceptance);
        }
    }
}
