package dev.capstan.worker.data;

import static dev.capstan.worker.Fixtures.CLASSES;
import static dev.capstan.worker.Fixtures.SIDE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.outcome.Failure;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxReaderTest {
    private static final int COUNT = 5;
    private static final int PIXELS = SIDE * SIDE;

    @TempDir
    Path folder;

    private Path images;
    private Path labels;

    @BeforeEach
    void writeAGoodSet() throws Exception {
        images = folder.resolve("train-images-idx3-ubyte");
        labels = folder.resolve("train-labels-idx1-ubyte");
        Files.write(images, bytes(0x803, new int[] {COUNT, SIDE, SIDE}, COUNT * PIXELS));
        Files.write(labels, bytes(0x801, new int[] {COUNT}, COUNT));
    }

    @Test
    void pixelsAreScaledFromZeroToOne() {
        var samples = read();
        assertEquals(COUNT, samples.size());
        assertEquals(PIXELS, samples.inputs());
        var row = new float[PIXELS + 1];
        samples.copyInputs(1, row, 1);
        for (int i = 0; i < PIXELS; i++) {
            assertEquals(((PIXELS + i) % CLASSES) / 255f, row[i + 1]);
        }
        assertEquals(3, samples.label(3));
    }

    @Test
    void gzippedFilesReadAsPlainOnes() throws Exception {
        var written = Fixtures.images(40, 1);
        var read = read(Fixtures.writeIdx(folder.resolve("gz"), written));
        assertArrayEquals(DataDigest.of(written), DataDigest.of(read));
    }

    @Test
    void whiteIsOne() throws Exception {
        var content = Files.readAllBytes(images);
        content[16] = (byte) 255;
        Files.write(images, content);
        var row = new float[PIXELS];
        read().copyInputs(0, row, 0);
        assertEquals(1f, row[0]);
    }

    @Test
    void aFolderThatIsNotThere() {
        assertInvalid(folder.resolve("missing"), "data.train: pvc://d/train does not exist");
    }

    @Test
    void aFileInsteadOfAFolder() {
        assertInvalid(
                labels,
                "data.train: pvc://d/train is a file; format idx needs the folder that holds an images and a labels file");
    }

    @Test
    void noLabels() throws Exception {
        Files.delete(labels);
        assertInvalid("data.train: pvc://d/train has no file *labels-idx1-ubyte or *labels-idx1-ubyte.gz; in it is"
                + " train-images-idx3-ubyte");
    }

    @Test
    void twoImagesFiles() throws Exception {
        Files.copy(images, folder.resolve("more-images-idx3-ubyte"));
        assertInvalid("data.train: pvc://d/train has 2 files *images-idx3-ubyte[.gz], more-images-idx3-ubyte and"
                + " train-images-idx3-ubyte among them; it must have one");
    }

    @Test
    void anotherMagicNumber() throws Exception {
        Files.write(images, bytes(0x801, new int[] {COUNT, SIDE, SIDE}, COUNT * PIXELS));
        assertInvalid("data.train: pvc://d/train/train-images-idx3-ubyte starts with magic number 2049; a file of that"
                + " name must start with 2051");
    }

    @Test
    void anEmptyFile() throws Exception {
        Files.write(labels, new byte[0]);
        assertInvalid("data.train: pvc://d/train/train-labels-idx1-ubyte is empty");
        Files.write(labels, new byte[3]);
        assertInvalid("data.train: pvc://d/train/train-labels-idx1-ubyte ends within its header");
    }

    @Test
    void noSamples() throws Exception {
        Files.write(labels, bytes(0x801, new int[] {0}, 0));
        assertInvalid("data.train: pvc://d/train/train-labels-idx1-ubyte claims 0 labels; it needs 1 to 2147483647");
    }

    @Test
    void otherCounts() throws Exception {
        Files.write(images, bytes(0x803, new int[] {COUNT + 1, SIDE, SIDE}, (COUNT + 1) * PIXELS));
        assertInvalid("data.train: pvc://d/train/train-images-idx3-ubyte claims 6 images; the labels file has 5 labels,"
                + " and there must be as many");
    }

    @Test
    void missingLabels() throws Exception {
        Files.write(labels, bytes(0x801, new int[] {COUNT}, 3));
        assertInvalid("data.train: pvc://d/train/train-labels-idx1-ubyte claims 5 labels but ends after 3");
    }

    /** 10,000 labels are some bytes of gzip. */
    @Test
    void moreLabelsThanFitAreToldWithHowManyDo() throws Exception {
        Files.delete(labels);
        try (var out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("train-labels-idx1-ubyte.gz")))) {
            out.write(bytes(0x801, new int[] {10_000}, 10_000));
        }
        var e = assertThrows(
                Failure.class,
                () -> DatasetReader.learn(
                        "data.train", dataset(folder), CLASSES, new Room(1 << 20, 4 * 9_999, folder)));
        assertEquals(Reason.OutOfMemory, e.reason());
        assertEquals(
                "data.train: pvc://d/train/train-labels-idx1-ubyte.gz claims 10000 labels, and no more than 9999 fit in"
                        + " 0 MiB, a quarter of the Java heap; give the workers a higher memory limit",
                e.getMessage());
    }

    @Test
    void anEnormousClaimNeedsNoMemory() throws Exception {
        Files.write(labels, bytes(0x801, new int[] {Integer.MAX_VALUE}, 3));
        assertInvalid("data.train: pvc://d/train/train-labels-idx1-ubyte claims 2147483647 labels but ends after 3");
    }

    @Test
    void anEnormousImage() throws Exception {
        Files.write(images, bytes(0x803, new int[] {COUNT, -1, -1}, 3));
        assertInvalid("data.train: pvc://d/train/train-images-idx3-ubyte claims images of 4294967295 by 4294967295"
                + " pixels; they need 1 to 16777216 pixels");
    }

    @Test
    void aCutImage() throws Exception {
        Files.write(images, Arrays.copyOf(Files.readAllBytes(images), 16 + 2 * PIXELS + 7));
        assertInvalid("data.train: pvc://d/train/train-images-idx3-ubyte, record 3: the file ends after 7 of its 36"
                + " pixels; it claims 5 images");
    }

    @Test
    void bytesAfterTheEnd() throws Exception {
        Files.write(images, Arrays.copyOf(Files.readAllBytes(images), 16 + COUNT * PIXELS + 1));
        assertInvalid("data.train: pvc://d/train/train-images-idx3-ubyte goes on after the last of the 5 images that it"
                + " claims");
    }

    @Test
    void aLabelWithoutAnOutputUnit() throws Exception {
        var content = Files.readAllBytes(labels);
        content[8 + 2] = (byte) 200;
        Files.write(labels, content);
        assertInvalid("data.train: pvc://d/train/train-labels-idx1-ubyte, record 3: label 200 is no class; the output"
                + " layer has 4 units, so labels are whole numbers from 0 to 3");
    }

    @Test
    void aCutGzipFile() throws Exception {
        var written = Fixtures.writeIdx(folder.resolve("gz"), Fixtures.images(40, 1));
        var file = written.resolve("some-images-idx3-ubyte.gz");
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 300));
        assertInvalid(
                written,
                "data.train: pvc://d/train/some-images-idx3-ubyte.gz is a broken gzip file: Unexpected end of ZLIB input"
                        + " stream");
    }

    /** Browsers unpack what they fetch and leave the name; others pack it and leave the name. */
    @Test
    void whetherItIsGzippedTheFileSaysAndNotItsName() throws Exception {
        var plain = DataDigest.of(read());
        Files.move(images, folder.resolve("train-images-idx3-ubyte.GZ"));
        try (var out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("train-labels-idx1-ubyte.packed")))) {
            Files.copy(labels, out);
        }
        Files.move(folder.resolve("train-labels-idx1-ubyte.packed"), labels, StandardCopyOption.REPLACE_EXISTING);
        assertArrayEquals(plain, DataDigest.of(read()));
    }

    /** As macOS and Kaggle unpack archives, beside what desktops and Hadoop leave. */
    @Test
    void folderAndNamesMayBeAsToolsWriteThem() throws Exception {
        var plain = DataDigest.of(read());
        Files.createDirectory(folder.resolve("x"));
        Files.move(images, folder.resolve("x/train-images-idx3-ubyte"));
        Files.move(folder.resolve("x"), images);
        Files.move(labels, folder.resolve("Train-Labels.idx1-ubyte"));
        for (var debris : List.of("._train-images-idx3-ubyte", ".DS_Store", "_SUCCESS", "Thumbs.db", "x.crc")) {
            Files.writeString(folder.resolve(debris), "x");
            Files.writeString(images.resolve(debris), "x");
        }
        assertArrayEquals(plain, DataDigest.of(read()));
        Files.delete(images.resolve("train-images-idx3-ubyte"));
        assertInvalid("data.train: pvc://d/train/train-images-idx3-ubyte has no file *images-idx3-ubyte or"
                + " *images-idx3-ubyte.gz; it is empty");
        Files.createDirectory(images.resolve("train-images-idx3-ubyte"));
        assertInvalid(
                "data.train: pvc://d/train/train-images-idx3-ubyte/train-images-idx3-ubyte is a folder, where a file"
                        + " is looked for");
    }

    @Test
    void whatIsWrongWithBothFilesIsSaidAtOnce() throws Exception {
        Files.writeString(images, "<!DOCTYPE html><title>Sign in</title>");
        Files.writeString(labels, "version https://git-lfs.github.com/spec/v1\noid sha256:12");
        assertInvalid(
                "data.train: pvc://d/train has 2 faulty files: (1) train-labels-idx1-ubyte starts with magic number"
                        + " 1986359923; a file of that name must start with 2049; it looks like a pointer of Git LFS; git lfs"
                        + " pull fetches what it stands for (2) train-images-idx3-ubyte starts with magic number 1008813135; a file"
                        + " of that name must start with 2051; it looks like a web page (HTML), as servers answer when they don't"
                        + " have the file");
    }

    private Samples read() {
        return read(folder);
    }

    private static Samples read(Path path) {
        return DatasetReader.learn("data.train", dataset(path), CLASSES, path).samples();
    }

    private void assertInvalid(String sentence) {
        assertInvalid(folder, sentence);
    }

    private static void assertInvalid(Path path, String sentence) {
        var e = assertThrows(Failure.class, () -> read(path));
        assertEquals(sentence, e.getMessage());
        assertEquals(Reason.InvalidData, e.reason());
    }

    private static Dataset dataset(Path path) {
        return Fixtures.dataset(path, "pvc://d/train", Dataset.Format.IDX, null);
    }

    /** A header, and then values that go round through the classes. */
    private static byte[] bytes(int magic, int[] dimensions, int values) {
        var bytes = ByteBuffer.allocate(4 + 4 * dimensions.length + values).putInt(magic);
        for (var dimension : dimensions) {
            bytes.putInt(dimension);
        }
        for (int i = 0; i < values; i++) {
            bytes.put((byte) (i % CLASSES));
        }
        return bytes.array();
    }
}
