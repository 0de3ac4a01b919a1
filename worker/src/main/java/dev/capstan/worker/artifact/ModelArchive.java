package dev.capstan.worker.artifact;

import dev.capstan.protocol.Json;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.ArrayWriter;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.NetworkCopy;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network as an archive that DL4J's {@code ModelSerializer} restores. The same network gives the same bytes: entries
 * have one order and one time. An artifact's are deflated, by {@link PinnedDeflater}, since what the JVM's makes of
 * them depends on the zlib that it was built with; a checkpoint's are stored as they are, to be written soon.
 */
public final class ModelArchive {
    private static final String PARAMETERS = "coefficients.bin";
    private static final String UPDATER_STATE = "updaterState.bin";

    private static final String LINEAGE = "lineage.json";

    private ModelArchive() {}

    /**
     * Where a compressed model comes from, and what is served of it.
     *
     * @param from {@code sha256:} and 64 hex digits over the model that it was made of
     * @param onnx the same over the {@code model.onnx} beside the archive; null if there is none
     */
    public record Lineage(String from, String onnx) {}

    /**
     * Writes an artifact: a network with its updater's state, together with how samples are read for it, so that one
     * digest is over all that decides an answer; leaves the stream open. DL4J ignores what it doesn't know.
     */
    public static void write(Network network, Preprocessing preprocessing, OutputStream target) throws IOException {
        var zip = DeflatedEntry.zip(target);
        writeModel(network.configuration(), network.parameters(), zip, DeflatedEntry::write);
        writeUpdaterState(network.updaterState(), zip, DeflatedEntry::write);
        write(zip, OutputFolder.PREPROCESSING, preprocessing);
        zip.finish();
    }

    /**
     * Writes the artifact of a compression as above, together with where it comes from: the digest is then over that,
     * too, and over what is made of it. The network's updater has done nothing yet, and DL4J makes such a state itself.
     */
    public static void write(Network network, Preprocessing preprocessing, Lineage lineage, OutputStream target)
            throws IOException {
        var zip = DeflatedEntry.zip(target);
        writeModel(network.configuration(), network.parameters(), zip, DeflatedEntry::write);
        write(zip, OutputFolder.PREPROCESSING, preprocessing);
        write(zip, LINEAGE, lineage);
        zip.finish();
    }

    /** How many bytes that writes. */
    public static long length(Network network, Preprocessing preprocessing, Lineage lineage) throws IOException {
        var gauge = new Gauge();
        write(network, preprocessing, lineage, gauge);
        return gauge.bytes();
    }

    private static void write(ZipOutputStream zip, String name, Object value) throws IOException {
        var text = Json.write(value).getBytes(StandardCharsets.UTF_8);
        DeflatedEntry.write(zip, name, out -> out.write(text));
    }

    /** Writes a network with its updater's state, and nothing else; leaves the stream open. */
    public static void write(Network network, OutputStream target) throws IOException {
        write(network.configuration(), network.parameters(), network.updaterState(), target);
    }

    /** Writes the same bytes as {@link #write(Network, OutputStream)} did when the copy was taken. */
    public static void write(NetworkCopy copy, OutputStream target) throws IOException {
        write(copy.configuration(), copy.parameters(), copy.updaterState(), target);
    }

    private static void write(String configuration, INDArray parameters, INDArray updaterState, OutputStream target)
            throws IOException {
        var zip = new ZipOutputStream(target);
        writeModel(configuration, parameters, zip, StoredEntry::write);
        writeUpdaterState(updaterState, zip, StoredEntry::write);
        zip.finish();
    }

    private interface Entry {
        void write(ZipOutputStream zip, String name, StoredEntry.Content content) throws IOException;
    }

    private static void writeModel(String configuration, INDArray parameters, ZipOutputStream zip, Entry entry)
            throws IOException {
        var text = configuration.getBytes(StandardCharsets.UTF_8);
        entry.write(zip, "configuration.json", out -> out.write(text));
        entry.write(zip, PARAMETERS, out -> ArrayWriter.write(parameters, out));
    }

    private static void writeUpdaterState(INDArray state, ZipOutputStream zip, Entry entry) throws IOException {
        if (state != null && state.length() > 0) {
            entry.write(zip, UPDATER_STATE, out -> ArrayWriter.write(state, out));
        }
    }

    /**
     * Reads parameters and updater state back into a network of the same configuration. Its counts of steps and epochs
     * stay as they are.
     *
     * @throws IOException if the archive can't be read, or is of another network
     */
    public static void read(InputStream archive, Network network) throws IOException {
        var targets = new HashMap<String, INDArray>();
        targets.put(PARAMETERS, network.parameters());
        if (network.updaterState() != null && network.updaterState().length() > 0) {
            targets.put(UPDATER_STATE, network.updaterState());
        }
        var zip = new ZipInputStream(archive);
        for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            var target = targets.remove(entry.getName());
            if (target != null) {
                read(entry.getName(), zip, target);
            }
        }
        if (!targets.isEmpty()) {
            throw new IOException("it has no " + String.join(", ", targets.keySet()));
        }
    }

    private static void read(String name, ZipInputStream zip, INDArray target) throws IOException {
        var values = Nd4j.read(new DataInputStream(new BufferedInputStream(zip, 1 << 16)));
        if (values.length() != target.length()) {
            throw new IOException(name + " has " + values.length() + " numbers, the model has " + target.length());
        }
        target.assign(values.reshape(target.shape()));
    }
}
