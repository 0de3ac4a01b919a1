package dev.capstan.worker.data;

import dev.capstan.worker.storage.FileName;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Reads the format of the MNIST database (LeCun, Cortes and Burges): a folder with one file of images,
 * {@code *images-idx3-ubyte}, and one of labels, {@code *labels-idx1-ubyte}, either of them plain or with {@code .gz}.
 * As some tools unpack them, they have a dot for the first hyphen, or lie in a folder of their name. Numbers are
 * big-endian; a file starts with a magic number, then the length of each dimension, then one byte a value.
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

    /** Null as long as they weren't found or read, or weren't good. */
    private Path labelsFile;

    private Path imagesFile;
    private int[] labels;

    private Samples samples;

    /** @param like what a sample must be; null if any will do */
    IdxReader(Source source, Classes.Numbered classes, Shape like, Room room) {
        this.source = source;
        this.classes = classes;
        this.like = like;
        this.room = room;
        spool = new Spool(source.name(source.path()), room);
    }

    Samples read() throws IOException {
        if (!DataFiles.isFolder(source, source.path())) {
            throw source.invalid(
                    source.path(), "is a file; format idx needs the folder that holds an images and a labels file");
        }
        var faults = new Faults(source);
        faults.look(() -> labelsFile = only("labels", 1));
        faults.look(() -> imagesFile = only("images", 3));
        // Labels first: their number bounds what the images file may claim.
        if (labelsFile != null) {
            faults.look(() -> labels = labels(labelsFile));
        }
        if (imagesFile != null) {
            faults.look(() -> samples = images(imagesFile));
        }
        faults.check();
        return samples;
    }

    /** The file of that kind in the folder, or in a folder of its name, as macOS and Kaggle leave what they unpack. */
    private Path only(String kind, int dimensions) throws IOException {
        var shown = kind + "-idx" + dimensions + "-ubyte";
        var name = Pattern.compile(".*" + kind + "[-.]idx" + dimensions + "-ubyte(\\.gz)?", Pattern.DOTALL);
        var found = only(source.path(), shown, name);
        return DataFiles.isFolder(source, found) ? file(only(found, shown, name)) : found;
    }

    private Path file(Path found) throws IOException {
        if (DataFiles.isFolder(source, found)) {
            throw source.invalid(found, "is a folder, where a file is looked for");
        }
        return found;
    }

    private Path only(Path folder, String shown, Pattern name) throws IOException {
        var found = DataFiles.in(folder).stream()
                .filter(file -> name.matcher(DataFiles.lowerName(file)).matches())
                .toList();
        return switch (found.size()) {
            case 0 ->
                throw source.invalid(
                        folder, "has no file *" + shown + " or *" + shown + ".gz" + DataFiles.instead(folder));
            case 1 -> found.getFirst();
            default ->
                throw source.invalid(
                        folder,
                        "has " + found.size() + " files *" + shown + "[.gz], " + name(found.get(0)) + " and "
                                + name(found.get(1)) + " among them; it must have one");
        };
    }

    private static String name(Path file) {
        return FileName.shown(file.getFileName());
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

    /** Null if the labels weren't good: how many images there must be isn't known then. */
    private Samples images(Path file) throws IOException {
        try (spool;
                var in = open(file)) {
            checkMagic(file, in, IMAGES_MAGIC);
            int count = headerNumber(file, in);
            if (labels != null && count != labels.length) {
                throw source.invalid(
                        file,
                        "claims " + Integer.toUnsignedLong(count) + " images; the labels file has " + labels.length
                                + " labels, and there must be as many");
            }
            var shape = shape(file, in);
            if (labels == null) {
                return null;
            }
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

    private Shape shape(Path file, DataInputStream in) throws IOException {
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
        room.check(source.name(file), shape);
        return shape;
    }

    private static DataInputStream open(Path file) throws IOException {
        return new DataInputStream(DataFiles.open(file));
    }

    private void checkMagic(Path file, DataInputStream in, int expected) throws IOException {
        in.mark(Content.START);
        var start = in.readNBytes(Content.START);
        if (start.length < Integer.BYTES) {
            throw source.invalid(file, start.length == 0 ? "is empty" : "ends within its header");
        }
        in.reset();
        in.skipNBytes(Integer.BYTES);
        int magic = ByteBuffer.wrap(start).getInt();
        if (magic != expected) {
            throw source.invalid(
                    file,
                    "starts with magic number " + magic + "; a file of that name must start with " + expected
                            + Content.of(start).map("; it looks like "::concat).orElse(""));
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
