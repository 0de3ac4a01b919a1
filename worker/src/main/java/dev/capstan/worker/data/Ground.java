package dev.capstan.worker.data;

/** What lies behind what images show, as far as all training images have had the same. */
public enum Ground {
    /** Black, as behind MNIST's digits. */
    DARK,
    /** White, as of scanned paper. */
    BRIGHT,
    /** One or the other, or nothing that could be told from the rest. */
    EITHER
}
