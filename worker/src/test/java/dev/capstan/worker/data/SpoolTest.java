package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Csv;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Images;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobFile.Text;
import dev.capstan.protocol.JobFile.Text.Encoding;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.outcome.Failure;
import java.awt.image.BufferedImage;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Samples that don't fit into the memory which they may take. */
class SpoolTest {
    private static final long FEW = 4 << 10;

    @TempDir
    Path folder;

    private Path scratch;

    @BeforeEach
    void makeScratch() throws IOException {
        scratch = Files.createDirectory(folder.resolve("scratch"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1023, 1024, 4095, 4096, 4097, 100_000})
    void whatIsWrittenIsRead(int size) throws Exception {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        var spool = new Spool("test", new Room(FEW, 1 << 20, scratch));
        for (int done = 0; done < size; ) {
            var part = java.util.Arrays.copyOfRange(bytes, done, Math.min(size, done + 777));
            spool.write(part, part.length);
            done += part.length;
        }
        spool.finish();
        assertEquals(size > FEW, spool.inFile());
        assertNothingIn(scratch);
        var read = new byte[size];
        spool.read(0, read, size);
        assertArrayEquals(bytes, read);
        for (int i = 0; i < size; i += 61) {
            int length = Math.min(300, size - i);
            spool.read(i, read, length);
            assertArrayEquals(
                    java.util.Arrays.copyOfRange(bytes, i, i + length), java.util.Arrays.copyOf(read, length));
        }
    }

    @Test
    void samplesAreTheSameInMemoryAndInAFile() throws Exception {
        Fixtures.writeIdx(folder.resolve("idx"), Fixtures.images(500, 1));
        var numbers = new StringBuilder();
        var texts = new StringBuilder();
        var random = new Random(1);
        for (int i = 0; i < 3000; i++) {
            numbers.append(random.nextFloat())
                    .append(',')
                    .append(random.nextGaussian())
                    .append(',')
                    .append(i % 3)
                    .append('\n');
            texts.append(i % 3)
                    .append(',')
                    .append("w" + random.nextInt(50) + " ")
                    .repeat("x ", random.nextInt(9))
                    .append('\n');
        }
        Files.writeString(folder.resolve("numbers.csv"), numbers);
        Files.writeString(folder.resolve("texts.csv"), texts);
        for (var dataset : new Dataset[] {
            dataset("idx", Dataset.Format.IDX, null, null),
            dataset("numbers.csv", Dataset.Format.CSV, new Csv(false, -1), null),
            dataset("texts.csv", Dataset.Format.TEXT, null, new Text(false, 1, 0, Encoding.SEQUENCE, 20, 6)),
            dataset("texts.csv", Dataset.Format.TEXT, null, new Text(false, 1, 0, Encoding.BAG_OF_WORDS, 20, 6))
        }) {
            var inMemory = DatasetReader.learn("data.train", dataset, 0, new Room(1 << 24, 1 << 20, scratch));
            var inFile = DatasetReader.learn("data.train", dataset, 0, new Room(FEW, 1 << 20, scratch));
            assertTrue(spool(inFile.samples()).inFile());
            assertFalse(spool(inMemory.samples()).inFile());
            assertEquals(inMemory.preprocessing(), inFile.preprocessing());
            assertArrayEquals(DataDigest.of(inMemory.samples()), DataDigest.of(inFile.samples()));
            assertNothingIn(scratch);
        }
    }

    @Test
    void manyThreadsReadAtOnce() throws Exception {
        Fixtures.writeIdx(folder.resolve("idx"), Fixtures.images(500, 1));
        var samples = DatasetReader.learn(
                        "data.train",
                        dataset("idx", Dataset.Format.IDX, null, null),
                        4,
                        new Room(FEW, 1 << 20, scratch))
                .samples();
        var expected = DataDigest.of(samples);
        IntStream.range(0, 16).parallel().forEach(i -> assertArrayEquals(expected, DataDigest.of(samples)));
    }

    @Test
    void aScratchFolderThatTakesNothing() throws Exception {
        Fixtures.writeIdx(folder.resolve("idx"), Fixtures.images(500, 1));
        var nowhere = folder.resolve("nowhere");
        var e = assertThrows(
                Failure.class,
                () -> DatasetReader.learn(
                        "data.train",
                        dataset("idx", Dataset.Format.IDX, null, null),
                        4,
                        new Room(FEW, 1 << 20, nowhere)));
        assertEquals(Reason.WorkerError, e.reason());
        assertTrue(
                e.getMessage()
                        .startsWith(
                                "data.train: pvc://d/idx has more samples than the 4 KiB of memory that they may take, and"
                                        + " the scratch folder doesn't take them after 3 KiB: "),
                e.getMessage());
    }

    /**
     * A second JVM, whose heap is a third of the data; it reads every sample in a drawn order. A sample that is larger
     * than its heap it names, with what it would need. It has no locale, and says so of a name in letters.
     */
    @Test
    void dataLargerThanTheHeapIsReadInAnyOrder() throws Exception {
        var data = Files.createDirectory(folder.resolve("idx"));
        try (var out = new DataOutputStream(Files.newOutputStream(data.resolve("x-labels-idx1-ubyte")))) {
            out.writeInt(0x801);
            out.writeInt(Reading.COUNT);
            for (int i = 0; i < Reading.COUNT; i++) {
                out.write(i % 10);
            }
        }
        // The file is sparse: each image is its number, and black below.
        try (var out = FileChannel.open(
                data.resolve("x-images-idx3-ubyte"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.allocate(16)
                    .putInt(0x803)
                    .putInt(Reading.COUNT)
                    .putInt(Reading.SIDE)
                    .putInt(Reading.SIDE)
                    .flip());
            for (int i = 0; i < Reading.COUNT; i++) {
                out.write(ByteBuffer.allocate(4).putInt(i).flip(), 16 + (long) i * Reading.SIDE * Reading.SIDE);
            }
            out.write(ByteBuffer.allocate(1), 15 + (long) Reading.COUNT * Reading.SIDE * Reading.SIDE);
        }
        var pictures = Files.createDirectories(folder.resolve("pictures/a"));
        ImageIO.write(
                new BufferedImage(8000, 8000, BufferedImage.TYPE_BYTE_GRAY),
                "png",
                pictures.resolve("x.png").toFile());
        Files.createDirectories(folder.resolve("pictures/b"));
        ImageIO.write(
                new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_GRAY),
                "png",
                folder.resolve("pictures/b/x.png").toFile());
        Files.createDirectories(folder.resolve("names/a"));
        Files.createDirectories(folder.resolve("names/\u82f9\u679c"));
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xmx32m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Reading.class.getName(),
                        data.toString(),
                        scratch.toString(),
                        folder.resolve("pictures").toString(),
                        folder.resolve("names").toString())
                .redirectErrorStream(true);
        builder.environment().put("LC_ALL", "POSIX");
        var process = builder.start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        var lines = output.lines().toList();
        assertEquals("read " + Reading.COUNT + " samples", lines.get(0), output);
        assertTrue(
                lines.get(1)
                        .startsWith(
                                "OutOfMemory: data.train: pvc://p/a/x.png has 8000 by 8000 pixels, which need some 488"
                                        + " MiB while they are read, more than is left of the Java heap's "),
                output);
        assertTrue(
                lines.get(1).contains(" MiB; scale the picture down, or give the workers a memory limit of at least "),
                output);
        assertTrue(
                lines.get(2)
                        .startsWith(
                                "OutOfMemory: data.train: pvc://p has a colour image of 2000 by 2000 pixels a sample,"
                                        + " which needs 137 MiB while it is read, and no more than half of the Java heap's "),
                output);
        assertTrue(
                lines.get(3)
                        .contains(
                                " has letters in its name that are lost here, for the locale isn't UTF-8; LC_ALL must be"),
                output);
        assertNothingIn(scratch);
    }

    /** What the second JVM does. */
    static final class Reading {
        static final int COUNT = 2500;
        static final int SIDE = 200;

        public static void main(String[] arguments) {
            var dataset = new Dataset(new Place(arguments[0], "pvc://d", null), Dataset.Format.IDX, null, null, null);
            var samples = DatasetReader.learn("data.train", dataset, 10, Path.of(arguments[1]))
                    .samples();
            var row = new float[samples.inputs()];
            for (int i : SampleOrder.of(samples.size(), 1, 0)) {
                samples.copyInputs(i, row, 0);
                int number = 0;
                for (int at = 0; at < 4; at++) {
                    number = number << 8 | Math.round(row[at] * 255);
                }
                if (number != i || samples.label(i) != i % 10 || row[row.length - 1] != 0) {
                    throw new AssertionError("sample " + i + " reads as " + number);
                }
            }
            System.out.println("read " + samples.size() + " samples");
            refused(arguments[2], new Images(2, 2, 1), arguments[1]);
            refused(arguments[2], new Images(2000, 2000, 3), arguments[1]);
            refused(arguments[3], new Images(2, 2, 1), arguments[1]);
        }

        private static void refused(String pictures, Images images, String scratch) {
            var dataset = new Dataset(new Place(pictures, "pvc://p", null), Dataset.Format.IMAGES, null, images, null);
            try {
                DatasetReader.learn("data.train", dataset, 2, Path.of(scratch));
            } catch (Failure e) {
                System.out.println(e.reason() + ": " + e.getMessage());
            }
        }
    }

    private static Spool spool(Samples samples) {
        return switch (samples) {
            case Packed.Bytes bytes -> bytes.rows();
            case Packed.Floats floats -> floats.rows();
            case Packed.Words words -> words.rows();
            default -> throw new AssertionError(samples);
        };
    }

    private static void assertNothingIn(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }

    private Dataset dataset(String name, Dataset.Format format, Csv csv, Text text) {
        return new Dataset(
                new Place(folder.resolve(name).toString(), "pvc://d/" + name, null), format, csv, null, text);
    }
}
