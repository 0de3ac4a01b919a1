package dev.capstan.worker.torch;

import dev.capstan.protocol.Training;
import dev.capstan.worker.step.Engine;
import dev.capstan.worker.step.Optimizer;
import dev.capstan.worker.step.Stage;
import dev.capstan.worker.step.Weights;

/**
 * What computes a training, from its first step to its last.
 *
 * @param name as a job names it
 * @param threads that share out what is computed
 * @param version its name and version, and those of all else that rounds; the same for whoever computes the same
 * @param device what computes, as {@link dev.capstan.protocol.Progress#device} has it
 * @param reason why it is this one: the rest of a sentence that begins with its name
 */
public record Computing(
        Stage stage,
        Optimizer optimizer,
        Weights constraints,
        Training.Engine name,
        int threads,
        String version,
        String device,
        String reason)
        implements Engine {
    /** The version, and the reason. */
    @Override
    public String toString() {
        return version + ": " + reason;
    }
}
