package dev.capstan.worker.model;

import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A model that was trained before, as an artifact's {@code model.zip} or as DL4J's {@code ModelSerializer} wrote it.
 * The file is opened once: whoever replaces it meanwhile changes nothing, and whoever writes into it is found out.
 */
public final class EarlierModel implements AutoCloseable {
    static final String FIELD = "model.from";
    /** A configuration has some kilobytes a layer. */
    private static final int LONGEST_CONFIGURATION = 64 << 20;

    private static final String ARCHIVE = "model.zip";
    private static final String CONFIGURATION = "configuration.json";
    private static final String PARAMETERS = "coefficients.bin";
    private static final String PREPROCESSING = "preprocessing.json";
    private static final String LINEAGE = "lineage.json";

    private final From from;
    private final FileChannel channel;
    private String digest;
    private String configuration;
    private String preprocessing;
    private String lineage;
    /** SHA-256 of the parameters as they were when {@link #digest} was; null if there are none. */
    private byte[] parameters;
    /** Why the rest of the file is no archive; null if it is one. */
    private Exception broken;

    private EarlierModel(From from, FileChannel channel) {
        this.from = from;
        this.channel = channel;
    }

    /**
     * Opens the model in the folder that the job names, and reads all of it once, but for its parameters.
     *
     * @throws Failure InvalidJob if the folder has no model; StorageUnavailable if the storage fails
     */
    public static EarlierModel open(From from) {
        return open(from, ARCHIVE);
    }

    /** As {@link #open(From)}, by the name that the model has in the folder. */
    public static EarlierModel open(From from, String name) {
        var folder = Path.of(from.place().path()).normalize();
        var archive = folder.resolve(name).normalize();
        try {
            if (!archive.startsWith(folder) || !Volume.isFile(archive)) {
                throw new Failure(
                        Reason.InvalidJob,
                        FIELD + ": " + from.place().uri() + " has no " + name
                                + "; it must be the folder that a finished job has left its model in");
            }
            var model = new EarlierModel(from, FileChannel.open(archive, StandardOpenOption.READ));
            try {
                model.read();
                return model;
            } catch (IOException | RuntimeException e) {
                model.close();
                throw e;
            }
        } catch (IOException e) {
            throw unreadable(from, e);
        }
    }

    private void read() throws IOException {
        try (var file = new DigestInputStream(fromTheBeginning(), sha256())) {
            try (var zip = new ZipInputStream(CloseShieldInputStream.wrap(file))) {
                for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    read(entry.getName(), zip);
                }
            } catch (ZipException | EOFException | CharacterCodingException | IllegalArgumentException e) {
                broken = e;
            }
            file.transferTo(OutputStream.nullOutputStream());
            digest =
                    "sha256:" + HexFormat.of().formatHex(file.getMessageDigest().digest());
        }
    }

    private void read(String name, ZipInputStream zip) throws IOException {
        switch (name) {
            case CONFIGURATION -> configuration = BoundedText.of(name, zip, LONGEST_CONFIGURATION);
            case PREPROCESSING -> preprocessing = BoundedText.of(name, zip, BoundedText.LONG);
            case LINEAGE -> lineage = BoundedText.of(name, zip, BoundedText.SHORT);
            case PARAMETERS -> {
                var in = new DigestInputStream(zip, sha256());
                in.transferTo(OutputStream.nullOutputStream());
                parameters = in.getMessageDigest().digest();
            }
            default -> {}
        }
    }

    private InputStream fromTheBeginning() throws IOException {
        channel.position(0);
        return new BufferedInputStream(CloseShieldInputStream.wrap(Channels.newInputStream(channel)), 1 << 16);
    }

    /** {@code sha256:} and 64 hex digits over the bytes of all that this object gives, and of the rest of the file. */
    public String digest() {
        return digest;
    }

    /** How samples are read for it, in the words of its artifact; empty if the file doesn't say. */
    public Optional<String> preprocessing() {
        return Optional.ofNullable(preprocessing);
    }

    /** Where it comes from, in the words of its artifact; empty if the file doesn't say. */
    public Optional<String> lineage() {
        return Optional.ofNullable(lineage);
    }

    /**
     * The configuration in DL4J's JSON.
     *
     * @throws Failure InvalidData if the model is damaged
     */
    String configuration() {
        if (broken != null) {
            throw unreadable(from, broken);
        }
        if (configuration == null) {
            throw unreadable(from, new ZipException("it has no " + CONFIGURATION));
        }
        return configuration;
    }

    /**
     * Reads the parameters into those of a network of the same configuration.
     *
     * @throws Failure InvalidData if they are damaged, or others than when the model was opened; StorageUnavailable if
     *     the storage fails
     */
    void readParameters(INDArray target) {
        try (var zip = new ZipInputStream(fromTheBeginning())) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().equals(PARAMETERS)) {
                    readParameters(zip, target);
                    return;
                }
            }
            throw new ZipException("it has no " + PARAMETERS);
        } catch (IOException | RuntimeException e) {
            throw unreadable(from, e);
        }
    }

    private void readParameters(ZipInputStream zip, INDArray target) throws IOException {
        var verified = new DigestInputStream(zip, sha256());
        var in = new DataInputStream(new BufferedInputStream(verified, 1 << 16));
        var values = Nd4j.read(in);
        in.transferTo(OutputStream.nullOutputStream());
        if (!Arrays.equals(verified.getMessageDigest().digest(), parameters)) {
            throw new ZipException(PARAMETERS + " was changed while the model was in use");
        }
        if (values.length() != target.length()) {
            throw new ZipException(
                    PARAMETERS + " has " + values.length() + " numbers, its configuration " + target.length());
        }
        target.assign(values.reshape(target.shape()));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw unreadable(from, e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** ND4J says what is wrong with numbers by any exception. */
    private static Failure unreadable(From from, Exception e) {
        var failure = Failure.of(e);
        if (failure.reason() == Reason.OutOfMemory) {
            return failure;
        }
        if (Outage.causes(e)) {
            return new Failure(
                    Reason.StorageUnavailable,
                    FIELD + ": the model in " + from.place().uri() + " failed while being read: " + e,
                    e);
        }
        return new Failure(
                Reason.InvalidData,
                FIELD + ": the model in " + from.place().uri() + " can't be read: "
                        + Misfit.brief(e.getMessage() == null ? e.toString() : e.getMessage()) + "; it must be a "
                        + ARCHIVE + " as DL4J's ModelSerializer writes it",
                e);
    }
}
