package dev.capstan.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What a gang is to do: the part of the job file that differs from one kind of job to the next. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes(@JsonSubTypes.Type(value = Work.Train.class, name = "train"))
public sealed interface Work {
    /**
     * Trains a model.
     *
     * @param model what to train
     * @param data where the samples lie
     * @param training how long, how fast and from which seed
     */
    record Train(JobFile.Model model, JobFile.Data data, Training training) implements Work {}
}
