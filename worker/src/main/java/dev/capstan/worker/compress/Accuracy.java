package dev.capstan.worker.compress;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Answering;
import dev.capstan.worker.outcome.Failure;

/** What share of samples a model tells right. */
final class Accuracy {
    private static final int AT_ONCE = 64;

    private Accuracy() {}

    /**
     * Asks the model about all samples.
     *
     * @param pace told of every batch
     * @return the share of those whose class got the largest output; the first of several alike
     * @throws Failure WorkerError if the model doesn't give a number for each class and sample
     */
    static double of(Answering model, Samples samples, int classes, Pace pace) {
        int right = 0;
        int most = Math.min(AT_ONCE, model.most());
        for (int from = 0; from < samples.size(); from += most) {
            pace.at(from, samples.size());
            int count = Math.min(most, samples.size() - from);
            var answers =
                    model.question(samples, Rows.which(samples, from, count)).answer();
            if (answers.length != count * classes) {
                throw new Failure(
                        Reason.WorkerError,
                        "the model answers " + count + " samples with " + answers.length + " numbers, not with "
                                + classes + " each");
            }
            for (int i = 0; i < count; i++) {
                right += largest(answers, i * classes, classes) == samples.label(from + i) ? 1 : 0;
            }
        }
        pace.at(samples.size(), samples.size());
        return (double) right / samples.size();
    }

    private static int largest(float[] answers, int offset, int classes) {
        int best = 0;
        for (int i = 1; i < classes; i++) {
            if (answers[offset + i] > answers[offset + best]) {
                best = i;
            }
        }
        return best;
    }
}
