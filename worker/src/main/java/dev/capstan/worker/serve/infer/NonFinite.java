package dev.capstan.worker.serve.infer;

import dev.capstan.worker.serve.Tensor;
import java.nio.ByteOrder;

/** Counts numbers that aren't: NaN and infinities. */
final class NonFinite {
    private static final int FP16_EXPONENT = 0x7c00;

    private NonFinite() {}

    static long count(Tensor tensor) {
        var data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        long found = 0;
        switch (tensor.type()) {
            case FP32 -> {
                for (var floats = data.asFloatBuffer(); floats.hasRemaining(); ) {
                    found += Float.isFinite(floats.get()) ? 0 : 1;
                }
            }
            case FP64 -> {
                for (var doubles = data.asDoubleBuffer(); doubles.hasRemaining(); ) {
                    found += Double.isFinite(doubles.get()) ? 0 : 1;
                }
            }
            case FP16 -> {
                for (var shorts = data.asShortBuffer(); shorts.hasRemaining(); ) {
                    found += (shorts.get() & FP16_EXPONENT) == FP16_EXPONENT ? 1 : 0;
                }
            }
            case BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, BYTES -> {}
        }
        return found;
    }
}
