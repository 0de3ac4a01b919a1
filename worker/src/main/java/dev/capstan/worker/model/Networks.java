package dev.capstan.worker.model;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** Makes the network that a job describes. */
public final class Networks {
    private Networks() {}

    /**
     * The network that a job's model describes, before its first step.
     *
     * @param model checked
     * @param data what the training data is
     * @param classWeights a factor for each class in the loss; null if all count alike
     * @throws Failure InvalidJob if the model doesn't fit the data, or has more parameters than one buffer holds
     */
    public static Network create(JobFile.Model model, Training training, Preprocessing data, double[] classWeights) {
        return new MultiLayer(
                multiLayer(model.layers(), training, data.shape(), classWeights), data.shape() instanceof Shape.Tokens);
    }

    /** A network for rows of numbers. */
    public static Network create(List<Layer> layers, Training training, int inputs) {
        return new MultiLayer(multiLayer(layers, training, inputs), false);
    }

    /** The same network as DL4J's own class, for comparisons with DL4J's own training. */
    public static MultiLayerNetwork multiLayer(List<Layer> layers, Training training, int inputs) {
        return multiLayer(layers, training, new Shape.Flat(inputs), null);
    }

    /** The same network as DL4J's own class, for comparisons with DL4J's own training. */
    public static MultiLayerNetwork multiLayer(
            List<Layer> layers, Training training, Shape shape, double[] classWeights) {
        Stack.check(layers, shape);
        var network = new MultiLayerNetwork(LayerModel.configuration(layers, training, shape, classWeights));
        network.init();
        return network;
    }

    /** Number of classes that the job's output layer tells apart. */
    public static int classes(JobFile.Model model) {
        return ((Layer.Output) model.layers().getLast()).units();
    }
}
