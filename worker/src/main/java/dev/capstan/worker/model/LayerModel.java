package dev.capstan.worker.model;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Shape;
import java.util.List;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * A job's layers as DL4J's own. Weights are drawn as Xavier's (Glorot and Bengio 2010), from the job's seed, so that
 * every rank starts from the same ones.
 */
final class LayerModel {
    private LayerModel() {}

    /**
     * @param layers that {@link Stack} has found to fit
     * @param classWeights a factor for each class in the loss; null if all count alike
     */
    static MultiLayerConfiguration configuration(
            List<Layer> layers, Training training, Shape shape, double[] classWeights) {
        var list = new NeuralNetConfiguration.Builder()
                .seed(Randomness.seed(training.seed()))
                .weightInit(WeightInit.XAVIER)
                .updater(Updaters.of(training.optimizer()))
                .list();
        int place = 0;
        double retained = 1;
        for (int i = 0; i < layers.size(); i++) {
            // DL4J's dropout layer can't cope with a sequence's mask; an lstm can drop what it gets itself.
            if (layers.get(i) instanceof Layer.Dropout(var rate) && Stack.dropsItself(layers, i + 1)) {
                retained *= 1 - rate;
                continue;
            }
            list.layer(place++, layer(layers.get(i), retained, classWeights));
            retained = 1;
        }
        switch (shape) {
            case Shape.Flat(var inputs) -> list.setInputType(InputType.feedForward(inputs));
            case Shape.Image(var height, var width, var channels) -> {
                if (layers.getFirst() instanceof Layer.Dense || layers.getFirst() instanceof Layer.Output) {
                    list.setInputType(InputType.feedForward(shape.inputs()));
                } else {
                    // Samples come as rows, whatever they are.
                    list.inputPreProcessor(0, new FeedForwardToCnnPreProcessor(height, width, channels));
                    list.setInputType(InputType.convolutional(height, width, channels));
                }
            }
            case Shape.Tokens(var length, var vocabulary) -> list.setInputType(InputType.recurrent(vocabulary, length));
        }
        var configuration = list.build();
        // Only now: while it builds, DL4J adds weight decay twice.
        configuration.getConfs().forEach(each -> Updaters.replace(each.getLayer(), training));
        return configuration;
    }

    /**
     * A layer that isn't among those that a {@link LayerGraph} alone has.
     *
     * @param retained of what it gets, the share that it doesn't drop
     */
    static org.deeplearning4j.nn.conf.layers.Layer layer(Layer layer, double retained, double[] classWeights) {
        return switch (layer) {
            case Layer.Convolution(var filters, var kernel, var stride, var padding, var activation) ->
                new ConvolutionLayer.Builder(kernel, kernel)
                        .stride(stride, stride)
                        .convolutionMode(mode(padding))
                        .nOut(filters)
                        .activation(activation(activation))
                        .build();
            case Layer.Pooling(var type, var kernel, var stride) ->
                new SubsamplingLayer.Builder(
                                type == Layer.PoolingType.MAX
                                        ? SubsamplingLayer.PoolingType.MAX
                                        : SubsamplingLayer.PoolingType.AVG)
                        .kernelSize(kernel, kernel)
                        .stride(stride, stride)
                        .convolutionMode(ConvolutionMode.Truncate)
                        .build();
            case Layer.GlobalPooling(var type) ->
                new GlobalPoolingLayer.Builder(type == Layer.PoolingType.MAX ? PoolingType.MAX : PoolingType.AVG)
                        .build();
            case Layer.BatchNormalization(var decay, var epsilon) ->
                // The variance itself and not its logarithm: only so is the ranks' mean the mean variance.
                new BatchNormalization.Builder()
                        .decay(decay)
                        .eps(epsilon)
                        .useLogStd(false)
                        .activation(Activation.IDENTITY)
                        .build();
            case Layer.Dropout(var rate) -> new DropoutLayer.Builder(1 - rate).build();
            case Layer.Embedding(var units) ->
                new EmbeddingSequenceLayer.Builder()
                        .nOut(units)
                        .activation(Activation.IDENTITY)
                        .build();
            case Layer.Lstm(var units, var activation, var returnSequences) -> {
                var builder = new LSTM.Builder().nOut(units).activation(activation(activation));
                if (retained < 1) {
                    builder.dropOut(retained);
                }
                yield returnSequences ? builder.build() : new LastTimeStep(builder.build());
            }
            case Layer.Dense(var units, var activation) ->
                new DenseLayer.Builder()
                        .nOut(units)
                        .activation(activation(activation))
                        .build();
            case Layer.Output(var units, var activation, var loss) -> {
                var function = Functions.loss(loss).orElseThrow();
                var builder = classWeights == null
                        ? new OutputLayer.Builder(function)
                        : new OutputLayer.Builder(new LossMCXENT(
                                Nd4j.createFromArray(floats(classWeights)).reshape(1, classWeights.length)));
                yield builder.nOut(units).activation(activation(activation)).build();
            }
            case Layer.BidirectionalLstm lstm -> throw inGraphs(lstm);
            case Layer.Conv1d convolution -> throw inGraphs(convolution);
            case Layer.LayerNormalization normalization -> throw inGraphs(normalization);
            case Layer.Positions positions -> throw inGraphs(positions);
            case Layer.Attention attention -> throw inGraphs(attention);
            case Layer.Residual residual -> throw inGraphs(residual);
        };
    }

    private static AssertionError inGraphs(Layer layer) {
        return new AssertionError(layer + " is a graph's");
    }

    private static ConvolutionMode mode(Layer.Padding padding) {
        return switch (padding) {
            case VALID -> ConvolutionMode.Truncate;
            case SAME -> ConvolutionMode.Same;
        };
    }

    static Activation activation(String name) {
        return Functions.activation(name).orElseThrow();
    }

    private static float[] floats(double[] values) {
        var floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
