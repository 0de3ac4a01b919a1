package dev.capstan.worker.data;

import dev.capstan.worker.storage.Volume;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * Reads the format of the MNIST database (LeCun, Cortes and Burges): a folder with one file of images,
 * {@code *images-idx3-ubyte}, and one of labels, {@code *labels-idx1-ubyte}, either of them plain or with {@code .gz}.
 * Numbers are big-endian; a file starts with a magic number, then the length of each dimension, then one byte a value.
 */
final class IdxReader {
    private static final int IMAGES_MAGIC = 0x803;
    private static final int LABELS_MAGIC = 0x801;
    private static final int MAX_PIXELS = 1 << 24;
    private static final int BUFFER = 1 << 16;

    private final Source source;
    private final Classes.Numbered classes;
    private final Shape like;
    private final Room room;
    private final Spool spool;

    /** @param like what a sample must be; null if any will do */
    IdxReader(Source source, Classes.Numbered classes, Shape like, Room room) {
        this.source = source;
        this.classes = classes;
        this.like = like;
        this.room = room;
        spool = new Spool(source.name(source.path()), room);
    }

    Samples read() throws IOException {
        if (!Volume.exists(source.path())) {
            throw new NoSuchFileException(source.path().toString());
        }
        if (!Volume.isFolder(source.path())) {
            throw source.invalid(
                    source.path(), "is a file; format idx needs the folder that holds an images and a labels file");
        }
        var labelsFile = only("labels-idx1-ubyte");
        var imagesFile = only("images-idx3-ubyte");
        // Labels first: their number bounds what the images file may claim.
        var labels = labels(labelsFile);
        return images(imagesFile, labels);
    }

    private Path only(String suffix) throws IOException {
        var found = Volume.list(source.path(), "*").stream()
                .filter(file -> file.getFileName().toString().matches(".*" + suffix + "(\\.gz)?"))
                .sorted()
                .toList();
        return switch (found.size()) {
            case 0 -> throw source.invalid(source.path(), "has no file *" + suffix + " or *" + suffix + ".gz");
            case 1 -> found.getFirst();
            default ->
                throw source.invalid(
                        source.path(),
                        "has " + found.size() + " files *" + suffix + "[.gz], "
                                + found.get(0).getFileName() + " and "
                                + found.get(1).getFileName() + " among them; it must have one");
        };
    }

    private int[] labels(Path file) throws IOException {
        try (var in = open(file)) {
            checkMagic(file, in, LABELS_MAGIC);
            int count = headerNumber(file, in);
            if (count < 1) {
                throw source.invalid(
                        file, "claims " + Integer.toUnsignedLong(count) + " labels; it needs 1 to 2147483647");
            }
            var labels = labels(file, in, count);
            checkEnd(file, in, "label", count);
            return labels;
        }
    }

    /** As many as there are, and not as many as the file claims, take memory. */
    private int[] labels(Path file, DataInputStream in, int count) throws IOException {
        int most = (int) Math.min(Integer.MAX_VALUE, room.tables() / Integer.BYTES);
        var labels = new int[Math.min(count, BUFFER)];
        for (int i = 0; i < count; i++) {
            int label = in.read();
            if (label < 0) {
                throw source.invalid(file, "claims " + count + " labels but ends after " + i);
            }
            if (i == most) {
                throw room.full(source.name(file) + " claims " + count + " labels, and no more than " + most + " fit");
            }
            if (i == labels.length) {
                labels = Arrays.copyOf(labels, (int) Math.min(count, 2L * labels.length));
            }
            labels[i] = classes.of(file, i + 1L, label);
        }
        return labels;
    }

    private Samples images(Path file, int[] labels) throws IOException {
        try (spool;
                var in = open(file)) {
            checkMagic(file, in, IMAGES_MAGIC);
            int count = headerNumber(file, in);
            if (count != labels.length) {
                throw source.invalid(
                        file,
                        "claims " + Integer.toUnsignedLong(count) + " images; the labels file has " + labels.length
                                + " labels, and there must be as many");
            }
            long rows = Integer.toUnsignedLong(headerNumber(file, in));
            long columns = Integer.toUnsignedLong(headerNumber(file, in));
            if (rows < 1 || columns < 1 || rows > MAX_PIXELS || columns > MAX_PIXELS || rows * columns > MAX_PIXELS) {
                throw source.invalid(
                        file,
                        "claims images of " + rows + " by " + columns + " pixels; they need 1 to " + MAX_PIXELS
                                + " pixels");
            }
            var shape = new Shape.Image((int) rows, (int) columns, 1);
            source.checkShape(file, shape, like);
            var pixels = new byte[shape.inputs()];
            for (int i = 0; i < count; i++) {
                int got = in.readNBytes(pixels, 0, pixels.length);
                if (got < pixels.length) {
                    throw source.invalid(
                            file,
                            i + 1L,
                            "the file ends after " + got + " of its " + pixels.length + " pixels; it claims " + count
                                    + " images");
                }
                spool.write(pixels, got);
            }
            checkEnd(file, in, "image", count);
            spool.finish();
            return new Packed.Bytes(shape, labels, spool);
        }
    }

    private static DataInputStream open(Path file) throws IOException {
        var raw = Files.newInputStream(file);
        try {
            var bytes = file.toString().endsWith(".gz") ? new GZIPInputStream(raw, BUFFER) : raw;
            return new DataInputStream(new BufferedInputStream(bytes, BUFFER));
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    private void checkMagic(Path file, DataInputStream in, int expected) throws IOException {
        int magic = headerNumber(file, in);
        if (magic != expected) {
            throw source.invalid(
                    file, "starts with magic number " + magic + "; a file of that name must start with " + expected);
        }
    }

    private int headerNumber(Path file, DataInputStream in) throws IOException {
        var bytes = in.readNBytes(Integer.BYTES);
        if (bytes.length < Integer.BYTES) {
            throw source.invalid(file, "ends within its header");
        }
        return ByteBuffer.wrap(bytes).getInt();
    }

    private void checkEnd(Path file, DataInputStream in, String what, int count) throws IOException {
        if (in.read() >= 0) {
            throw source.invalid(file, "goes on after the last of the " + count + " " + what + "s that it claims");
        }
    }
}
