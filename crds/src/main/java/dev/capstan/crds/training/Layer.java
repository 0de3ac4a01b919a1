package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.ValidationRule;

/** One layer: exactly one of its choices is set. */
@ValidationRule(
        value =
                "[has(self.dense), has(self.convolution), has(self.conv1d), has(self.pooling), has(self.globalPooling), has(self.batchNormalization), has(self.layerNormalization), has(self.dropout), has(self.embedding), has(self.positions), has(self.attention), has(self.lstm), has(self.residual), has(self.output)].exists_one(set, set)",
        message =
                "a layer needs exactly one of: dense, convolution, conv1d, pooling, globalPooling, batchNormalization, layerNormalization, dropout, embedding, positions, attention, lstm, residual, output")
public class Layer extends Block {
    @JsonPropertyDescription("dense is a fully connected layer; of a sequence, it goes over each vector by itself.")
    private DenseLayer dense;

    @JsonPropertyDescription(
            "convolution is a convolution over height and width with a square kernel; only with images, which are format images or idx.")
    private ConvolutionLayer convolution;

    @JsonPropertyDescription(
            "pooling takes the largest or mean value of each square of an image; only with format images or idx.")
    private PoolingLayer pooling;

    @JsonPropertyDescription(
            "globalPooling takes the largest or mean value over all of an image or all of a sequence; only with format images, idx or text.")
    private GlobalPoolingLayer globalPooling;

    @JsonPropertyDescription(
            "batchNormalization brings the values of each channel to mean 0 and variance 1 and learns a scale and an offset (arXiv:1502.03167). An empty object takes all of its defaults.")
    private BatchNormalizationLayer batchNormalization;

    @JsonPropertyDescription(
            "dropout sets a share of the values to 0 while training and none afterwards (Srivastava et al. 2014).")
    private DropoutLayer dropout;

    @JsonPropertyDescription(
            "embedding makes a vector of each word; the first layer, and only with format text and encoding sequence.")
    private EmbeddingLayer embedding;

    @JsonPropertyDescription(
            "lstm is long short-term memory (Hochreiter and Schmidhuber 1997); only with format text and encoding sequence.")
    private LstmLayer lstm;

    @JsonPropertyDescription(
            "conv1d is a convolution over the words of a sequence; only with format text and encoding sequence.")
    private Conv1dLayer conv1d;

    @JsonPropertyDescription(
            "layerNormalization brings the numbers of each sample, or of each vector of a sequence, to mean 0 and variance 1 and learns a scale and an offset (arXiv:1607.06450). An empty object takes all of its defaults.")
    private LayerNormalizationLayer layerNormalization;

    @JsonPropertyDescription(
            "positions adds to each vector of a sequence one that is learnt and stands for its place: attention does not know the order by itself. An empty object is all it takes; only with format text and encoding sequence. Default: places aren't told apart.")
    private PositionsLayer positions;

    @JsonPropertyDescription(
            "attention is multi-head self-attention without biases (arXiv:1706.03762): each vector of a sequence becomes a mixture of all; only with format text and encoding sequence.")
    private AttentionLayer attention;

    @JsonPropertyDescription("residual is a block of layers whose output is added to what it gets (arXiv:1512.03385).")
    private ResidualLayer residual;

    @JsonPropertyDescription("output is the fully connected last layer, with a loss.")
    private OutputLayer output;

    /** A fully connected layer, or null. */
    public DenseLayer getDense() {
        return dense;
    }

    public Layer setDense(DenseLayer dense) {
        this.dense = dense;
        return this;
    }

    /** A convolution, or null. */
    public ConvolutionLayer getConvolution() {
        return convolution;
    }

    public Layer setConvolution(ConvolutionLayer convolution) {
        this.convolution = convolution;
        return this;
    }

    /** The largest or mean value of each square, or null. */
    public PoolingLayer getPooling() {
        return pooling;
    }

    public Layer setPooling(PoolingLayer pooling) {
        this.pooling = pooling;
        return this;
    }

    /** The largest or mean value over all, or null. */
    public GlobalPoolingLayer getGlobalPooling() {
        return globalPooling;
    }

    public Layer setGlobalPooling(GlobalPoolingLayer globalPooling) {
        this.globalPooling = globalPooling;
        return this;
    }

    /** Batch normalization, or null. */
    public BatchNormalizationLayer getBatchNormalization() {
        return batchNormalization;
    }

    public Layer setBatchNormalization(BatchNormalizationLayer batchNormalization) {
        this.batchNormalization = batchNormalization;
        return this;
    }

    /** Dropout, or null. */
    public DropoutLayer getDropout() {
        return dropout;
    }

    public Layer setDropout(DropoutLayer dropout) {
        this.dropout = dropout;
        return this;
    }

    /** A vector for each word, or null. */
    public EmbeddingLayer getEmbedding() {
        return embedding;
    }

    public Layer setEmbedding(EmbeddingLayer embedding) {
        this.embedding = embedding;
        return this;
    }

    /** Long short-term memory, or null. */
    public LstmLayer getLstm() {
        return lstm;
    }

    public Layer setLstm(LstmLayer lstm) {
        this.lstm = lstm;
        return this;
    }

    /** A convolution over words, or null. */
    public Conv1dLayer getConv1d() {
        return conv1d;
    }

    public Layer setConv1d(Conv1dLayer conv1d) {
        this.conv1d = conv1d;
        return this;
    }

    /** Layer normalization, or null. */
    public LayerNormalizationLayer getLayerNormalization() {
        return layerNormalization;
    }

    public Layer setLayerNormalization(LayerNormalizationLayer layerNormalization) {
        this.layerNormalization = layerNormalization;
        return this;
    }

    /** A vector for each place, or null. */
    public PositionsLayer getPositions() {
        return positions;
    }

    public Layer setPositions(PositionsLayer positions) {
        this.positions = positions;
        return this;
    }

    /** Self-attention, or null. */
    public AttentionLayer getAttention() {
        return attention;
    }

    public Layer setAttention(AttentionLayer attention) {
        this.attention = attention;
        return this;
    }

    /** A block whose input is added, or null. */
    public ResidualLayer getResidual() {
        return residual;
    }

    public Layer setResidual(ResidualLayer residual) {
        this.residual = residual;
        return this;
    }

    /** The last layer, or null. */
    public OutputLayer getOutput() {
        return output;
    }

    public Layer setOutput(OutputLayer output) {
        this.output = output;
        return this;
    }
}
