package dev.capstan.worker.model;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/** Makes the network that a job describes. */
public final class Networks {
    /** The ring sums all gradients in one buffer of less than 2 GiB. */
    private static final int MOST_PARAMETERS = Integer.MAX_VALUE / Float.BYTES;

    private Networks() {}

    /**
     * A network with its initial weights: Xavier's (Glorot and Bengio 2010), drawn from the job's seed, so that every
     * rank starts from the same ones.
     *
     * @param layers checked layers, the last of them an output layer
     * @param training optimizer and seed
     * @param inputs numbers in one sample
     * @throws Failure InvalidJob if it has more parameters than one buffer holds
     */
    public static Network create(List<Layer> layers, Training training, int inputs) {
        return new MultiLayer(multiLayer(layers, training, inputs));
    }

    /** The same network as DL4J's own class, for comparisons with DL4J's own training. */
    public static MultiLayerNetwork multiLayer(List<Layer> layers, Training training, int inputs) {
        checkSize(layers, inputs);
        var list = new NeuralNetConfiguration.Builder()
                .seed(training.seed())
                .weightInit(WeightInit.XAVIER)
                .updater(updater(training.optimizer()))
                .list();
        int width = inputs;
        for (var layer : layers) {
            list.layer(dl4jLayer(layer, width));
            width = units(layer);
        }
        var network = new MultiLayerNetwork(list.build());
        network.init();
        return network;
    }

    private static void checkSize(List<Layer> layers, int inputs) {
        long parameters = 0;
        long width = inputs;
        for (var layer : layers) {
            parameters += (width + 1) * units(layer);
            width = units(layer);
            if (parameters > MOST_PARAMETERS) {
                throw new Failure(
                        Reason.InvalidJob,
                        "model.layers have more than " + MOST_PARAMETERS + " parameters with " + inputs
                                + " inputs; this worker trains no larger model. Take fewer units");
            }
        }
    }

    /** Number of classes that the job's output layer tells apart. */
    public static int classes(JobFile.Model model) {
        return units(model.layers().getLast());
    }

    private static int units(Layer layer) {
        return switch (layer) {
            case Layer.Dense dense -> dense.units();
            case Layer.Output output -> output.units();
            default -> throw new IllegalArgumentException("not built yet: " + layer);
        };
    }

    private static org.deeplearning4j.nn.conf.layers.Layer dl4jLayer(Layer layer, int inputs) {
        return switch (layer) {
            case Layer.Dense(var units, var activation) ->
                new DenseLayer.Builder()
                        .nIn(inputs)
                        .nOut(units)
                        .activation(Functions.activation(activation).orElseThrow())
                        .build();
            case Layer.Output(var units, var activation, var loss) ->
                new OutputLayer.Builder(Functions.loss(loss).orElseThrow())
                        .nIn(inputs)
                        .nOut(units)
                        .activation(Functions.activation(activation).orElseThrow())
                        .build();
            default -> throw new IllegalArgumentException("not built yet: " + layer);
        };
    }

    private static IUpdater updater(Optimizer optimizer) {
        return switch (optimizer) {
            case Optimizer.Sgd(var rate) -> new Sgd(rate);
            case Optimizer.Nesterov(var rate, var momentum) -> new Nesterovs(rate, momentum);
            case Optimizer.Adam(var rate, var beta1, var beta2, var epsilon) -> new Adam(rate, beta1, beta2, epsilon);
            default -> throw new IllegalArgumentException("not built yet: " + optimizer);
        };
    }
}
