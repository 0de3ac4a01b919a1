package dev.capstan.worker.data;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.FileName;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which of a network's classes the samples show. What it was never shown it can't learn, and what it isn't asked counts
 * for nothing.
 */
public final class Coverage {
    private Coverage() {}

    /**
     * Looks at the samples of each class.
     *
     * @param place where the training samples lie, for messages: field and URI
     * @param training all that is trained on and validated with
     * @param test null if there is none
     * @param classes name of each class
     * @return what the user should hear of, in sentences without an end: classes without training samples, of which
     *     there may be test samples
     * @throws Failure InvalidData if all training samples are of one class: there is nothing to tell apart
     */
    public static List<String> check(String place, Samples training, Samples test, List<String> classes) {
        var trained = counts(training, classes);
        if (IntStream.of(trained).filter(count -> count > 0).count() < 2) {
            throw new Failure(
                    Reason.InvalidData,
                    place + " has samples of one class only, "
                            + FileName.shown(classes.get(training.label(0)))
                            + ", which all " + training.size()
                            + " are of; there must be at least two to tell apart");
        }
        var warnings = new ArrayList<String>();
        var lacking = IntStream.range(0, trained.length)
                .filter(each -> trained[each] == 0)
                .boxed()
                .toList();
        if (!lacking.isEmpty()) {
            warnings.add(
                    "no training sample is of " + words(lacking, classes) + ", which the model can't learn to tell");
        }
        if (test != null) {
            var tested = counts(test, classes);
            long unknown = lacking.stream().mapToLong(each -> tested[each]).sum();
            if (unknown > 0) {
                warnings.add(
                        unknown + " of the " + test.size() + (unknown == 1 ? " test samples is" : " test samples are")
                                + " of classes without training samples");
            }
        }
        return warnings;
    }

    private static int[] counts(Samples samples, List<String> classes) {
        var counts = new int[classes.size()];
        for (int i = 0; i < samples.size(); i++) {
            counts[samples.label(i)]++;
        }
        return counts;
    }

    private static String words(List<Integer> which, List<String> classes) {
        return (which.size() == 1 ? "class " : which.size() + " of the " + classes.size() + " classes, ")
                + Classes.list(which.stream().map(classes::get).toList());
    }
}
