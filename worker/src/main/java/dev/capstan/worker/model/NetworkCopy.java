package dev.capstan.worker.model;

import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What of a network changes in a step, at another place in memory: the network trains on, and this stays as it was. The
 * same memory serves for one copy after the other, since memory that is touched for the first time costs as much again.
 */
public final class NetworkCopy {
    private final INDArray parameters;
    private final INDArray updaterState;
    private String configuration;

    private NetworkCopy(INDArray parameters, INDArray updaterState) {
        this.parameters = parameters;
        this.updaterState = updaterState;
    }

    /** Memory for copies of a network; nothing is copied yet. */
    public static NetworkCopy roomFor(Network network) {
        return new NetworkCopy(room(network.parameters()), room(network.updaterState()));
    }

    private static INDArray room(INDArray of) {
        return of == null || of.length() == 0 ? null : Nd4j.create(DataType.FLOAT, of.shape(), of.ordering());
    }

    /** Copies the network as it is now. */
    public void take(Network network) {
        configuration = network.configuration();
        copy(network.parameters(), parameters);
        copy(network.updaterState(), updaterState);
    }

    private static void copy(INDArray from, INDArray to) {
        if (to != null) {
            Pointer.memcpy(to.data().addressPointer(), from.data().addressPointer(), to.length() * Float.BYTES);
        }
    }

    /** How much memory it takes. */
    public long bytes() {
        return bytes(parameters, updaterState);
    }

    /** How much memory a copy of that takes. */
    public static long bytes(Network network) {
        return bytes(network.parameters(), network.updaterState());
    }

    private static long bytes(INDArray parameters, INDArray updaterState) {
        return (parameters.length() + (updaterState == null ? 0 : updaterState.length())) * Float.BYTES;
    }

    /** The configuration in DL4J's own JSON, with step and epoch. */
    public String configuration() {
        return configuration;
    }

    /** All parameters, in a row. */
    public INDArray parameters() {
        return parameters;
    }

    /** What the optimizer remembers, in a row; null if it remembers nothing. */
    public INDArray updaterState() {
        return updaterState;
    }
}
