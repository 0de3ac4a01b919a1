package dev.capstan.worker.data;

import java.util.List;

/**
 * What was learned from the training data about how to read samples: whoever uses the model needs it, so it is part of
 * the artifact.
 *
 * @param shape what one sample is
 * @param classes name of each class, by the output's index
 * @param vocabulary the words that are told apart, by their numbers less 2 (sequences) or their place (bag of words);
 *     null for other data than text
 */
public record Preprocessing(Shape shape, List<String> classes, List<String> vocabulary) {}
