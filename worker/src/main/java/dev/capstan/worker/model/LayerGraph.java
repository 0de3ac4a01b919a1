package dev.capstan.worker.model;

import dev.capstan.layers.Attention;
import dev.capstan.layers.BothDirections;
import dev.capstan.layers.LayerNormalization;
import dev.capstan.layers.Positions;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Shape;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.util.MaskLayer;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;

/**
 * A job's layers as a graph of DL4J's, for what a list can't say: blocks that add their input. Layers that came with
 * those are written as graphs, too; all others stay what they were, a list. Vertices are called as layers are numbered:
 * {@code layer2}, within a residual block {@code layer2_0}.
 *
 * <p>What lies behind a sequence's end is 0 between any two layers. DL4J's LSTM leaves something there, and its
 * convolution over time takes the derivative of what is there, so a mask comes behind these.
 */
final class LayerGraph {
    private static final String INPUT = "input";

    private final GraphBuilder graph;
    private final double[] classWeights;
    /** The last vertex. */
    private String at = INPUT;
    /** Numbers in a vector of the sequence that comes out of it; 0 if that is none. */
    private int width;

    private final int length;

    private LayerGraph(GraphBuilder graph, double[] classWeights, int length) {
        this.graph = graph;
        this.classWeights = classWeights;
        this.length = length;
    }

    /** Whether a list can't say them. */
    static boolean isNeeded(List<Layer> layers, Shape shape) {
        boolean sequences = shape instanceof Shape.Tokens;
        for (var layer : layers) {
            if (isOfGraphs(layer) || sequences && layer instanceof Layer.Dense) {
                return true;
            }
            sequences &= !endsSequences(layer);
        }
        return false;
    }

    private static boolean isOfGraphs(Layer layer) {
        return switch (layer) {
            case Layer.BidirectionalLstm lstm -> true;
            case Layer.Conv1d convolution -> true;
            case Layer.LayerNormalization normalization -> true;
            case Layer.Positions positions -> true;
            case Layer.Attention attention -> true;
            case Layer.Residual residual -> true;
            case Layer.Dense dense -> false;
            case Layer.Output output -> false;
            case Layer.Convolution convolution -> false;
            case Layer.Pooling pooling -> false;
            case Layer.GlobalPooling pooling -> false;
            case Layer.BatchNormalization normalization -> false;
            case Layer.Dropout dropout -> false;
            case Layer.Embedding embedding -> false;
            case Layer.Lstm lstm -> false;
        };
    }

    private static boolean endsSequences(Layer layer) {
        return layer instanceof Layer.GlobalPooling || layer instanceof Layer.Lstm lstm && !lstm.returnSequences();
    }

    /** As {@link LayerModel#configuration}. */
    static ComputationGraphConfiguration configuration(
            List<Layer> layers, Training training, Shape shape, double[] classWeights) {
        var builder = new NeuralNetConfiguration.Builder()
                .seed(Randomness.seed(training.seed()))
                .weightInit(WeightInit.XAVIER)
                .updater(Updaters.of(training.optimizer()))
                .graphBuilder()
                .addInputs(INPUT);
        var graph = new LayerGraph(builder, classWeights, shape.inputs());
        graph.begin(layers.getFirst(), shape);
        graph.add(layers, "layer");
        var configuration = builder.setOutputs(graph.at).build();
        // Only now: while it builds, DL4J adds weight decay twice.
        configuration.getVertices().values().forEach(each -> {
            if (each instanceof LayerVertex layer) {
                Updaters.replace(layer.getLayerConf().getLayer(), training);
            }
        });
        return configuration;
    }

    private void begin(Layer first, Shape shape) {
        switch (shape) {
            case Shape.Flat(var inputs) -> graph.setInputTypes(InputType.feedForward(inputs));
            case Shape.Image(var rows, var columns, var channels) -> {
                graph.setInputTypes(InputType.feedForward(shape.inputs()));
                if (!(first instanceof Layer.Dense || first instanceof Layer.Output)) {
                    at = "images";
                    graph.addVertex(
                            at,
                            new PreprocessorVertex(new FeedForwardToCnnPreProcessor(rows, columns, channels)),
                            INPUT);
                }
            }
            case Shape.Tokens(var words, var vocabulary) -> graph.setInputTypes(InputType.recurrent(vocabulary, words));
        }
    }

    private void add(List<Layer> layers, String prefix) {
        double retained = 1;
        for (int i = 0; i < layers.size(); i++) {
            if (layers.get(i) instanceof Layer.Dropout(var rate) && Stack.dropsItself(layers, i + 1)) {
                retained *= 1 - rate;
                continue;
            }
            add(layers.get(i), prefix + i, retained);
            retained = 1;
        }
    }

    private void add(Layer layer, String name, double retained) {
        switch (layer) {
            case Layer.Residual(var inner) -> {
                var before = at;
                add(inner, name + "_");
                graph.addVertex(name, new ElementWiseVertex(ElementWiseVertex.Op.Add), before, at);
                at = name;
            }
            case Layer.Embedding(var units) -> {
                put(
                        name,
                        new EmbeddingSequenceLayer.Builder()
                                .nOut(units)
                                .inputLength(length)
                                .activation(Activation.IDENTITY)
                                .build());
                width = units;
            }
            case Layer.Lstm(var units, var activation, var returnSequences) -> {
                put(name, LayerModel.layer(layer, retained, classWeights));
                width = returnSequences ? units : 0;
                if (returnSequences) {
                    mask(name);
                }
            }
            case Layer.BidirectionalLstm(var units, var activation) -> {
                put(
                        name,
                        new BothDirections(new LSTM.Builder()
                                .nOut(units)
                                .activation(LayerModel.activation(activation))
                                .build()));
                mask(name);
                width = 2 * units;
            }
            case Layer.Conv1d(var filters, var kernel, var activation) -> overTime(name, filters, kernel, activation);
            case Layer.Dense(var units, var activation) when width > 0 -> overTime(name, units, 1, activation);
            case Layer.LayerNormalization(var epsilon) -> put(name, new LayerNormalization.Builder(epsilon).build());
            case Layer.Positions positions -> put(name, new Positions.Builder(length).build());
            case Layer.Attention(var heads) -> put(name, new Attention.Builder(heads).build());
            case Layer.GlobalPooling pooling -> {
                put(name, LayerModel.layer(layer, retained, classWeights));
                width = 0;
            }
            case Layer.Dense dense -> put(name, LayerModel.layer(layer, retained, classWeights));
            case Layer.Output output -> put(name, LayerModel.layer(layer, retained, classWeights));
            case Layer.Convolution convolution -> put(name, LayerModel.layer(layer, retained, classWeights));
            case Layer.Pooling pooling -> put(name, LayerModel.layer(layer, retained, classWeights));
            case Layer.BatchNormalization normalization -> put(name, LayerModel.layer(layer, retained, classWeights));
            case Layer.Dropout dropout -> put(name, LayerModel.layer(layer, retained, classWeights));
        }
    }

    /** A window over time; of one step, it is fully connected, vector by vector. */
    private void overTime(String name, int filters, int kernel, String activation) {
        put(
                name,
                new Convolution1DLayer.Builder(kernel)
                        .convolutionMode(ConvolutionMode.Same)
                        .nOut(filters)
                        // Xavier's; DL4J would take the kernel for a square.
                        .weightInit(new NormalDistribution(0, Math.sqrt(2.0 / kernel / (width + filters))))
                        .activation(LayerModel.activation(activation))
                        .build());
        mask(name);
        width = filters;
    }

    private void put(String name, org.deeplearning4j.nn.conf.layers.Layer layer) {
        graph.addLayer(name, layer, at);
        at = name;
    }

    private void mask(String name) {
        put(name + "_mask", new MaskLayer());
    }
}
