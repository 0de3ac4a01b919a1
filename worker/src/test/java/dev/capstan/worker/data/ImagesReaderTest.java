package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Images;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagesReaderTest {
    private static final Images GREY = new Images(2, 2, 1);
    private static final Images COLOUR = new Images(2, 2, 3);

    @TempDir
    Path folder;

    @Test
    void aFolderIsAClassAndItsNameSaysWhich() throws Exception {
        for (var name : List.of("10/a.png", "9/b.PNG", "9/a.png", "9/.hidden", ".trash/x.png", "lost+found/x")) {
            write(name, "png", filled(BufferedImage.TYPE_INT_RGB, new Color(51, 51, 51)));
        }
        Files.writeString(folder.resolve("README"), "no image");
        var learned = learn(GREY, 0);
        assertEquals(List.of("9", "10"), learned.preprocessing().classes());
        assertArrayEquals(
                new int[] {0, 0, 1},
                IntStream.range(0, 3).map(learned.samples()::label).toArray());
        assertEquals(new Shape.Image(2, 2, 1), learned.preprocessing().shape());
        assertArrayEquals(new float[] {0.2f, 0.2f, 0.2f, 0.2f}, row(learned.samples(), 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "gif", "jpg"})
    void coloursComeChannelByChannel(String format) throws Exception {
        write("a/x." + format, format, filled(BufferedImage.TYPE_INT_RGB, new Color(255, 102, 0)));
        write("b/x." + format, format, filled(BufferedImage.TYPE_INT_RGB, new Color(0, 0, 255)));
        float tolerance = format.equals("jpg") ? 0.02f : 0;
        var samples = learn(COLOUR, 2).samples();
        assertArrayEquals(new float[] {1, 1, 1, 1, 0.4f, 0.4f, 0.4f, 0.4f, 0, 0, 0, 0}, row(samples, 0), tolerance);
        assertArrayEquals(new float[] {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}, row(samples, 1), tolerance);
    }

    @Test
    void greyIsAsItIsWritten() throws Exception {
        for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
            var image = new BufferedImage(2, 2, type);
            int full = type == BufferedImage.TYPE_BYTE_GRAY ? 255 : 65535;
            for (int i = 0; i < 4; i++) {
                image.getRaster().setSample(i % 2, i / 2, 0, full * (i + 1) / 5);
            }
            write(type + "/x.png", "png", image);
        }
        var samples = learn(GREY, 2).samples();
        assertArrayEquals(new float[] {0.2f, 0.4f, 0.6f, 0.8f}, row(samples, 0));
        assertArrayEquals(new float[] {0.2f, 0.4f, 0.6f, 0.8f}, row(samples, 1));
        assertArrayEquals(
                new float[] {0.2f, 0.4f, 0.6f, 0.8f, 0.2f, 0.4f, 0.6f, 0.8f, 0.2f, 0.4f, 0.6f, 0.8f},
                row(learn(COLOUR, 2).samples(), 0));
    }

    /** Grey as cameras and scanners write it, with one channel. */
    @Test
    void aGreyJpegIsGrey() throws Exception {
        var image = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 64; i++) {
            image.getRaster().setSample(i % 8, i / 8, 0, 51);
        }
        write("a/x.jpeg", "jpg", image);
        write("b/x.JPG", "jpg", image);
        assertArrayEquals(
                new float[] {0.2f, 0.2f, 0.2f, 0.2f}, row(learn(GREY, 2).samples(), 1), 0.01f);
    }

    /** Four channels, of which Adobe's programs write how much light is left rather than how much ink is put. */
    @Test
    void aJpegInTheColoursOfPrintIsRead() throws Exception {
        for (var name : List.of("a/x.jpg", "b/x.jpg")) {
            Files.createDirectories(folder.resolve(name).getParent());
            var cyan = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 8, 8, 4, null);
            for (int i = 0; i < 64; i++) {
                cyan.setPixel(i % 8, i / 8, new int[] {0, 255, 255, 255});
            }
            var writer = ImageIO.getImageWritersByFormatName("jpg").next();
            try (var out = ImageIO.createImageOutputStream(folder.resolve(name).toFile())) {
                writer.setOutput(out);
                writer.write(null, new IIOImage(cyan, null, null), null);
            } finally {
                writer.dispose();
            }
            marked(
                    folder.resolve(name),
                    ByteBuffer.allocate(16)
                            .putShort((short) 0xffee)
                            .putShort((short) 14)
                            .put("Adobe".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                            .put((byte) 100));
        }
        assertArrayEquals(
                new float[] {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
                row(learn(COLOUR, 2).samples(), 0),
                0.02f);
    }

    @Test
    void ofAGifTheFirstPictureCounts() throws Exception {
        var file = folder.resolve("a/x.gif");
        write("a/x.gif", "gif", filled(BufferedImage.TYPE_INT_RGB, Color.BLACK));
        write("b/x.gif", "gif", filled(BufferedImage.TYPE_INT_RGB, Color.WHITE));
        var writer = ImageIO.getImageWritersByFormatName("gif").next();
        try (var out = ImageIO.createImageOutputStream(file.toFile())) {
            writer.setOutput(out);
            writer.prepareWriteSequence(null);
            for (var colour : List.of(Color.RED, Color.BLUE)) {
                writer.writeToSequence(new IIOImage(filled(BufferedImage.TYPE_INT_RGB, colour), null, null), null);
            }
            writer.endWriteSequence();
        } finally {
            writer.dispose();
        }
        assertArrayEquals(
                new float[] {1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0},
                row(learn(COLOUR, 2).samples(), 0));
    }

    @Test
    void howACameraWasHeldIsLeftOutOfAccount() throws Exception {
        var image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 32 * 32; i++) {
            image.getRaster().setSample(i % 32, i / 32, 0, i % 32 < 16 ? 255 : 0);
        }
        write("a/x.jpg", "jpg", image);
        write("b/x.jpg", "jpg", image);
        turned(folder.resolve("b/x.jpg"));
        var samples = learn(GREY, 2).samples();
        assertArrayEquals(new float[] {1, 0, 1, 0}, row(samples, 0), 0.05f);
        assertArrayEquals(row(samples, 0), row(samples, 1));
    }

    @Test
    void colourBecomesItsLuma() throws Exception {
        write("a/x.png", "png", filled(BufferedImage.TYPE_INT_ARGB, new Color(255, 0, 0, 255)));
        write("b/x.png", "png", filled(BufferedImage.TYPE_INT_ARGB, new Color(0, 255, 0, 10)));
        var samples = learn(GREY, 2).samples();
        assertEquals(76 / 255f, row(samples, 0)[0]);
        assertEquals(150 / 255f, row(samples, 1)[0]);
    }

    /**
     * By hand: centres of the four target pixels lie at 0.25 and 1.75 of a row 0, 100, 200 (source 3 wide, target 2).
     */
    @Test
    void sizesAreBroughtToOneBilinearly() throws Exception {
        var image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_GRAY);
        for (int x = 0; x < 3; x++) {
            image.getRaster().setSample(x, 0, 0, 100 * x);
        }
        write("a/x.png", "png", image);
        write("b/x.png", "png", filled(BufferedImage.TYPE_BYTE_GRAY, Color.WHITE));
        var samples = learn(GREY, 2).samples();
        assertArrayEquals(new float[] {25 / 255f, 175 / 255f, 25 / 255f, 175 / 255f}, row(samples, 0));
        assertArrayEquals(new float[] {1, 1, 1, 1}, row(samples, 1));
    }

    @Test
    void testImagesAreReadAsTheTrainingImages() throws Exception {
        good();
        var like = learn(GREY, 2).preprocessing();
        Files.delete(folder.resolve("cat/a.png"));
        Files.delete(folder.resolve("cat"));
        var samples = DatasetReader.read("data.test", dataset(folder, GREY), like, folder);
        assertEquals(1, samples.label(0));
        assertRefused(
                () -> DatasetReader.read("data.test", dataset(folder, COLOUR), like, folder),
                "data.test: pvc://d/pets has a colour image of 2 by 2 pixels a sample; the network takes a grey image of 2"
                        + " by 2 pixels");
        write("cow/a.png", "png", filled(BufferedImage.TYPE_BYTE_GRAY, Color.WHITE));
        assertRefused(
                () -> DatasetReader.read("data.test", dataset(folder, GREY), like, folder),
                "data.test: pvc://d/pets/cow is no class; the network's are cat, dog");
    }

    interface Mistake {
        void in(Path folder) throws IOException;
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                bad(f -> remove(f), " does not exist"),
                bad(
                        f -> {
                            remove(f);
                            Files.writeString(f, "x");
                        },
                        " is a file; format images needs a folder that holds one for each class"),
                bad(
                        f -> {
                            remove(f.resolve("cat"));
                            remove(f.resolve("dog"));
                        },
                        " has no folder in it; format images needs one for each class"),
                bad(
                        f -> remove(f.resolve("dog")),
                        " has only one class, cat; there must be at least two to tell apart"),
                bad(
                        f -> Files.createDirectory(f.resolve("eel")),
                        " has 3 classes (cat, dog, eel); the output layer has 2 units, and needs one for each class"),
                bad(
                        f -> Files.delete(f.resolve("dog/a.png")),
                        "/dog is a class without images; remove the folder or put images in"),
                bad(
                        f -> Files.createDirectory(f.resolve("dog/big")),
                        "/dog/big is a folder; images must lie in the folder of their class itself"),
                bad(
                        f -> Files.copy(f.resolve("dog/a.png"), f.resolve("b.jpg")),
                        "/b.jpg lies beside the classes' folders; an image must lie in the folder of its class"),
                bad(
                        f -> Files.writeString(f.resolve("dog/list.txt"), "x"),
                        "/dog/list.txt has no image's name; images end in .png, .jpg, .jpeg, .bmp or .gif"),
                bad(f -> Files.write(f.resolve("dog/a.png"), new byte[0]), "/dog/a.png is empty; it must be an image"),
                bad(
                        f -> Files.writeString(f.resolve("dog/a.png"), "<html>Not found</html>"),
                        "/dog/a.png is no PNG, JPEG, BMP or GIF image, whatever its name says"),
                bad(f -> cut(f.resolve("dog/a.png")), "/dog/a.png is a broken image"),
                bad(f -> cut(picture(f.resolve("dog/b.jpg"), "jpg")), "/dog/b.jpg is a broken image"),
                bad(f -> cut(picture(f.resolve("dog/b.bmp"), "bmp")), "/dog/b.bmp is a broken image"),
                bad(f -> cut(picture(f.resolve("dog/b.gif"), "gif")), "/dog/b.gif is a broken image"),
                bad(f -> flipped(f.resolve("dog/a.png")), "/dog/a.png is a broken image"),
                bad(
                        f -> Files.write(f.resolve("dog/a.png"), png(0, 5)),
                        "/dog/a.png is a broken image, or one of a kind that isn't read: "),
                bad(
                        f -> Files.write(f.resolve("dog/a.png"), png(100_000, 100_000)),
                        "/dog/a.png has 100000 by 100000 pixels; an image needs 1 to 67108864 of them"));
    }

    private static Arguments bad(Mistake mistake, String sentence) {
        return Arguments.of(sentence, mistake);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void refuses(String sentence, Mistake mistake) throws Exception {
        good();
        mistake.in(folder);
        var e = assertThrows(Failure.class, () -> learn(GREY, 2));
        assertTrue(e.getMessage().startsWith("data.train: pvc://d/pets" + sentence), e.getMessage());
        assertEquals(Reason.InvalidData, e.reason());
    }

    private void good() throws IOException {
        write("cat/a.png", "png", filled(BufferedImage.TYPE_BYTE_GRAY, Color.BLACK));
        write("dog/a.png", "png", noise());
    }

    private Learned learn(Images images, int classes) {
        return DatasetReader.learn("data.train", dataset(folder, images), classes, folder);
    }

    private static void assertRefused(org.junit.jupiter.api.function.Executable reading, String sentence) {
        assertEquals(sentence, assertThrows(Failure.class, reading).getMessage());
    }

    private static Dataset dataset(Path path, Images images) {
        return new Dataset(new Place(path.toString(), "pvc://d/pets", null), Dataset.Format.IMAGES, null, images, null);
    }

    private static float[] row(Samples samples, int sample) {
        var row = new float[samples.inputs()];
        samples.copyInputs(sample, row, 0);
        return row;
    }

    private static BufferedImage filled(int type, Color colour) {
        var image = new BufferedImage(5, 4, type);
        for (int i = 0; i < 20; i++) {
            image.setRGB(i % 5, i / 5, colour.getRGB());
        }
        return image;
    }

    /** Large enough that a half of its file is a part of its rows. */
    private static BufferedImage noise() {
        var image = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
        var random = new java.util.Random(1);
        for (int i = 0; i < 64 * 64; i++) {
            image.getRaster().setSample(i % 64, i / 64, 0, random.nextInt(256));
        }
        return image;
    }

    private static Path picture(Path file, String format) throws IOException {
        assertTrue(ImageIO.write(noise(), format, file.toFile()));
        return file;
    }

    private void write(String name, String format, BufferedImage image) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        var opaque = image;
        if (image.getColorModel().hasAlpha() && !format.equals("png")) {
            throw new IllegalArgumentException(format + " has no transparency");
        }
        assertTrue(ImageIO.write(opaque, format, file.toFile()));
    }

    private static void cut(Path file) throws IOException {
        var bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    }

    /** Notes in a JPEG file, by Exif's tag for it, that it has to be turned by 90 degrees to be seen upright. */
    private static void turned(Path file) throws IOException {
        marked(
                file,
                ByteBuffer.allocate(36)
                        .putShort((short) 0xffe1)
                        .putShort((short) 34)
                        .put("Exif\0\0MM\0*".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                        .putInt(8)
                        .putShort((short) 1)
                        .putShort((short) 0x0112)
                        .putShort((short) 3)
                        .putInt(1)
                        .putShort((short) 6)
                        .putShort((short) 0)
                        .putInt(0));
    }

    /** Puts a segment behind the two bytes by which every JPEG file begins. */
    private static void marked(Path file, ByteBuffer segment) throws IOException {
        var bytes = Files.readAllBytes(file);
        var out = new ByteArrayOutputStream();
        out.write(bytes, 0, 2);
        out.writeBytes(segment.array());
        out.write(bytes, 2, bytes.length - 2);
        Files.write(file, out.toByteArray());
    }

    /** A bit of the compressed pixels is another one. */
    private static void flipped(Path file) throws IOException {
        var bytes = Files.readAllBytes(file);
        bytes[60] ^= 1;
        Files.write(file, bytes);
    }

    /** A PNG file's signature and header, with these dimensions. */
    private static byte[] png(int width, int height) {
        var header = ByteBuffer.allocate(17)
                .put("IHDR".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .putInt(width)
                .putInt(height)
                .put(new byte[] {8, 0, 0, 0, 0});
        var check = new java.util.zip.CRC32();
        check.update(header.array());
        var out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        out.writeBytes(ByteBuffer.allocate(4).putInt(13).array());
        out.writeBytes(header.array());
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) check.getValue()).array());
        return out.toByteArray();
    }

    private static void remove(Path path) throws IOException {
        try (var all = Files.walk(path)) {
            for (var each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
