package dev.capstan.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * A layer of the network. The shape of its input follows from the layer before it, or from the data. Activation and
 * loss functions are in lower case, as DL4J names them: {@code relu}, {@code softmax}, {@code mcxent}, …
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Layer.Dense.class, name = "dense"),
    @JsonSubTypes.Type(value = Layer.Output.class, name = "output"),
    @JsonSubTypes.Type(value = Layer.Convolution.class, name = "convolution"),
    @JsonSubTypes.Type(value = Layer.Pooling.class, name = "pooling"),
    @JsonSubTypes.Type(value = Layer.GlobalPooling.class, name = "globalPooling"),
    @JsonSubTypes.Type(value = Layer.BatchNormalization.class, name = "batchNormalization"),
    @JsonSubTypes.Type(value = Layer.Dropout.class, name = "dropout"),
    @JsonSubTypes.Type(value = Layer.Embedding.class, name = "embedding"),
    @JsonSubTypes.Type(value = Layer.Lstm.class, name = "lstm"),
    @JsonSubTypes.Type(value = Layer.BidirectionalLstm.class, name = "bidirectionalLstm"),
    @JsonSubTypes.Type(value = Layer.Conv1d.class, name = "conv1d"),
    @JsonSubTypes.Type(value = Layer.LayerNormalization.class, name = "layerNormalization"),
    @JsonSubTypes.Type(value = Layer.Positions.class, name = "positions"),
    @JsonSubTypes.Type(value = Layer.Attention.class, name = "attention"),
    @JsonSubTypes.Type(value = Layer.Residual.class, name = "residual")
})
public sealed interface Layer {
    /**
     * Fully connected; of a sequence, each vector by itself.
     *
     * @param units number of outputs
     */
    record Dense(int units, String activation) implements Layer {}

    /**
     * Fully connected, with a loss; the last layer.
     *
     * @param units number of classes
     */
    record Output(int units, String activation, String loss) implements Layer {}

    /**
     * Convolution over height and width with a square kernel.
     *
     * @param filters number of output channels
     * @param kernelSize side of the kernel in pixels
     * @param stride step of the kernel in pixels
     * @param padding what happens at the edges
     */
    record Convolution(int filters, int kernelSize, int stride, Padding padding, String activation) implements Layer {}

    /**
     * The largest or mean value of each square.
     *
     * @param kernelSize side of the square in pixels
     * @param stride step of the square in pixels
     */
    record Pooling(PoolingType type, int kernelSize, int stride) implements Layer {}

    /** The largest or mean value over all of height and width, or over a sequence's time. */
    record GlobalPooling(PoolingType type) implements Layer {}

    /**
     * Batch normalization, Ioffe and Szegedy 2015 (arXiv:1502.03167).
     *
     * @param decay share of the running statistics that is kept at each step
     * @param epsilon added to the variance
     */
    record BatchNormalization(double decay, double epsilon) implements Layer {}

    /**
     * Dropout, Srivastava et al. 2014.
     *
     * @param rate share of the values that is dropped while training
     */
    record Dropout(double rate) implements Layer {}

    /**
     * A vector for each word of the vocabulary; the first layer, for sequences.
     *
     * @param units numbers in a vector
     */
    record Embedding(int units) implements Layer {}

    /**
     * Long short-term memory, Hochreiter and Schmidhuber 1997.
     *
     * @param units numbers in the state
     * @param returnSequences whether the output is that of every time step, or of the last one of each sample
     */
    record Lstm(int units, String activation, boolean returnSequences) implements Layer {}

    /**
     * Long short-term memory in both directions, Schuster and Paliwal 1997, side by side; the output is that of every
     * time step.
     *
     * @param units numbers in the state of each direction
     */
    record BidirectionalLstm(int units, String activation) implements Layer {}

    /**
     * Convolution over a sequence's time, with zeros at both ends, so that the sequence keeps its length.
     *
     * @param filters numbers in a vector of the output
     * @param kernelSize time steps that are taken in at once, an odd number
     */
    record Conv1d(int filters, int kernelSize, String activation) implements Layer {}

    /**
     * Layer normalization, Ba, Kiros and Hinton 2016 (arXiv:1607.06450).
     *
     * @param epsilon added to the variance
     */
    record LayerNormalization(double epsilon) implements Layer {}

    /** Adds to each vector of a sequence one that is learnt and stands for its place. */
    record Positions() implements Layer {}

    /**
     * Multi-head self-attention over a sequence, Vaswani et al. 2017 (arXiv:1706.03762), without biases.
     *
     * @param heads which share the vector's numbers equally
     */
    record Attention(int heads) implements Layer {}

    /**
     * Layers whose output is added to what they get, He et al. 2016 (arXiv:1512.03385).
     *
     * @param layers from input to output, which has the input's shape
     */
    record Residual(List<Layer> layers) implements Layer {}

    /** What a convolution does at the edges. */
    enum Padding {
        /** The kernel stays inside: the output is smaller. */
        VALID,
        /** Zeros around: the output has the input's size, divided by the stride. */
        SAME
    }

    /** How pooled values become one. */
    enum PoolingType {
        /** The largest. */
        MAX,
        /** The mean. */
        AVERAGE
    }
}
