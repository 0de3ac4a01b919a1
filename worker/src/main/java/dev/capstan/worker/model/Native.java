package dev.capstan.worker.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/** ND4J's native side: its threads and its memory. */
public final class Native {
    private Native() {}

    /**
     * Loads the native libraries and fixes the number of threads: {@code OMP_NUM_THREADS}, or 1 where it isn't set. One
     * is not timid: small layers run slower on two, and ten times slower on two that share their cores with others. The
     * number must be the same on every worker, since it decides the order in which sums are made.
     *
     * @param environment the process's environment
     * @return the number of threads
     * @throws IllegalStateException if the JVM was started without the flags of jvm.options
     */
    public static int load(Map<String, String> environment) {
        var wanted = environment.getOrDefault("OMP_NUM_THREADS", "1");
        int threads = wanted.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(wanted) : 1;
        Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
        if (!(Nd4j.getExecutioner() instanceof HoldingExecutioner)) {
            throw new IllegalStateException("ND4J runs without " + HoldingExecutioner.class.getName()
                    + ", and may crash at any time: start the JVM with @worker/jvm.options");
        }
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
        Nd4j.factory().blas().setMaxThreads(threads);
        return threads;
    }

    /**
     * The array's own memory, in native order: what is written into the one is in the other.
     *
     * @throws IllegalArgumentException if the array is a view, or longer than a buffer can be (2 GiB)
     */
    static ByteBuffer memory(INDArray array) {
        long bytes = array.length() * Float.BYTES;
        if (array.dataType() != DataType.FLOAT || array.offset() != 0 || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("no buffer can show this array: " + array.shapeInfoToString());
        }
        return array.data()
                .pointer()
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .limit((int) bytes);
    }
}
