package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.ValidationRule;

/** One layer within a residual block: exactly one of its choices is set. */
@ValidationRule(
        value =
                "[has(self.dense), has(self.convolution), has(self.conv1d), has(self.batchNormalization), has(self.layerNormalization), has(self.dropout), has(self.attention), has(self.lstm)].exists_one(set, set)",
        message =
                "a layer of a residual needs exactly one of: dense, convolution, conv1d, batchNormalization, layerNormalization, dropout, attention, lstm")
public class BlockLayer extends Block {
    @JsonPropertyDescription("dense is a fully connected layer; of a sequence, it goes over each vector by itself.")
    private DenseLayer dense;

    @JsonPropertyDescription(
            "convolution is a convolution over height and width with a square kernel; only with images, which are format images or idx.")
    private ConvolutionLayer convolution;

    @JsonPropertyDescription(
            "conv1d is a convolution over the words of a sequence; only with format text and encoding sequence.")
    private Conv1dLayer conv1d;

    @JsonPropertyDescription(
            "batchNormalization brings the values of each channel to mean 0 and variance 1 and learns a scale and an offset (arXiv:1502.03167). An empty object takes all of its defaults.")
    private BatchNormalizationLayer batchNormalization;

    @JsonPropertyDescription(
            "layerNormalization brings the numbers of each sample, or of each vector of a sequence, to mean 0 and variance 1 and learns a scale and an offset (arXiv:1607.06450). An empty object takes all of its defaults.")
    private LayerNormalizationLayer layerNormalization;

    @JsonPropertyDescription(
            "dropout sets a share of the values to 0 while training and none afterwards (Srivastava et al. 2014).")
    private DropoutLayer dropout;

    @JsonPropertyDescription(
            "attention is multi-head self-attention without biases (arXiv:1706.03762): each vector of a sequence becomes a mixture of all; only with format text and encoding sequence.")
    private AttentionLayer attention;

    @JsonPropertyDescription(
            "lstm is long short-term memory (Hochreiter and Schmidhuber 1997); only with format text and encoding sequence.")
    private LstmLayer lstm;

    /** A fully connected layer, or null. */
    public DenseLayer getDense() {
        return dense;
    }

    public BlockLayer setDense(DenseLayer dense) {
        this.dense = dense;
        return this;
    }

    /** A convolution, or null. */
    public ConvolutionLayer getConvolution() {
        return convolution;
    }

    public BlockLayer setConvolution(ConvolutionLayer convolution) {
        this.convolution = convolution;
        return this;
    }

    /** A convolution over words, or null. */
    public Conv1dLayer getConv1d() {
        return conv1d;
    }

    public BlockLayer setConv1d(Conv1dLayer conv1d) {
        this.conv1d = conv1d;
        return this;
    }

    /** Batch normalization, or null. */
    public BatchNormalizationLayer getBatchNormalization() {
        return batchNormalization;
    }

    public BlockLayer setBatchNormalization(BatchNormalizationLayer batchNormalization) {
        this.batchNormalization = batchNormalization;
        return this;
    }

    /** Layer normalization, or null. */
    public LayerNormalizationLayer getLayerNormalization() {
        return layerNormalization;
    }

    public BlockLayer setLayerNormalization(LayerNormalizationLayer layerNormalization) {
        this.layerNormalization = layerNormalization;
        return this;
    }

    /** Dropout, or null. */
    public DropoutLayer getDropout() {
        return dropout;
    }

    public BlockLayer setDropout(DropoutLayer dropout) {
        this.dropout = dropout;
        return this;
    }

    /** Self-attention, or null. */
    public AttentionLayer getAttention() {
        return attention;
    }

    public BlockLayer setAttention(AttentionLayer attention) {
        this.attention = attention;
        return this;
    }

    /** Long short-term memory, or null. */
    public LstmLayer getLstm() {
        return lstm;
    }

    public BlockLayer setLstm(LstmLayer lstm) {
        this.lstm = lstm;
        return this;
    }
}
