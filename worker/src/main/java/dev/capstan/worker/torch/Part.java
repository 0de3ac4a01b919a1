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
}
