package dev.capstan.worker.data;

import java.util.List;

/**
 * What was learned from the training data about how to read samples: whoever uses the model needs it, so it is part of
 * the artifact.
 *
 * @param shape what one sample is
 * @param classes name of each class, by the output's index; empty if the model predicts numbers
 * @param vocabulary the words that are told apart, by their numbers less 2 (sequences) or their place (bag of words);
 *     null for other data than text
 * @param columns names of the columns that a sample's numbers come from, in their order; null if they have none
 * @param scaling what is done to a sample's numbers before the network gets them; null for nothing
 * @param targets names of the numbers that the model predicts, by the output's index; null if it tells classes apart
 * @param targetScaling what these are brought back from: the network itself gives them scaled; null if it doesn't
 * @param table how its rows lay; null if there was none, or an older version read it
 */
public record Preprocessing(
        Shape shape,
        List<String> classes,
        List<String> vocabulary,
        List<String> columns,
        Scaling scaling,
        List<String> targets,
        Scaling targetScaling,
        TableLayout table) {
    /** @throws IllegalArgumentException if what is said of columns doesn't fit the shape */
    public Preprocessing {
        if (shape != null && columns != null && columns.size() != shape.inputs()) {
            throw new IllegalArgumentException(
                    "it has " + columns.size() + " columns for " + shape.words() + " a sample");
        }
        if (shape != null && scaling != null && scaling.mean().size() != shape.inputs()) {
            throw new IllegalArgumentException(
                    "it has a scaling of " + scaling.mean().size() + " numbers for " + shape.words() + " a sample");
        }
        if (shape != null && table != null && table.inputs().size() != shape.inputs()) {
            throw new IllegalArgumentException(
                    "it has a table of " + table.inputs().size() + " columns for " + shape.words() + " a sample");
        }
        if (targetScaling != null && (targets == null || targetScaling.mean().size() != targets.size())) {
            throw new IllegalArgumentException(
                    "it has a scaling of " + targetScaling.mean().size() + " targets, and "
                            + (targets == null ? "none" : targets.size()) + " of them");
        }
    }

    /** Of what is no table. */
    public Preprocessing(Shape shape, List<String> classes, List<String> vocabulary) {
        this(shape, classes, vocabulary, null, null, null, null, null);
    }

    /** How many numbers the model's output has. */
    public int outputs() {
        return targets == null ? classes.size() : targets.size();
    }

    /** Whether the model predicts numbers. */
    public boolean predictsNumbers() {
        return targets != null;
    }
}
