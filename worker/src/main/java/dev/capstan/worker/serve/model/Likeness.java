package dev.capstan.worker.serve.model;

import dev.capstan.worker.serve.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Whether two answers are the same but for rounding. */
final class Likeness {
    private Likeness() {}

    /**
     * @param rows that both must have along the first dimension
     * @param tolerance how far numbers may lie apart, as a share of the largest
     */
    static boolean of(Tensor one, Tensor other, int rows, double tolerance) {
        if (!Arrays.equals(one.shape(), other.shape()) || one.shape()[0] != rows) {
            return false;
        }
        return switch (one.type()) {
            case FP16, FP32, FP64 -> close(numbers(one), numbers(other), tolerance);
            case BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, BYTES ->
                one.data().equals(other.data());
        };
    }

    private static boolean close(double[] one, double[] other, double tolerance) {
        double largest =
                Arrays.stream(one).map(Math::abs).filter(Double::isFinite).max().orElse(0);
        for (int i = 0; i < one.length; i++) {
            boolean same = Double.compare(one[i], other[i]) == 0;
            // Not the other way round: what is no number is far from everything.
            if (!same && !(Math.abs(one[i] - other[i]) <= tolerance * largest)) {
                return false;
            }
        }
        return true;
    }

    private static double[] numbers(Tensor tensor) {
        ByteBuffer data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var numbers = new double[data.remaining() / tensor.type().size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = switch (tensor.type()) {
                case FP16 -> Float.float16ToFloat(data.getShort());
                case FP32 -> data.getFloat();
                default -> data.getDouble();
            };
        }
        return numbers;
    }
}
