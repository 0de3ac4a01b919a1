package dev.capstan.worker.model;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Stage;
import dev.capstan.worker.storage.BoundedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** Makes the network that a job describes. */
public final class Networks {
    /** The user's name for the field that the job file calls {@code model.configuration}. */
    private static final String DL4J = "model.dl4j";

    private Networks() {}

    /** As the one with five arguments, of a model that goes on from no earlier one. */
    public static Network create(JobFile.Model model, Training training, Preprocessing data, double[] classWeights) {
        return create(model, null, training, data, classWeights);
    }

    /**
     * The network that a job's model describes, before its first step.
     *
     * @param model checked; what it reads lies on disk
     * @param earlier what it goes on from; null if it has layers or a configuration of its own
     * @param data what the training data is
     * @param classWeights a factor for each class in the loss; null if all count alike
     * @throws Failure InvalidJob if the model doesn't fit the data, can't be read or has more parameters than one
     *     buffer holds; InvalidData if an earlier model is damaged
     */
    public static Network create(
            JobFile.Model model, EarlierModel earlier, Training training, Preprocessing data, double[] classWeights) {
        var shape = data.shape();
        var scaling = Scales.of(data);
        if (model.layers() != null) {
            return layers(model.layers(), training, shape, classWeights, scaling);
        }
        return UserLayers.with(model.jar(), () -> {
            if (model.configuration() != null) {
                return configured(DL4J, Configuration.read(DL4J, text(model)), training, shape, scaling);
            }
            var network = configured(
                    EarlierModel.FIELD,
                    Configuration.read(EarlierModel.FIELD, earlier.configuration()),
                    training,
                    shape,
                    scaling);
            earlier.readParameters(network.parameters());
            return network;
        });
    }

    /**
     * A model that isn't DL4J's, whose numbers DL4J keeps and updates.
     *
     * @param slots its tensors, in the order in which they lie
     * @param data what the training data is
     * @param outputs how many numbers it gives of a sample
     * @param computed makes what computes it of the network and a stage that knows where the numbers lie
     */
    public static Network held(
            List<Held.Slot> slots,
            Training training,
            Preprocessing data,
            int outputs,
            BiFunction<Network, Stage, Stage> computed) {
        var configuration = new NeuralNetConfiguration.Builder()
                // Nothing is drawn; without one, DL4J writes down the time.
                .seed(Randomness.seed(training.seed()))
                .updater(Updaters.of(training.optimizer()))
                .list()
                .layer(0, new Held(slots))
                .build();
        configuration.getConfs().forEach(each -> Updaters.replace(each.getLayer(), training));
        var network = new MultiLayerNetwork(configuration);
        network.init();
        return new MultiLayer(
                network,
                new Setup(training, new Form.Rows(), data.shape().inputs(), outputs, Scales.of(data), computed));
    }

    /** A network for rows of numbers. */
    public static Network create(List<Layer> layers, Training training, int inputs) {
        return layers(layers, training, new Shape.Flat(inputs), null, Scales.NONE);
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

    /**
     * Number of the model's outputs: of classes that it tells apart, or of numbers that it predicts.
     *
     * @param earlier what the model goes on from; null if it has layers or a configuration of its own
     * @throws Failure as {@link #create}
     */
    public static int classes(JobFile.Model model, EarlierModel earlier) {
        if (model.layers() != null) {
            return ((Layer.Output) model.layers().getLast()).units();
        }
        if (model.torchScript() != null) {
            // As many as there are in the data; whether the module has as many is seen when it computes samples.
            return 0;
        }
        return UserLayers.with(
                model.jar(),
                () -> model.configuration() != null
                        ? Configuration.read(DL4J, text(model)).classes(DL4J)
                        : Configuration.read(EarlierModel.FIELD, earlier.configuration())
                                .classes(EarlierModel.FIELD));
    }

    private static Network layers(
            List<Layer> layers, Training training, Shape shape, double[] classWeights, Scales scaling) {
        var setup = new Setup(
                training, new Form.Rows(), shape.inputs(), ((Layer.Output) layers.getLast()).units(), scaling);
        if (!LayerGraph.isNeeded(layers, shape)) {
            return new MultiLayer(multiLayer(layers, training, shape, classWeights), setup);
        }
        Stack.check(layers, shape);
        var network = new ComputationGraph(LayerGraph.configuration(layers, training, shape, classWeights));
        network.init();
        return new Graph(network, setup);
    }

    private static Network configured(
            String field, Configuration configuration, Training training, Shape shape, Scales scaling) {
        int classes = configuration.classes(field);
        long parameters = configuration.parameters();
        if (parameters > Stack.MOST_PARAMETERS) {
            throw new Failure(
                    Reason.InvalidJob,
                    field + " has " + parameters + " parameters; this worker trains at most " + Stack.MOST_PARAMETERS);
        }
        configuration.restart(training);
        return Misfit.avoided(
                field,
                shape,
                form -> built(field, configuration, new Setup(training, form, shape.inputs(), classes, scaling)));
    }

    private static Network built(String field, Configuration configuration, Setup setup) {
        switch (configuration) {
            case Configuration.Layers(var multiLayer) -> {
                var network = new MultiLayerNetwork(multiLayer.clone());
                network.init();
                checkOutput(field, network.getOutputLayer());
                return new MultiLayer(network, setup);
            }
            case Configuration.Graph(var graph) -> {
                var network = new ComputationGraph(graph.clone());
                network.init();
                checkOutput(field, network.getOutputLayer(0));
                return new Graph(network, setup);
            }
        }
    }

    private static void checkOutput(String field, org.deeplearning4j.nn.api.Layer last) {
        if (!(last instanceof IOutputLayer)) {
            throw new Failure(
                    Reason.InvalidJob,
                    field + " ends in a " + last.getClass().getSimpleName()
                            + "; it must end in an output layer, such as DL4J's OutputLayer or LossLayer");
        }
    }

    private static String text(JobFile.Model model) {
        try {
            return BoundedText.withoutMark(Files.readString(Path.of(model.configuration())));
        } catch (IOException e) {
            throw new Failure(
                    Reason.WorkerError, "model configuration " + model.configuration() + " can't be read: " + e, e);
        }
    }
}
