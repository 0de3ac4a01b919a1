package dev.capstan.worker.artifact;

import dev.capstan.protocol.Json;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.Network;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network as an archive that DL4J's {@code ModelSerializer} restores, updater state included. The same network gives
 * the same bytes: entries have one order and one time, and are stored as they are, because what deflate makes of them
 * depends on the zlib that the JVM was built with.
 */
public final class ModelArchive {
    private static final String PARAMETERS = "coefficients.bin";
    private static final String UPDATER_STATE = "updaterState.bin";

    private ModelArchive() {}

    /**
     * Writes a network together with how samples are read for it, so that one digest is over all that decides an
     * answer; leaves the stream open. DL4J ignores what it doesn't know.
     */
    public static void write(Network network, Preprocessing preprocessing, OutputStream target) throws IOException {
        var zip = new ZipOutputStream(target);
        write(network, zip);
        var text = Json.write(preprocessing).getBytes(StandardCharsets.UTF_8);
        StoredEntry.write(zip, OutputFolder.PREPROCESSING, out -> out.write(text));
        zip.finish();
    }

    /** Writes a network alone; leaves the stream open. */
    public static void write(Network network, OutputStream target) throws IOException {
        var zip = new ZipOutputStream(target);
        write(network, zip);
        zip.finish();
    }

    private static void write(Network network, ZipOutputStream zip) throws IOException {
        var configuration = network.configuration().getBytes(StandardCharsets.UTF_8);
        StoredEntry.write(zip, "configuration.json", out -> out.write(configuration));
        StoredEntry.write(zip, PARAMETERS, out -> Nd4j.write(network.parameters(), out));
        var state = network.updaterState();
        if (state != null && state.length() > 0) {
            StoredEntry.write(zip, UPDATER_STATE, out -> Nd4j.write(state, out));
        }
    }

    /**
     * Reads parameters and updater state back into a network of the same configuration. Its counts of steps and epochs
     * stay as they are.
     *
     * @throws IOException if the archive can't be read, or is of another network
     */
    public static void read(Path archive, Network network) throws IOException {
        try (var zip = new ZipFile(archive.toFile())) {
            read(zip, PARAMETERS, network.parameters());
            if (network.updaterState() != null && network.updaterState().length() > 0) {
                read(zip, UPDATER_STATE, network.updaterState());
            }
        }
    }

    private static void read(ZipFile zip, String name, INDArray target) throws IOException {
        var entry = zip.getEntry(name);
        if (entry == null) {
            throw new IOException("it has no " + name);
        }
        try (var in = new DataInputStream(new BufferedInputStream(zip.getInputStream(entry), 1 << 16))) {
            var values = Nd4j.read(in);
            if (values.length() != target.length()) {
                throw new IOException(name + " has " + values.length() + " numbers, the model has " + target.length());
            }
            target.assign(values.reshape(target.shape()));
        }
    }
}
