package dev.capstan.worker.compress.quantize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many of int8's values weights use. On x86 CPUs without VNNI, ONNX Runtime multiplies activations (unsigned) by
 * weights (signed) with {@code vpmaddubsw}, which adds two products into 16 bits and saturates: 2 × 255 × 127 is
 * 64,770, but no more than 32,767 fits, and the sum is silently wrong. Weights from -64 to 64 make at most 32,640.
 */
public enum WeightRange {
    /** -127 to 127: for CPUs with AVX-VNNI or AVX512-VNNI, for Arm, and for GPUs. */
    FULL(127),
    /** -64 to 64, 7 bits: right on every CPU, with half the precision. */
    REDUCED(64),
    /** What the CPU of this process needs; the artifact then suits others with VNNI only if this one has it. */
    AUTO(0);

    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private final int highest;

    WeightRange(int highest) {
        this.highest = highest;
    }

    /** This range, {@link #AUTO} decided by the CPU. */
    public WeightRange resolved() {
        return switch (this) {
            case FULL, REDUCED -> this;
            case AUTO -> {
                try {
                    yield of(System.getProperty("os.arch"), Files.readString(CPUINFO));
                } catch (IOException e) {
                    yield of(System.getProperty("os.arch"), "");
                }
            }
        };
    }

    /**
     * What a CPU needs.
     *
     * @param architecture as Java names it
     * @param cpuinfo what Linux says of it in /proc/cpuinfo
     */
    static WeightRange of(String architecture, String cpuinfo) {
        boolean x86 = architecture.equals("amd64") || architecture.equals("x86_64");
        return !x86 || vnni(cpuinfo) ? FULL : REDUCED;
    }

    private static boolean vnni(String cpuinfo) {
        return cpuinfo.lines()
                .filter(line -> line.startsWith("flags"))
                .anyMatch(line -> line.matches(".*\\bavx(512)?_vnni\\b.*"));
    }

    /** The largest absolute value; not of {@link #AUTO}. */
    int highest() {
        return highest;
    }
}
