package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.Progress;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.storage.Volume;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A whole checkpoint, each of whose files has the digest that it was written with.
 *
 * @param folder where it lies
 * @param state where the training stands
 * @param shown as the operator tells of it
 */
public record Checkpoint(Path folder, State state, Progress.Checkpoint shown) {
    static final String MODEL = "model.zip";
    static final String STATE = "state.json";
    static final String PREPROCESSING = "preprocessing.json";
    static final String BEST = "best.bin";
    static final String CONTENTS = "manifest.json";

    /** Takes the kept parameters, updater state and counts up into a network of the same recipe. */
    public void restore(Network network) throws IOException {
        ModelArchive.read(folder.resolve(MODEL), network);
        network.resume((int) state.step(), state.epoch());
    }

    /** The best epoch's parameters; null if they weren't kept. */
    public INDArray best() throws IOException {
        var file = folder.resolve(BEST);
        if (!Volume.exists(file)) {
            return null;
        }
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
            return Nd4j.read(in);
        }
    }
}
