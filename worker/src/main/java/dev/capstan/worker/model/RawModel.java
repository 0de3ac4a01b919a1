package dev.capstan.worker.model;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network's parameters and updater state as they lie in memory, for a peer on a machine of the same kind: as fast as
 * memory and connection are, and in their place as they arrive.
 */
public final class RawModel {
    private static final int BLOCK = 1 << 16;

    private RawModel() {}

    /** Writes them; leaves the stream open. */
    public static void write(Network network, OutputStream target) throws IOException {
        var fields = new DataOutputStream(target);
        write(network.parameters(), fields);
        write(network.updaterState(), fields);
        fields.flush();
    }

    private static void write(INDArray array, DataOutputStream target) throws IOException {
        long length = array == null ? 0 : array.length();
        target.writeLong(length);
        if (length > 0) {
            var memory = Native.memory(array);
            var block = new byte[BLOCK];
            while (memory.hasRemaining()) {
                int count = Math.min(BLOCK, memory.remaining());
                memory.get(block, 0, count);
                target.write(block, 0, count);
            }
        }
    }

    /**
     * Reads them into a network of the same configuration.
     *
     * @throws IOException if they are of another
     */
    public static void read(InputStream source, Network network) throws IOException {
        var fields = new DataInputStream(source);
        read("parameters", fields, network.parameters());
        read("numbers in the updater's state", fields, network.updaterState());
    }

    private static void read(String what, DataInputStream source, INDArray array) throws IOException {
        long length = source.readLong();
        long mine = array == null ? 0 : array.length();
        if (length != mine) {
            throw new IOException("it has " + length + " " + what + ", this model has " + mine);
        }
        if (length > 0) {
            var memory = Native.memory(array);
            var block = new byte[BLOCK];
            while (memory.hasRemaining()) {
                int count = Math.min(BLOCK, memory.remaining());
                source.readFully(block, 0, count);
                memory.put(block, 0, count);
            }
        }
    }
}
