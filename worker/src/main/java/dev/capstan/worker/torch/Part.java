package dev.capstan.worker.torch;

import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * One of the steps that LibTorch computes a network by, as DL4J's configuration describes it; none of it knows
 * LibTorch. Samples come as rows, images are channels first, and sequences are samples by time by width.
 */
sealed interface Part {
    /** Rows become images. */
    record Images(int channels, int height, int width) implements Part {}

    /** Images become rows. */
    record Rows() implements Part {}

    /**
     * What a layer with inverted dropout does to what it gets.
     *
     * @param retained the share that is kept
     */
    record Dropped(double retained) implements Part {}

    /**
     * Fully connected.
     *
     * @param layer its place in DL4J's network; likewise in all others
     */
    record Dense(int layer, boolean biased, Function function) implements Part {}

    /** Fully connected, with what is made of its answers. */
    record Output(int layer, boolean biased, Function function, ILossFunction loss) implements Part {}

    /**
     * Over height and width.
     *
     * @param padding zeros at every edge; null for as many as keep the size, divided by the stride
     */
    record Convolution(
            int layer, boolean biased, int[] kernel, int[] stride, int[] dilation, int[] padding, Function function)
            implements Part {}

    /** The largest or mean value of each window. */
    record Pooling(boolean largest, int[] kernel, int[] stride) implements Part {}

    /** The largest or mean value over height and width, or over a sample's time. */
    record GlobalPooling(boolean largest) implements Part {}

    /**
     * Batch normalization, of which DL4J keeps the running variance itself.
     *
     * @param decay share of the running statistics that is kept at each step
     */
    record Normalization(int layer, double decay, double epsilon) implements Part {}

    /** A vector for each word. */
    record Embedding(int layer) implements Part {}

    /**
     * Long short-term memory.
     *
     * @param last whether it answers with a sample's last time step alone
     */
    record Lstm(int layer, int units, boolean last) implements Part {}

    /**
     * Long short-term memory in both directions, side by side, of every time step.
     *
     * @param units of each direction
     */
    record Bidirectional(int layer, int units) implements Part {}

    /** Over time, with zeros at both ends, so that a sequence keeps its length. */
    record OverTime(int layer, boolean biased, int kernel, Function function) implements Part {}

    /** Of the numbers of a sample or of a time step. */
    record LayerNormalization(int layer, double epsilon) implements Part {}

    /** Adds a vector for each place in a sequence. */
    record Positions(int layer) implements Part {}

    /** Multi-head self-attention over a sequence. */
    record Attention(int layer, int heads) implements Part {}

    /** What comes here is kept. */
    record Kept() implements Part {}

    /** What was kept last is added. */
    record Added() implements Part {}
}
