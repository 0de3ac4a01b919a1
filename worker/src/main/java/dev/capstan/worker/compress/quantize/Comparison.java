package dev.capstan.worker.compress.quantize;

import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.Arrays;
import java.util.Map;
import onnx.Onnx.ModelProto;

/**
 * How a model's outputs differ from another's on the same data.
 *
 * @param error root mean square of the differences, in relation to that of the reference's outputs
 * @param largest absolute difference
 */
public record Comparison(double error, double largest) {
    /**
     * Runs both models.
     *
     * @param batches inputs by name
     * @throws IllegalArgumentException if a model can't be run, if an output isn't finite where the reference's is, or
     *     if the outputs have other shapes
     */
    public static Comparison of(ModelProto reference, ModelProto model, Iterable<Map<String, Tensor>> batches) {
        double squares = 0;
        double differences = 0;
        double largest = 0;
        try (var one = Twin.withFloatOutputs(reference);
                var other = Twin.withFloatOutputs(model)) {
            for (var batch : batches) {
                var expected = one.run(batch).sequencedEntrySet().iterator();
                for (var found : other.run(batch).entrySet()) {
                    var wanted = expected.next();
                    if (!Arrays.equals(
                            wanted.getValue().shape(), found.getValue().shape())) {
                        throw new IllegalArgumentException(
                                "output " + found.getKey() + " of the quantized model has the shape "
                                        + Arrays.toString(found.getValue().shape()) + ", the float model's "
                                        + Arrays.toString(wanted.getValue().shape()));
                    }
                    var values = found.getValue().values();
                    for (int each = 0; each < values.length; each++) {
                        double right = wanted.getValue().values()[each];
                        double difference = Math.abs(values[each] - right);
                        if (Double.isFinite(right) && !Double.isFinite(difference)) {
                            throw new IllegalArgumentException(
                                    "output " + found.getKey() + " of the quantized model is " + values[each]
                                            + ", where the float model's is " + right);
                        }
                        if (Double.isFinite(right)) {
                            squares += right * right;
                            differences += difference * difference;
                            largest = Math.max(largest, difference);
                        }
                    }
                }
            }
        }
        double error = differences == 0 ? 0 : Math.sqrt(differences / squares);
        return new Comparison(error, largest);
    }
}
