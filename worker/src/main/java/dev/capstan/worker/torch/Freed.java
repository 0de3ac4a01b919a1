package dev.capstan.worker.torch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Memory that was freed stays the process's. A step frees what the next one needs again: given back to the system in
 * between, it comes as pages that are cleared and mapped anew, which takes a third of a small convolution's step.
 */
final class Freed {
    /** Parameters of glibc's {@code mallopt}: free memory at the top, and blocks, from which on they are given back. */
    private static final int TRIM_THRESHOLD = -1;

    private static final int MMAP_THRESHOLD = -3;
    private static final int NEVER = 1 << 30;
    /** Older versions of glibc refuse more. */
    private static final int LARGEST = 32 << 20;

    private Freed() {}

    /** Has it kept; another C library than glibc does as it likes. */
    static void keep() {
        Linker.nativeLinker().defaultLookup().find("mallopt").ifPresent(symbol -> {
            if (set(symbol, MMAP_THRESHOLD, NEVER) == 0) {
                set(symbol, MMAP_THRESHOLD, LARGEST);
            }
            set(symbol, TRIM_THRESHOLD, NEVER);
        });
    }

    private static int set(MemorySegment mallopt, int parameter, int value) {
        var integer = ValueLayout.JAVA_INT;
        try {
            return (int) Linker.nativeLinker()
                    .downcallHandle(mallopt, FunctionDescriptor.of(integer, integer, integer))
                    .invokeExact(parameter, value);
        } catch (Throwable e) {
            throw new IllegalStateException("mallopt(" + parameter + ", " + value + ") failed", e);
        }
    }
}
