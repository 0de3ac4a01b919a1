package dev.capstan.worker.compress.quantize;

/**
 * A map between real numbers and integers of 8 bits: real = scale × (integer − zero point), and back by rounding to the
 * nearest, ties to even, and clamping, as ONNX' QuantizeLinear does. After Jacob et al. 2018, "Quantization and
 * Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", section 2.1. Zero is always met
 * exactly, so that padding and dead units stay what they are.
 *
 * @param scale the size of a step; a normal, finite number above 0
 * @param zeroPoint the integer for 0
 * @param lowest of the integers
 * @param highest of the integers
 */
record Affine(float scale, int zeroPoint, int lowest, int highest) {
    /**
     * The map that spreads a range, widened to hold 0, over all integers.
     *
     * @param min the least number that must be met
     * @param max the greatest
     */
    static Affine asymmetric(double min, double max, int lowest, int highest) {
        double low = Math.min(min, 0);
        double high = Math.max(max, 0);
        int steps = highest - lowest;
        float scale = scale(high - low, steps);
        long zero = Math.round(lowest - low / scale);
        int zeroPoint = (int) Math.clamp(zero, lowest, highest);
        // The range must not reach beyond a bound that the operator before has, such as Clip's 6: the runtime leaves
        // the
        // operator out only if the integers alone keep within it.
        while (zeroPoint == lowest && scale > Float.MIN_NORMAL && scale * steps > (float) high && high > 0) {
            scale = Math.nextDown(scale);
        }
        return new Affine(scale, zeroPoint, lowest, highest);
    }

    /**
     * The map around 0: its zero point is 0.
     *
     * @param largest the largest absolute value that must be met
     * @param highest of the integers; the lowest is its negative
     */
    static Affine symmetric(double largest, int highest) {
        return new Affine(scale(largest, highest), 0, -highest, highest);
    }

    /** The same numbers by unsigned integers: each is 128 more. */
    Affine unsigned() {
        return new Affine(scale, zeroPoint + 128, 0, 255);
    }

    /** A normal, finite number, as near as a file may hold; of a range of nothing but 0 as if it reached 1. */
    private static float scale(double range, int steps) {
        return (float) Math.clamp((range == 0 ? 1 : range) / steps, Float.MIN_NORMAL, Float.MAX_VALUE);
    }

    int quantize(float real) {
        return (int) Math.clamp((long) Math.rint(real / scale) + zeroPoint, lowest, highest);
    }

    float dequantize(int integer) {
        return (integer - zeroPoint) * scale;
    }
}
