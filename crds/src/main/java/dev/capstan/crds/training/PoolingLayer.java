package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** The largest or mean value of each square. */
public class PoolingLayer extends Block {
    @JsonPropertyDescription("type says which value stands for a square. max: the largest. average: the mean.")
    @Required
    private PoolingType type;

    @JsonPropertyDescription("kernelSize is the side of the square in pixels.")
    @Required
    @Min(1)
    @Max(4096)
    private Integer kernelSize;

    @JsonPropertyDescription(
            "stride is the step of the square in pixels. Default: kernelSize, so that the squares lie side by side.")
    @Min(1)
    @Max(4096)
    private Integer stride;

    /** Which value stands for a square. */
    public PoolingType getType() {
        return type;
    }

    public PoolingLayer setType(PoolingType type) {
        this.type = type;
        return this;
    }

    /** Side of the square in pixels. */
    public Integer getKernelSize() {
        return kernelSize;
    }

    public PoolingLayer setKernelSize(Integer kernelSize) {
        this.kernelSize = kernelSize;
        return this;
    }

    /** Step of the square in pixels, or null. */
    public Integer getStride() {
        return stride;
    }

    public PoolingLayer setStride(Integer stride) {
        this.stride = stride;
        return this;
    }

    /** Step of the square in pixels; the side of the square where the field is absent. */
    public int stride() {
        return stride == null ? kernelSize : stride;
    }
}
