package dev.capstan.worker.compress;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.outcome.Failure;

/** What share of samples an ONNX model tells right. */
final class Accuracy {
    private static final int AT_ONCE = 64;

    private Accuracy() {}

    /**
     * Asks the model about all samples.
     *
     * @param pace told of every batch
     * @return the share of those whose class got the largest output; the first of several alike
     * @throws Failure WorkerError if the model doesn't give a row of classes for each sample
     */
    static double of(OnnxSession model, Samples samples, int classes, Pace pace) {
        int right = 0;
        for (int from = 0; from < samples.size(); from += AT_ONCE) {
            pace.at(from, samples.size());
            int count = Math.min(AT_ONCE, samples.size() - from);
            var answers = model.run(Rows.of(samples, from, count)).values();
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
