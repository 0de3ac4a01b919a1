package dev.capstan.worker.model;

import org.nd4j.linalg.api.ndarray.INDArray;

/** A network that is tried out: closing this puts its parameters and its updater's state back as they were. */
public final class Untouched implements AutoCloseable {
    private final INDArray[] arrays;
    private final INDArray[] copies;

    /** Copies both. */
    public Untouched(Network network) {
        arrays = network.updaterState() == null
                ? new INDArray[] {network.parameters()}
                : new INDArray[] {network.parameters(), network.updaterState()};
        copies = new INDArray[arrays.length];
        for (int i = 0; i < arrays.length; i++) {
            copies[i] = arrays[i].dup();
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < arrays.length; i++) {
            arrays[i].assign(copies[i]);
            copies[i].close();
        }
    }
}
