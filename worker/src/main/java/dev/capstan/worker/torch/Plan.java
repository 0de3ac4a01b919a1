package dev.capstan.worker.torch;

import dev.capstan.worker.model.Form;
import dev.capstan.worker.model.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossNegativeLogLikelihood;

/**
 * By which steps LibTorch computes a network, found from DL4J's configuration alone: LibTorch isn't loaded for it. What
 * isn't known to be computed alike, to the last option of a layer, isn't planned.
 *
 * @param parts one after the other; the last is the output
 */
record Plan(List<Part> parts) {
    /** Some of the network isn't computed alike. */
    static final class NotCovered extends Exception {
        private static final long serialVersionUID = 1;

        private NotCovered(String what) {
            super(what, null, false, false);
        }
    }

    /**
     * The steps for a network.
     *
     * @throws NotCovered with what LibTorch doesn't compute, as the subject of a sentence
     */
    static Plan of(Network network) throws NotCovered {
        var way = Stop.of(network.dl4j())
                .orElseThrow(
                        () -> new NotCovered("a ComputationGraph that branches, but for blocks that add their input"));
        if (!network.scaling().none()) {
            throw new NotCovered("the standardization");
        }
        var parts = new ArrayList<Part>();
        switch (network.form()) {
            case Form.Rows rows -> {}
            case Form.ChannelsFirst(var channels, var height, var width) ->
                parts.add(new Part.Images(channels, height, width));
            case Form.ChannelsLast last -> throw new NotCovered("an image with its channels last");
        }
        for (var stop : way) {
            switch (stop) {
                case Stop.Computed(var index, var name, var layer, var before) ->
                    new Reading(index, name, parts).layer(layer, before);
                case Stop.Reshaped(var how) -> new Reading(-1, "the graph", parts).preprocessor(how);
                case Stop.Kept kept -> parts.add(new Part.Kept());
                case Stop.Added added -> parts.add(new Part.Added());
            }
        }
        if (!(parts.getLast() instanceof Part.Output)) {
            throw new NotCovered("a network that doesn't end in an OutputLayer");
        }
        return new Plan(List.copyOf(parts));
    }

    /** Whether one of its steps is of this kind. */
    boolean has(Class<? extends Part> kind) {
        return parts.stream().anyMatch(kind::isInstance);
    }

    /** One layer's turn. */
    record Reading(int index, String name, List<Part> parts) {
        void layer(Layer layer, InputPreProcessor before) throws NotCovered {
            preprocessor(before);
            var inner = layer instanceof LastTimeStep last ? last.getUnderlying() : layer;
            if (inner instanceof BaseLayer base && base.getWeightNoise() != null) {
                throw refused("the weight noise");
            }
            if (!(inner instanceof DropoutLayer)) {
                dropout(inner);
            }
            if (inner.getClass() == LSTM.class) {
                lstm((LSTM) inner, layer != inner);
                return;
            }
            if (layer != inner) {
                throw refused("a LastTimeStep");
            }
            if (SequenceReading.isOfSequences(layer)) {
                new SequenceReading(index, this).part(layer).ifPresent(parts::add);
                return;
            }
            // Exactly these classes: a subclass may compute in ways of its own.
            if (layer.getClass() == DenseLayer.class) {
                var dense = (DenseLayer) layer;
                if (dense.hasLayerNorm()) {
                    throw refused("the layer normalization");
                }
                parts.add(new Part.Dense(index, dense.hasBias(), function(dense)));
            } else if (layer.getClass() == OutputLayer.class) {
                output((OutputLayer) layer);
            } else if (layer.getClass() == ConvolutionLayer.class) {
                convolution((ConvolutionLayer) layer);
            } else if (layer.getClass() == SubsamplingLayer.class) {
                pooling((SubsamplingLayer) layer);
            } else if (layer.getClass() == GlobalPoolingLayer.class) {
                globalPooling((GlobalPoolingLayer) layer);
            } else if (layer.getClass() == BatchNormalization.class) {
                normalization((BatchNormalization) layer);
            } else if (layer.getClass() == EmbeddingSequenceLayer.class) {
                embedding((EmbeddingSequenceLayer) layer);
            } else if (layer.getClass() == DropoutLayer.class) {
                dropout(layer);
            } else {
                throw refused("a " + layer.getClass().getSimpleName());
            }
        }

        void preprocessor(InputPreProcessor preprocessor) throws NotCovered {
            if (preprocessor == null) {
                return;
            }
            if (preprocessor.getClass() == FeedForwardToCnnPreProcessor.class) {
                var images = (FeedForwardToCnnPreProcessor) preprocessor;
                parts.add(new Part.Images(
                        (int) images.getNumChannels(), (int) images.getInputHeight(), (int) images.getInputWidth()));
            } else if (preprocessor.getClass() == CnnToFeedForwardPreProcessor.class
                    && ((CnnToFeedForwardPreProcessor) preprocessor).getFormat() == CNN2DFormat.NCHW) {
                parts.add(new Part.Rows());
            } else if (preprocessor.getClass() == RnnToFeedForwardPreProcessor.class && endsSequences()) {
                // It has nothing to do.
                return;
            } else {
                throw refused("a " + preprocessor.getClass().getSimpleName());
            }
        }

        /** Whether a row comes of each sample, although DL4J takes it for a sequence. */
        private boolean endsSequences() {
            for (var part : parts.reversed()) {
                if (part instanceof Part.GlobalPooling) {
                    return true;
                }
                if (part instanceof Part.Lstm(var layer, var units, var last)) {
                    return last;
                }
            }
            return false;
        }

        private void dropout(Layer layer) throws NotCovered {
            switch (layer.getIDropout()) {
                case null -> {}
                case Dropout dropout
                when dropout.getClass() == Dropout.class && dropout.getPSchedule() == null -> {
                    if (layer instanceof EmbeddingSequenceLayer) {
                        throw refused("a dropout of words");
                    }
                    if (dropout.getP() < 1) {
                        parts.add(new Part.Dropped(dropout.getP()));
                    }
                }
                default -> throw refused("the dropout");
            }
        }

        private void lstm(LSTM lstm, boolean last) throws NotCovered {
            if (function(lstm).kind() != Function.Kind.TANH
                    || lstm.getGateActivationFn().getClass() != ActivationSigmoid.class) {
                throw refused("an LSTM with other functions than tanh and sigmoid");
            }
            if (parts.stream().noneMatch(Part.Embedding.class::isInstance)) {
                throw refused("an LSTM without an embedding before it");
            }
            parts.add(new Part.Lstm(index, Math.toIntExact(lstm.getNOut()), last));
        }

        private void output(OutputLayer layer) throws NotCovered {
            var function = any(layer);
            if (!computed(layer.getLossFn(), function)) {
                throw refused("the loss " + layer.getLossFn().name() + " of "
                        + function.kind().name().toLowerCase(Locale.ROOT));
            }
            parts.add(new Part.Output(index, ((BaseOutputLayer) layer).hasBias(), function, layer.getLossFn()));
        }

        /** Cross-entropy of what isn't a softmax is clipped by DL4J, where LibTorch would give infinity. */
        private static boolean computed(ILossFunction loss, Function function) {
            var softmax = function.kind() == Function.Kind.SOFTMAX;
            if (loss.getClass() == LossMCXENT.class || loss.getClass() == LossNegativeLogLikelihood.class) {
                return softmax;
            }
            return !softmax
                    && (loss.getClass() == LossMSE.class
                            || loss.getClass() == LossMAE.class
                            || loss.getClass() == LossL1.class
                            || loss.getClass() == LossL2.class);
        }

        private void convolution(ConvolutionLayer layer) throws NotCovered {
            if (layer.getCnn2dDataFormat() != CNN2DFormat.NCHW) {
                throw refused("a convolution with its channels last");
            }
            var padding = switch (layer.getConvolutionMode()) {
                case Same -> null;
                case Strict, Truncate -> layer.getPadding();
                case Causal -> throw refused("a causal convolution");
            };
            parts.add(new Part.Convolution(
                    index,
                    layer.hasBias(),
                    layer.getKernelSize(),
                    layer.getStride(),
                    layer.getDilation(),
                    padding,
                    function(layer)));
        }

        private void pooling(SubsamplingLayer layer) throws NotCovered {
            boolean largest = layer.getPoolingType() == PoolingType.MAX;
            if (layer.getCnn2dDataFormat() != CNN2DFormat.NCHW
                    || layer.getConvolutionMode() == ConvolutionMode.Same
                    || layer.getConvolutionMode() == ConvolutionMode.Causal
                    || layer.getDilation()[0] != 1
                    || layer.getDilation()[1] != 1
                    || layer.getPadding()[0] != 0
                    || layer.getPadding()[1] != 0
                    || !largest && layer.getPoolingType() != PoolingType.AVG) {
                throw refused("a pooling with padding, dilation, channels last or another type than MAX and AVG");
            }
            parts.add(new Part.Pooling(largest, layer.getKernelSize(), layer.getStride()));
        }

        private void globalPooling(GlobalPoolingLayer layer) throws NotCovered {
            boolean largest = layer.getPoolingType() == PoolingType.MAX;
            if (!layer.isCollapseDimensions()
                    || !isUsual(layer.getPoolingDimensions())
                    || !largest && layer.getPoolingType() != PoolingType.AVG) {
                throw refused("a global pooling with dimensions of its own or another type than MAX and AVG");
            }
            parts.add(new Part.GlobalPooling(largest));
        }

        /** Null for sequences, height and width for images. */
        private static boolean isUsual(int[] dimensions) {
            return dimensions == null || Arrays.equals(dimensions, new int[] {2, 3});
        }

        private void normalization(BatchNormalization layer) throws NotCovered {
            if (layer.isLockGammaBeta() || layer.isUseLogStd() || layer.getCnn2DFormat() != CNN2DFormat.NCHW) {
                throw refused("a batch normalization with lockGammaBeta, useLogStd or its channels last");
            }
            // DL4J doesn't apply its activation function.
            parts.add(new Part.Normalization(index, layer.getDecay(), layer.getEps()));
        }

        private void embedding(EmbeddingSequenceLayer layer) throws NotCovered {
            if (index > 0 || layer.hasBias() || !(layer.getActivationFn() instanceof ActivationIdentity)) {
                throw refused("an embedding with a bias or an activation function");
            }
            parts.add(new Part.Embedding(index));
        }

        Function function(BaseLayer layer) throws NotCovered {
            var function = any(layer);
            if (function.kind() == Function.Kind.SOFTMAX) {
                throw refused("a softmax that isn't the output's");
            }
            return function;
        }

        private Function any(BaseLayer layer) throws NotCovered {
            return Function.of(layer.getActivationFn())
                    .orElseThrow(() -> refused("the activation function " + layer.getActivationFn()));
        }

        NotCovered refused(String what) {
            return new NotCovered(what + " in " + name);
        }
    }
}
