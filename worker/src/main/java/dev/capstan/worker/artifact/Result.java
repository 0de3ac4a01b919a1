package dev.capstan.worker.artifact;

import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import java.util.List;
import java.util.Map;

/**
 * What a job has come to.
 *
 * @param network the trained network
 * @param preprocessing what was learned from the training data
 * @param metrics by name; {@code epochs} is the number of passes over the data
 * @param confusion samples of the test data of each class by the class that they were taken for; null if that wasn't
 *     counted
 * @param history what the epochs came to
 * @param inputs what the job has read
 * @param samples some of the job's own, on which the ONNX model must answer as the network does
 * @param profile of the training data
 * @param past what the model tells of itself that it went on from
 * @param engine what computed the training
 * @param threads that computed on each worker
 * @param warnings what whoever uses the model should know, in sentences
 */
public record Result(
        Network network,
        Preprocessing preprocessing,
        Map<String, Double> metrics,
        List<List<Integer>> confusion,
        List<EndedEpoch> history,
        Inputs inputs,
        Samples samples,
        Profile profile,
        Past past,
        Training.Engine engine,
        int threads,
        List<String> warnings) {
    /** Of a model that went on from none, wasn't tested, and that DL4J computed. */
    public Result(
            Network network,
            Preprocessing preprocessing,
            Map<String, Double> metrics,
            Inputs inputs,
            Samples samples,
            Profile profile) {
        this(
                network,
                preprocessing,
                metrics,
                null,
                List.of(),
                inputs,
                samples,
                profile,
                Past.NONE,
                Training.Engine.DEEPLEARNING4J,
                1,
                List.of());
    }
}
