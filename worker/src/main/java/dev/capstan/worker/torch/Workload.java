package dev.capstan.worker.torch;

import java.util.Arrays;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How much a training computes.
 *
 * @param parts of the network: a step calls each
 * @param calls the same, with those of LSTMs' time steps
 * @param parameters that a step updates
 * @param dense multiplications of one sample's way through layers of this kind
 * @param convolution the same of these
 * @param lstm and of these
 */
record Workload(int parts, int calls, long parameters, double dense, double convolution, double lstm) {
    /** Seconds. LibTorch's start takes 2 to 3 of them; an estimate may be off by half. */
    static final double WORTH_A_START = 6;

    /**
     * Seconds of a core that LibTorch takes less than DL4J, of what {@code ./capstan bench training} tells, on the safe
     * side.
     */
    private static final double SAVED_BY_PART = 0.15e-3;

    /** With Adam, in one pass over them. */
    private static final double SAVED_BY_PARAMETER = 3e-9;

    /** For a multiplication, which stands for one forward and two backward. */
    private static final double SAVED_BY_DENSE = 0.08e-9;

    private static final double SAVED_BY_CONVOLUTION = 0.08e-9;
    private static final double SAVED_BY_LSTM = 1.5e-9;

    /** Threads are worth their processors if they make a step so many times as fast. */
    private static final double GAIN = 1.2;

    /** What a step of LibTorch's takes: calls of a part, there and back. */
    private static final double A_CALL = 25e-6;

    /** Of each time step of an LSTM. */
    private static final int CALLS_OF_LSTM = 3;

    /** Forward and twice backward. */
    private static final double A_MULTIPLICATION = 0.1e-9;

    private static final double A_MULTIPLICATION_OF_LSTM = 0.13e-9;
    private static final double UPDATED_PARAMETER = 1e-9;
    /** Until all threads have begun, and ended. */
    private static final double TOGETHER = 50e-6;

    /** Of a gradient more, which is cleared, written and added. */
    private static final double ADDED_PARAMETER = 2.5e-9;

    /** @param inputs numbers in a sample */
    static Workload of(Plan plan, Layer[] network, int inputs) {
        double dense = 0;
        double convolution = 0;
        double lstm = 0;
        int calls = plan.parts().size();
        int height = 0;
        int width = 0;
        for (var part : plan.parts()) {
            switch (part) {
                case Part.Images(var channels, var rows, var columns) -> {
                    height = rows;
                    width = columns;
                }
                case Part.Dense(var layer, var biased, var function) -> {
                    dense += weights(network, layer);
                }
                case Part.Output(var layer, var biased, var function, var loss) -> {
                    dense += weights(network, layer);
                }
                case Part.Convolution it -> {
                    height = size(height, it, 0);
                    width = size(width, it, 1);
                    convolution += weights(network, it.layer()) * height * width;
                }
                case Part.Pooling(var largest, var kernel, var stride) -> {
                    height = (height - kernel[0]) / stride[0] + 1;
                    width = (width - kernel[1]) / stride[1] + 1;
                }
                case Part.Lstm(var layer, var units, var last) -> {
                    lstm += weights(network, layer) * inputs;
                    calls += CALLS_OF_LSTM * inputs;
                }
                case Part.Bidirectional(var layer, var units) -> {
                    lstm += weights(network, layer) * inputs;
                    calls += 2 * CALLS_OF_LSTM * inputs;
                }
                case Part.OverTime window -> {
                    dense += weights(network, window.layer()) * inputs;
                }
                case Part.Attention(var layer, var heads) -> {
                    double weights = network[layer].numParams();
                    // The weights are four squares; then all looks at all, twice.
                    dense += (weights + Math.sqrt(weights) * inputs) * inputs;
                }
                case Part.LayerNormalization normalization -> {}
                case Part.Positions positions -> {}
                case Part.Kept kept -> {}
                case Part.Added added -> {}
                case Part.Normalization normalization -> {}
                case Part.GlobalPooling pooling -> {}
                case Part.Embedding embedding -> {}
                case Part.Dropped dropped -> {}
                case Part.Rows rows -> {}
            }
        }
        long parameters = Arrays.stream(network).mapToLong(Layer::numParams).sum();
        return new Workload(plan.parts().size(), calls, parameters, dense, convolution, lstm);
    }

    private static double weights(Layer[] network, int layer) {
        Map<String, INDArray> all = network[layer].paramTable();
        return all.entrySet().stream()
                .filter(each -> each.getKey().endsWith("W"))
                .mapToDouble(each -> each.getValue().length())
                .sum();
    }

    private static int size(int before, Part.Convolution part, int axis) {
        if (part.padding() == null) {
            return Math.ceilDiv(before, part.stride()[axis]);
        }
        int window = (part.kernel()[axis] - 1) * part.dilation()[axis] + 1;
        return (before + 2 * part.padding()[axis] - window) / part.stride()[axis] + 1;
    }

    /**
     * Seconds of one core that LibTorch takes less than DL4J for the whole training, its start left out.
     *
     * @param samples in an epoch
     * @param batch samples in a step
     */
    double saved(long samples, int batch, int epochs) {
        double steps = Math.ceilDiv(samples, batch) * (double) epochs;
        return steps * (SAVED_BY_PART * parts + SAVED_BY_PARAMETER * parameters)
                + (double) samples
                        * epochs
                        * (SAVED_BY_DENSE * dense + SAVED_BY_CONVOLUTION * convolution + SAVED_BY_LSTM * lstm);
    }

    /**
     * How many threads to share a step out to: where they make it a fifth faster at least, those that make it fastest.
     *
     * @param rows samples of the step
     * @param cores the most that there may be
     */
    int threads(int rows, int cores) {
        int best = 1;
        for (int threads = 2; threads <= Math.min(cores, rows); threads++) {
            best = seconds(rows, threads) < seconds(rows, best) ? threads : best;
        }
        return GAIN * seconds(rows, best) <= seconds(rows, 1) ? best : 1;
    }

    /** Of a step of LibTorch's, as the slowest of so many threads takes it. */
    private double seconds(int rows, int threads) {
        double computed = Math.ceilDiv(rows, threads)
                * (A_MULTIPLICATION * (dense + convolution) + A_MULTIPLICATION_OF_LSTM * lstm);
        double together = threads == 1 ? 0 : TOGETHER + ADDED_PARAMETER * parameters;
        return A_CALL * calls + computed + UPDATED_PARAMETER * parameters / threads + together;
    }
}
