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
import dev.capstan.worker.storage.FileName;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagesReaderTest {
    private static final Images GREY = new Images(2, 2, 1);
    private static final Images COLOUR = new Images(2, 2, 3);

    @TempDir
    Path folder;

    @Test
    void aFolderIsAClassAndItsNameSaysWhich() throws Exception {
        for (var name : List.of(
                "10/a.png",
                "9/b.PNG",
                "9/a.png",
                "9/.hidden",
                ".trash/x.png",
                "lost+found/x",
                "__MACOSX/9/._a.png",
                "9/._a.png",
                "9/Thumbs.db",
                "10/.ipynb_checkpoints/a-checkpoint.png",
                "10/@eaDir/a.png",
                "_SUCCESS",
                "9/a.png:Zone.Identifier",
                "9/a.png.crc",
                "10_$folder$",
                "..2026_11_30/9/a.png")) {
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

    /** By Exif's table: where the first row and the first column of what is written are seen. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "1, 1 2 3 4 5 6",
        "2, 3 2 1 6 5 4",
        "3, 6 5 4 3 2 1",
        "4, 4 5 6 1 2 3",
        "5, 1 4 2 5 3 6",
        "6, 4 1 5 2 6 3",
        "7, 6 3 5 2 4 1",
        "8, 3 6 2 5 1 4",
        "9, 1 2 3 4 5 6"
    })
    void aPictureIsTurnedAsTheCameraWasHeld(int orientation, String upright) throws Exception {
        boolean sideways = orientation >= 5 && orientation <= 8;
        var like = sideways ? new Images(3, 2, 1) : new Images(2, 3, 1);
        var image = new BufferedImage(48, 32, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 48 * 32; i++) {
            int part = i / 48 / 16 * 3 + i % 48 / 16;
            image.getRaster().setSample(i % 48, i / 48, 0, 40 * (part + 1));
        }
        write("a/x.jpg", "jpg", image);
        marked(folder.resolve("a/x.jpg"), exif(orientation));
        write("b/x.png", "png", image);
        var png = Files.readAllBytes(folder.resolve("b/x.png"));
        Files.write(folder.resolve("b/x.png"), withExif(png, orientation));
        var samples = learn(like, 2).samples();
        var expected = Stream.of(upright.split(" ")).mapToInt(Integer::parseInt).toArray();
        for (int sample = 0; sample < 2; sample++) {
            var row = row(samples, sample);
            for (int i = 0; i < expected.length; i++) {
                assertEquals(40 * expected[i] / 255f, row[i], 0.03f, "part " + i + " of sample " + sample);
            }
        }
    }

    /** Exif is written by all kinds of programs; what can't be read of it leaves the picture as it is. */
    @Test
    void brokenExifDoesNoHarm() throws Exception {
        var picture = filled(BufferedImage.TYPE_BYTE_GRAY, Color.WHITE);
        for (int length = 0; length < exif(6).capacity() - 4; length++) {
            write("a/" + length + ".jpg", "jpg", picture);
            var part = ByteBuffer.allocate(4 + length)
                    .put(exif(6).array(), 0, 4 + length)
                    .putShort(2, (short) (2 + length));
            marked(folder.resolve("a/" + length + ".jpg"), part);
        }
        write("b/x.png", "png", picture);
        assertEquals(33, learn(GREY, 2).samples().size());
    }

    /** Other programs show a picture whose profile is broken; the JDK's decoder refuses it. */
    @Test
    void aColourProfileThatIsBrokenIsReadOver() throws Exception {
        for (var name : List.of("a/x.jpg", "b/x.jpg")) {
            write(name, "jpg", filled(BufferedImage.TYPE_INT_RGB, new Color(255, 102, 0)));
            marked(
                    folder.resolve(name),
                    ByteBuffer.allocate(22)
                            .putShort((short) 0xffe2)
                            .putShort((short) 20)
                            .put("ICC_PROFILE\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                            .put(new byte[] {1, 1})
                            .putInt(0xdeadbeef));
        }
        assertArrayEquals(
                new float[] {1, 1, 1, 1, 0.4f, 0.4f, 0.4f, 0.4f, 0, 0, 0, 0},
                row(learn(COLOUR, 2).samples(), 0),
                0.02f);
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
                        " has no folder in it; format images needs one for each class; it is empty"),
                bad(
                        f -> {
                            for (var half : List.of("test", "train")) {
                                Files.createDirectories(f.resolve(half + "/ant"));
                                Files.createDirectory(f.resolve(half + "/bee"));
                            }
                            remove(f.resolve("cat"));
                            remove(f.resolve("dog"));
                        },
                        " holds folders with folders again; a class is a folder with images, so name the folder in which the"
                                + " classes lie, perhaps test in this one"),
                bad(f -> link(f.resolve("eel"), "gone"), "/eel is a link to gone, which isn't there"),
                bad(f -> link(f.resolve("dog/eel.png"), "gone"), "/dog/eel.png is a link to gone, which isn't there"),
                bad(f -> link(f.resolve("dog/eel.png"), "eel.png"), "/dog/eel.png is a link that leads back to itself"),
                bad(
                        f -> link(f.resolve("dog/pets"), ".."),
                        "/dog/pets is a folder; images must lie in the folder of their class itself"),
                bad(
                        f -> Files.createDirectory(f.resolve("dog/eel.png")),
                        "/dog/eel.png is a folder; images must lie in the folder of their class itself"),
                bad(
                        f -> Files.write(raw(f.resolve("dog"), "%E4.png"), png(1, 1)),
                        "/dog/\uFFFD.png has a name that isn't UTF-8, so that nobody can tell its letters; give it another"
                                + " name"),
                bad(
                        f -> Files.createDirectory(raw(f, "%C4pfel")),
                        "/\uFFFDpfel has a name that isn't UTF-8, so that nobody can tell its letters"),
                bad(
                        f -> {
                            Files.createDirectory(f.resolve("\u00c4pfel"));
                            Files.createDirectory(f.resolve("A\u0308pfel"));
                        },
                        "/\u00c4pfel looks like another folder beside it: the letters of one name are composed (Unicode's"
                                + " NFC), those of the other aren't (NFD, as Macs write them); give them one name"),
                bad(f -> Files.write(f.resolve("dog/a.png"), webp(0)), ODD + "a WebP image"),
                bad(f -> Files.write(f.resolve("dog/a.png"), webp(2)), ODD + "an animated WebP image"),
                bad(f -> Files.write(f.resolve("dog/a.png"), ascii("II*\0")), ODD + "a TIFF image"),
                bad(f -> Files.write(f.resolve("dog/a.png"), ascii("....ftypheic")), ODD + "a HEIC image"),
                bad(f -> Files.write(f.resolve("dog/a.png"), ascii("....ftypavif")), ODD + "an AVIF image"),
                bad(f -> Files.write(f.resolve("dog/a.png"), new byte[900]), ODD + "nothing but zeros"),
                bad(
                        f -> Files.writeString(f.resolve("dog/a.png"), "version https://git-lfs.github.com/spec/v1"),
                        ODD + "a pointer of Git LFS; git lfs pull fetches what it stands for"),
                bad(
                        f -> edited(picture(f.resolve("dog/a.jpg"), "jpg"), 0xffc0, 4, 12),
                        "/dog/a.jpg is a JPEG image of 1 channel of 12 bits, of a kind that isn't read: 8 bits a channel are"
                                + " read"),
                bad(
                        f -> edited(picture(f.resolve("dog/a.jpg"), "jpg"), 0xffc0, 1, 0xc9),
                        "/dog/a.jpg is a JPEG image of 1 channel of 8 bits, of a kind that isn't read: it is coded"
                                + " arithmetically"),
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
                        "/dog/a.png is a broken image, or one of a kind that isn't read: a PNG image of 8 bits a channel, grey; "),
                bad(
                        f -> Files.write(f.resolve("dog/a.png"), png(100_000, 100_000)),
                        "/dog/a.png has 100000 by 100000 pixels; an image needs 1 to 67108864 of them"));
    }

    private static final String ODD =
            "/dog/a.png is no PNG, JPEG, BMP or GIF image, whatever its name says; it looks like ";

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

    /** Who mends one file after another starts a job for each. */
    @Test
    void allFaultyFilesAreLookedForAndTenAreNamed() throws Exception {
        good();
        for (int i = 10; i < 25; i++) {
            Files.write(folder.resolve("cat/" + i + ".png"), new byte[0]);
        }
        Files.writeString(folder.resolve("dog/notes.txt"), "x");
        var e = assertThrows(Failure.class, () -> learn(GREY, 2));
        var sentence = e.getMessage();
        assertTrue(
                sentence.startsWith(
                        "data.train: pvc://d/pets has 16 faulty files: (1) cat/10.png is empty; it must be an"
                                + " image (2) cat/11.png is empty;"),
                sentence);
        assertTrue(sentence.endsWith(" (10) cat/19.png is empty; it must be an image, and 6 more"), sentence);
        assertEquals(Reason.InvalidData, e.reason());
    }

    /** What is said fits into what a container may say at its end: 4096 bytes. */
    @Test
    void ofLongNamesFewerAreNamed() throws Exception {
        good();
        for (int i = 10; i < 25; i++) {
            Files.write(folder.resolve("cat/" + "\u82f9".repeat(80) + i + ".png"), new byte[0]);
        }
        var sentence = assertThrows(Failure.class, () -> learn(GREY, 2)).getMessage();
        assertTrue(sentence.getBytes(java.nio.charset.StandardCharsets.UTF_8).length < 3500, sentence);
        assertTrue(sentence.endsWith("17.png is empty; it must be an image, and 7 more"), sentence);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u82f9\u679c",
                "\u00c4pfel",
                "A\u0308pfel",
                "\u041a\u043e\u0448\u043a\u0430",
                "\u0642\u0637\u0629",
                "\ud83d\udc08\u200d\u2b1b",
                "a b ",
                "100%",
                "%41",
                "#1",
                "x\ny",
                "-rf"
            })
    void namesStayAsTheyAreLetterByLetter(String name) throws Exception {
        write(name + "/" + name + ".PNG", "png", filled(BufferedImage.TYPE_BYTE_GRAY, Color.WHITE));
        write("zz/a.png", "png", filled(BufferedImage.TYPE_BYTE_GRAY, Color.BLACK));
        var learned = learn(GREY, 2);
        assertTrue(learned.preprocessing().classes().contains(name));
        assertEquals(2, learned.preprocessing().classes().size());
        Files.write(folder.resolve(name + "/" + name + ".PNG"), new byte[0]);
        assertRefused(
                () -> learn(GREY, 2),
                "data.train: pvc://d/pets/" + FileName.shown(name) + "/" + FileName.shown(name)
                        + ".PNG is empty; it must be an image");
    }

    /**
     * Macs take the letters of names apart; what was packed there and what comes from elsewhere are the same classes.
     */
    @Test
    void testFoldersFromAMacAreTheClassesThatTheyLookLike() throws Exception {
        write("\u00c4pfel/a.png", "png", filled(BufferedImage.TYPE_BYTE_GRAY, Color.WHITE));
        write("Birnen/a.png", "png", filled(BufferedImage.TYPE_BYTE_GRAY, Color.BLACK));
        var like = learn(GREY, 2).preprocessing();
        assertEquals(List.of("Birnen", "\u00c4pfel"), like.classes());
        remove(folder.resolve("Birnen"));
        Files.move(folder.resolve("\u00c4pfel"), folder.resolve("A\u0308pfel"));
        var samples = DatasetReader.read("data.test", dataset(folder, GREY), like, folder);
        assertEquals(1, samples.label(0));
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
        try (var out = Files.newOutputStream(file)) {
            assertTrue(ImageIO.write(opaque, format, out));
        }
    }

    private static void cut(Path file) throws IOException {
        var bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    }

    /** A JPEG's segment that says, by Exif's tag for it, how the picture has to be turned to be seen upright. */
    private static ByteBuffer exif(int orientation) {
        return ByteBuffer.allocate(36)
                .putShort((short) 0xffe1)
                .putShort((short) 34)
                .put(ascii("Exif\0\0MM\0*"))
                .putInt(8)
                .putShort((short) 1)
                .putShort((short) 0x0112)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) orientation)
                .putShort((short) 0)
                .putInt(0)
                .flip();
    }

    /** The same as PNG has it, before its end. */
    private static byte[] withExif(byte[] png, int orientation) {
        var exif = exif(orientation).slice(10, 26);
        var chunk = ByteBuffer.allocate(4 + 26).put(ascii("eXIf")).put(exif);
        var check = new java.util.zip.CRC32();
        check.update(chunk.array());
        int end = png.length - 12;
        return ByteBuffer.allocate(png.length + 12 + 26)
                .put(png, 0, end)
                .putInt(26)
                .put(chunk.array())
                .putInt((int) check.getValue())
                .put(png, end, 12)
                .array();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    private static byte[] webp(int flags) {
        return Arrays.copyOf(ascii("RIFF....WEBPVP8X...." + (char) flags), 60);
    }

    private static void link(Path link, String target) throws IOException {
        Files.createSymbolicLink(link, Path.of(target));
    }

    /** A name of bytes that are no UTF-8, such as those of ISO 8859-1 that old archives have. */
    private static Path raw(Path folder, String escaped) {
        return Path.of(java.net.URI.create(folder.toUri() + escaped));
    }

    /** Another byte in a JPEG, counted from the marker on. */
    private static void edited(Path file, int marker, int place, int value) throws IOException {
        var bytes = Files.readAllBytes(file);
        for (int at = 2; ; at++) {
            if (ByteBuffer.wrap(bytes).getShort(at) == (short) marker) {
                bytes[at + place] = (byte) value;
                Files.write(file, bytes);
                return;
            }
        }
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
