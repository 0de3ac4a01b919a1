package dev.capstan.worker.compress.quantize;

/** How the range of an activation follows from what calibration data made it. */
public sealed interface Calibration {
    /**
     * From the least to the greatest value: Jacob et al. 2018, section 3. Nothing is cut off, so one outlier costs
     * steps.
     */
    record MinMax() implements Calibration {}

    /**
     * What covers a share of the absolute values: Wu et al. 2020, "Integer Quantization for Deep Learning Inference".
     *
     * @param percent of the values, above 50 and at most 100
     */
    record Percentile(double percent) implements Calibration {
        public Percentile {
            if (!(percent > 50 && percent <= 100)) {
                throw new IllegalArgumentException("calibration by percentile " + percent
                        + ": it must be above 50 and at most 100, such as 99.99");
            }
        }
    }

    /**
     * The range whose quantized distribution tells most of the real one, by the Kullback-Leibler divergence: Migacz
     * 2017, "8-bit Inference with TensorRT". A tensor of which fewer than some thousand values were seen keeps its
     * whole range.
     */
    record Entropy() implements Calibration {}
}
