package dev.capstan.worker.model;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.outcome.Failure;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.conf.serde.JsonMappers;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.exc.InvalidTypeIdException;

/** A model in DL4J's own JSON, of either of its two kinds. */
sealed interface Configuration {
    /** The layers, each before all that it feeds; the last is the output. */
    List<NeuralNetConfiguration> layers();

    /** Whether the gradient is computed as {@link Step} needs it. */
    BackpropType backpropagation();

    DataType dataType();

    long parameters();

    /** @param multiLayer as DL4J reads it */
    record Layers(MultiLayerConfiguration multiLayer) implements Configuration {
        @Override
        public List<NeuralNetConfiguration> layers() {
            return multiLayer.getConfs();
        }

        @Override
        public BackpropType backpropagation() {
            return multiLayer.getBackpropType();
        }

        @Override
        public DataType dataType() {
            return multiLayer.getDataType();
        }

        @Override
        public long parameters() {
            return layers().stream()
                    .mapToLong(each -> each.getLayer().initializer().numParams(each))
                    .sum();
        }
    }

    /** @param graph as DL4J reads it */
    record Graph(ComputationGraphConfiguration graph) implements Configuration {
        @Override
        public List<NeuralNetConfiguration> layers() {
            var layers = new ArrayList<NeuralNetConfiguration>();
            var output = graph.getVertices().get(graph.getNetworkOutputs().getFirst());
            for (var vertex : graph.getVertices().values()) {
                if (vertex instanceof LayerVertex layer && vertex != output) {
                    layers.add(layer.getLayerConf());
                }
            }
            if (output instanceof LayerVertex layer) {
                layers.add(layer.getLayerConf());
            }
            return layers;
        }

        @Override
        public BackpropType backpropagation() {
            return graph.getBackpropType();
        }

        @Override
        public DataType dataType() {
            return graph.getDataType();
        }

        @Override
        public long parameters() {
            return graph.getVertices().values().stream()
                    .mapToLong(each -> each.numParams(true))
                    .sum();
        }
    }

    /**
     * The configuration in the text.
     *
     * @param field the job's field that the text comes from, for messages
     * @throws Failure InvalidJob if it is none, or one that this worker can't train
     */
    static Configuration read(String field, String text) {
        var configuration = parsed(field, text);
        if (configuration.layers().isEmpty()) {
            throw refused(field, "has no layers; it needs at least an output layer");
        }
        if (configuration.backpropagation() == BackpropType.TruncatedBPTT) {
            throw refused(field, "asks for truncated backpropagation; this worker needs the backpropType Standard");
        }
        if (configuration.dataType() != DataType.FLOAT) {
            throw refused(field, "has the dataType " + configuration.dataType() + "; this worker trains FLOAT");
        }
        for (var each : configuration.layers()) {
            if (each.getOptimizationAlgo() != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
                throw refused(
                        field,
                        "asks for the optimizationAlgo " + each.getOptimizationAlgo()
                                + "; this worker knows STOCHASTIC_GRADIENT_DESCENT and the updaters");
            }
        }
        return configuration;
    }

    private static Configuration parsed(String field, String text) {
        try {
            var tree = JsonMappers.getMapper().readTree(text);
            if (tree != null && tree.has("confs")) {
                return new Layers(MultiLayerConfiguration.fromJson(text));
            }
            if (tree != null && tree.has("vertices")) {
                return graph(field, ComputationGraphConfiguration.fromJson(text));
            }
        } catch (JsonProcessingException e) {
            throw new Failure(
                    Reason.InvalidJob,
                    field + " is no JSON: " + e.getOriginalMessage() + " (line "
                            + (e.getLocation() == null ? "?" : e.getLocation().getLineNr()) + ")",
                    e);
        } catch (RuntimeException | LinkageError e) {
            if (e instanceof Failure failure) {
                throw failure;
            }
            throw unread(field, e);
        }
        throw refused(
                field,
                "is neither a MultiLayerConfiguration (which has \"confs\") nor a ComputationGraphConfiguration (which"
                        + " has \"vertices\"); write it with DL4J's toJson()");
    }

    private static Configuration graph(String field, ComputationGraphConfiguration graph) {
        int inputs = graph.getNetworkInputs().size();
        int outputs = graph.getNetworkOutputs().size();
        if (inputs != 1 || outputs != 1) {
            throw refused(
                    field, "has " + inputs + " inputs and " + outputs + " outputs; this worker trains one of each");
        }
        return new Graph(graph);
    }

    private static Failure unread(String field, Throwable thrown) {
        for (var cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidTypeIdException unknown) {
                return new Failure(
                        Reason.InvalidJob,
                        field + " names the class " + unknown.getTypeId()
                                + ", which this worker doesn't have; layers of your own must be in the jar that"
                                + " model.jar names",
                        thrown);
            }
        }
        var cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        var message = cause instanceof JsonProcessingException json ? json.getOriginalMessage() : cause.toString();
        return new Failure(Reason.InvalidJob, field + " can't be read by DL4J: " + Misfit.brief(message), thrown);
    }

    /**
     * Number of classes that the output tells apart.
     *
     * @throws Failure InvalidJob if no layer says
     */
    default int classes(String field) {
        for (var each : layers().reversed()) {
            if (unwrapped(each.getLayer()) instanceof FeedForwardLayer layer) {
                if (layer.getNOut() < 1 || layer.getNOut() > Integer.MAX_VALUE) {
                    throw refused(
                            field,
                            "has nOut " + layer.getNOut() + " in its last layer; it must be the number of classes");
                }
                return (int) layer.getNOut();
            }
        }
        throw refused(field, "has no layer with nOut, so nothing says how many classes there are");
    }

    /** Draws all weights from this seed, and begins at the first step. */
    default void restart(Training training) {
        long seed = Randomness.seed(training.seed());
        layers().forEach(each -> each.setSeed(seed));
        switch (this) {
            case Layers(var multiLayer) -> {
                multiLayer.setIterationCount(0);
                multiLayer.setEpochCount(0);
            }
            case Graph(var graph) -> {
                graph.setIterationCount(0);
                graph.setEpochCount(0);
                graph.getDefaultConfiguration().setSeed(seed);
            }
        }
        if (training.optimizer() != null) {
            layers().forEach(each -> Updaters.replace(each.getLayer(), training));
        }
    }

    private static Layer unwrapped(Layer layer) {
        return layer instanceof BaseWrapperLayer wrapper ? unwrapped(wrapper.getUnderlying()) : layer;
    }

    private static Failure refused(String field, String rest) {
        return new Failure(Reason.InvalidJob, field + " " + rest);
    }
}
