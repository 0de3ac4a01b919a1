package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** Convolution over height and width with a square kernel. */
public class ConvolutionLayer extends Block {
    public static final int DEFAULT_STRIDE = 1;

    @JsonPropertyDescription("filters is the number of channels of the output.")
    @Required
    @Min(1)
    @Max(65536)
    private Integer filters;

    @JsonPropertyDescription("kernelSize is the side of the square kernel in pixels.")
    @Required
    @Min(1)
    @Max(4096)
    private Integer kernelSize;

    @JsonPropertyDescription("stride is the step of the kernel in pixels. Default: " + DEFAULT_STRIDE + ".")
    @Min(1)
    @Max(4096)
    private Integer stride;

    @JsonPropertyDescription(
            "padding says what happens at the edges. valid: the kernel stays inside, so that the output is smaller. same: zeros lie around, so that the output has the size of the input, divided by the stride. Default: valid.")
    private Padding padding;

    @JsonPropertyDescription("activation is the function that the outputs go through.")
    @Required
    private Activation activation;

    /** Channels of the output. */
    public Integer getFilters() {
        return filters;
    }

    public ConvolutionLayer setFilters(Integer filters) {
        this.filters = filters;
        return this;
    }

    /** Side of the kernel in pixels. */
    public Integer getKernelSize() {
        return kernelSize;
    }

    public ConvolutionLayer setKernelSize(Integer kernelSize) {
        this.kernelSize = kernelSize;
        return this;
    }

    /** Step of the kernel in pixels, or null. */
    public Integer getStride() {
        return stride;
    }

    public ConvolutionLayer setStride(Integer stride) {
        this.stride = stride;
        return this;
    }

    /** Step of the kernel in pixels. */
    public int stride() {
        return stride == null ? DEFAULT_STRIDE : stride;
    }

    /** What happens at the edges, or null. */
    public Padding getPadding() {
        return padding;
    }

    public ConvolutionLayer setPadding(Padding padding) {
        this.padding = padding;
        return this;
    }

    /** What happens at the edges. */
    public Padding padding() {
        return padding == null ? Padding.VALID : padding;
    }

    /** Activation function. */
    public Activation getActivation() {
        return activation;
    }

    public ConvolutionLayer setActivation(Activation activation) {
        this.activation = activation;
        return this;
    }
}
