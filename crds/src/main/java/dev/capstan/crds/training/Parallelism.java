package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;

/** How the work is divided among the workers. */
public class Parallelism extends Block {
    @JsonPropertyDescription(
            "strategy is the way to divide the work. DataParallel: every worker holds the whole model and takes its share of each batch. Default: DataParallel.")
    private Strategy strategy;

    @JsonPropertyDescription(
            "frames is how what workers send each other is protected. Encrypted: by AES-GCM, and what is changed on the way is refused. Plain: not at all, which is faster, for networks that nobody else is in; workers prove to each other that they belong to the job in either case. Default: Encrypted.")
    private Frames frames;

    @JsonPropertyDescription(
            "gradients is what gradients are rounded to before they are sent: fp32, which is not at all, or bf16, which halves what is sent and leaves 8 bits of precision. Default: fp32.")
    private Gradients gradients;

    /** The way to divide the work, or null. */
    public Strategy getStrategy() {
        return strategy;
    }

    public Parallelism setStrategy(Strategy strategy) {
        this.strategy = strategy;
        return this;
    }

    /** The way to divide the work. */
    public Strategy strategy() {
        return strategy == null ? Strategy.DATA_PARALLEL : strategy;
    }

    /** How what workers send is protected, or null. */
    public Frames getFrames() {
        return frames;
    }

    public Parallelism setFrames(Frames frames) {
        this.frames = frames;
        return this;
    }

    /** How what workers send is protected. */
    public Frames frames() {
        return frames == null ? Frames.ENCRYPTED : frames;
    }

    /** What gradients are rounded to before they are sent, or null. */
    public Gradients getGradients() {
        return gradients;
    }

    public Parallelism setGradients(Gradients gradients) {
        this.gradients = gradients;
        return this;
    }

    /** What gradients are rounded to before they are sent. */
    public Gradients gradients() {
        return gradients == null ? Gradients.FP32 : gradients;
    }
}
