package dev.capstan.worker.model;

import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A model that was trained before, as an artifact's {@code model.zip} or as DL4J's {@code ModelSerializer} wrote it.
 */
final class EarlierModel {
    static final String FIELD = "model.from";
    private static final String ARCHIVE = "model.zip";
    private static final String CONFIGURATION = "configuration.json";
    private static final String PARAMETERS = "coefficients.bin";

    private final From from;
    private final Path archive;

    /**
     * @throws Failure InvalidJob if the folder has no model; InvalidData if it has another one than was asked for;
     *     StorageUnavailable if the storage fails
     */
    EarlierModel(From from) {
        this.from = from;
        archive = Path.of(from.place().path()).resolve(ARCHIVE);
        if (!isThere()) {
            throw new Failure(
                    Reason.InvalidJob,
                    FIELD + ": " + from.place().uri() + " has no " + ARCHIVE
                            + "; it must be the folder that a finished job has left its model in");
        }
        if (from.digest() != null) {
            checkDigest();
        }
    }

    private boolean isThere() {
        try {
            return Volume.isFile(archive);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * The configuration in DL4J's JSON.
     *
     * @throws Failure InvalidData if the model is damaged; StorageUnavailable if the storage fails
     */
    String configuration() {
        try (var zip = new ZipFile(archive.toFile());
                var in = zip.getInputStream(entry(zip, CONFIGURATION))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * Reads the parameters into those of a network of the same configuration.
     *
     * @throws Failure as {@link #configuration}
     */
    void readParameters(INDArray target) {
        try (var zip = new ZipFile(archive.toFile());
                var in = new DataInputStream(
                        new BufferedInputStream(zip.getInputStream(entry(zip, PARAMETERS)), 1 << 16))) {
            var values = Nd4j.read(in);
            if (values.length() != target.length()) {
                throw new ZipException(
                        PARAMETERS + " has " + values.length() + " numbers, its configuration " + target.length());
            }
            target.assign(values.reshape(target.shape()));
        } catch (IOException | RuntimeException e) {
            throw unreadable(e);
        }
    }

    private static ZipEntry entry(ZipFile zip, String name) throws ZipException {
        var entry = zip.getEntry(name);
        if (entry == null) {
            throw new ZipException("it has no " + name);
        }
        return entry;
    }

    private void checkDigest() {
        try (var in = new DigestInputStream(Files.newInputStream(archive), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            var digest =
                    "sha256:" + HexFormat.of().formatHex(in.getMessageDigest().digest());
            if (!digest.equals(from.digest())) {
                throw new Failure(
                        Reason.InvalidData,
                        FIELD + ": " + from.place().uri() + " holds the model " + digest + ", but the job goes on from "
                                + from.digest() + "; it was replaced or damaged");
            }
        } catch (IOException e) {
            throw unreadable(e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** ND4J says what is wrong with numbers by any exception. */
    private Failure unreadable(Exception e) {
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
