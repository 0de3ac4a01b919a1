package dev.capstan.worker.serve.ask;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Column;
import dev.capstan.protocol.JobFile.Csv;
import dev.capstan.protocol.JobFile.Csv.Labels;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.JobFile.Images;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobFile.Text;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.Ground;
import dev.capstan.worker.data.Learned;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Interpreter;
import dev.capstan.worker.serve.Interpreter.ClassProbability;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model is asked with is what it was trained on. */
class InterpretersTest {
    private static final int SIDE = 28;
    private static final int LARGE = 90;

    @TempDir
    Path folder;

    /** A model that says the same to everything. */
    private record Fake(List<TensorSpec> inputs, List<TensorSpec> outputs, float... answer) implements Predictor {
        static Fake of(long inputs, float... answer) {
            return new Fake(
                    List.of(new TensorSpec("input", DataType.FP32, new long[] {-1, inputs})),
                    List.of(new TensorSpec("output", DataType.FP32, new long[] {-1, answer.length})),
                    answer);
        }

        @Override
        public boolean batches() {
            return true;
        }

        @Override
        public Map<String, Tensor> predict(Map<String, Tensor> given, Set<String> wanted) {
            return Map.of("output", floats(answer));
        }

        @Override
        public void close() {}
    }

    private static Tensor floats(float... numbers) {
        var data = ByteBuffer.allocate(Float.BYTES * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(numbers);
        return new Tensor(DataType.FP32, new long[] {1, numbers.length}, data);
    }

    @Test
    void digitsOfIdxAreAskedAboutAsImageFilesWhicheverWayRoundTheyAre() throws Exception {
        var digits = digits();
        var learned = learn(Format.IDX, writeIdx(digits), null, null, null);
        var asked = interpreter(learned, Ground.DARK, 2);
        assertEquals("image/png", asked.mediaTypes().getFirst());
        for (int i = 0; i < digits.length; i++) {
            var file = png(image(digits[i]));
            assertArrayEquals(row(learned, i), numbers(asked, file));
            // Black on white, as people draw; the training data has only white on black.
            var negative = digits[i].clone();
            for (int p = 0; p < negative.length; p++) {
                negative[p] = (byte) ~negative[p];
            }
            assertArrayEquals(row(learned, i), numbers(asked, png(image(negative))));
            // Where the training data doesn't say, nothing is turned.
            assertEquals(1, numbers(interpreter(learned, Ground.EITHER, 2), png(image(negative)))[0]);
        }
        // A photo of paper, coloured and larger.
        var paper = new BufferedImage(280, 280, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 280; y++) {
            for (int x = 0; x < 280; x++) {
                int grey = 255 - (digits[0][y / 10 * SIDE + x / 10] & 0xff);
                paper.setRGB(x, y, grey << 16 | grey << 8 | grey);
            }
        }
        assertArrayEquals(row(learned, 0), numbers(asked, png(paper)), 1.01f / 255);
    }

    @Test
    void imagesOfEveryKindBecomeTheNumbersThatTrainingMakesOfThem() throws Exception {
        var random = new Random(4);
        for (var channels : List.of(1, 3)) {
            var place = folder.resolve("images" + channels);
            for (var format : List.of("png", "jpg", "bmp", "gif")) {
                for (var name : List.of("cat", "dog")) {
                    var image = new BufferedImage(LARGE, 31, BufferedImage.TYPE_INT_RGB);
                    for (int p = 0; p < LARGE * 31; p++) {
                        image.setRGB(p % LARGE, p / LARGE, random.nextInt(1 << 24));
                    }
                    var file = Files.createDirectories(place.resolve(name)).resolve("x." + format);
                    assertTrue(ImageIO.write(image, format, file.toFile()));
                }
            }
            var learned = learn(Format.IMAGES, place, null, new Images(12, 9, channels), null);
            for (var ground : Ground.values()) {
                var asked = interpreter(learned, ground, 2);
                int sample = 0;
                for (var name : List.of("cat", "dog")) {
                    for (var format : List.of("bmp", "gif", "jpg", "png")) {
                        var file = ByteBuffer.wrap(
                                Files.readAllBytes(place.resolve(name).resolve("x." + format)));
                        if (channels == 3 || ground == Ground.EITHER) {
                            assertArrayEquals(row(learned, sample), numbers(asked, file), name + format);
                        }
                        sample++;
                    }
                }
            }
        }
    }

    @Test
    void textsAreCutAndNumberedAsInTraining() throws Exception {
        var texts = List.of(
                "One two, two: three!", "It's żółw \u2014 ŻÓŁW", "two one unheard-of four five six seven", "42");
        var file = new StringBuilder();
        for (int i = 0; i < texts.size(); i++) {
            file.append('"')
                    .append(texts.get(i))
                    .append("\",")
                    .append(i % 2 == 0 ? "good" : "bad")
                    .append('\n');
        }
        for (var encoding : Text.Encoding.values()) {
            var learned = learn(
                    Format.TEXT,
                    Files.writeString(folder.resolve("texts.csv"), file),
                    null,
                    null,
                    new Text(false, 0, 1, encoding, 6, 4));
            var asked = interpreter(learned, Ground.EITHER, 2);
            assertEquals(List.of("text/plain"), asked.mediaTypes());
            for (int i = 0; i < texts.size(); i++) {
                assertArrayEquals(
                        row(learned, i),
                        numbers(asked, ByteBuffer.wrap(texts.get(i).getBytes(UTF_8))),
                        texts.get(i));
            }
            refused(asked, new byte[] {'a', (byte) 0xff}, "the file has bytes that are no UTF-8");
            refused(asked, "\uFEFFa".getBytes(UTF_16LE), "the file is a text in UTF-16, by the mark at its start");
            refused(asked, "\uFEFFa".getBytes(UTF_16BE), "the file is a text in UTF-16, by the mark at its start");
            refused(asked, " ,;! ".getBytes(UTF_8), "the file has no word in it");
        }
    }

    @Test
    void rowsAreAskedAboutWithAndWithoutNamesAndLabels() throws Exception {
        var file = Files.writeString(folder.resolve("rows.csv"), "a,b,label\n1.5,-2e3,0\n0.25,7,1\n");
        var learned = learn(Format.CSV, file, new Csv(true, -1), null, null);
        var asked = interpreter(learned, Ground.EITHER, 2);
        var expected = new float[] {1.5f, -2000, 0.25f, 7};
        for (var text : List.of(
                "1.5,-2e3\n0.25,7\n",
                "1.5,-2e3\r\n0.25,7",
                "\ufeffa,b\n1.5,-2e3\n0.25,7\n",
                "1.5,-2e3,0\n0.25,7,1\n",
                "0,1.5,-2e3\n1,0.25,7\n",
                "a,class,b\n1.5,0,-2e3\n0.25,1,7\n",
                Files.readString(file))) {
            assertArrayEquals(expected, numbers(asked, ByteBuffer.wrap(text.getBytes(UTF_8))), text);
        }
        assertArrayEquals(expected, all(learned));
        for (var each : Map.of(
                        "", "the file has no records",
                        "a,b\n", "the file has the names of columns, and no row of numbers",
                        "1\n", "the file has 1 column; the model takes 2 numbers a row",
                        "1,2,3,4\n", "the file has 4 columns; the model takes 2 numbers a row",
                        "1,2\n3\n", "the file, record 2: it has 1 columns; the first record has 2",
                        "1,x\n", "the file, record 1: column 1 is \"x\"; it must be a finite number",
                        "1,NaN\n", "the file, record 1: column 1 is \"NaN\"",
                        "9,3,8\n", "neither the first nor the last may be the label",
                        "1,\"2\n", "the file, record 1: ")
                .entrySet()) {
            refused(asked, each.getKey().getBytes(UTF_8), each.getValue());
        }
        // As in training, where the label was the last; an older version didn't keep that.
        assertArrayEquals(new float[] {0, 3}, numbers(asked, ByteBuffer.wrap("0,3,1\n".getBytes(UTF_8))));
        var old = new Preprocessing(new Shape.Flat(2), List.of("0", "1"), null);
        refused(
                interpreter(old, Ground.EITHER, 2, 2),
                "0,3,1\n".getBytes(UTF_8),
                "both the first and the last may be the label");
    }

    @Test
    void rowsThatLieAsInTrainingAreReadAsInTraining() throws Exception {
        var file = Files.writeString(folder.resolve("wide.csv"), "ann;7;1;0,5\nbob;8;0;1,5\n".replace(',', '.'));
        var columns = List.of(new Column(3, null), new Column(1, null));
        var learned = learn(Format.CSV, file, new Csv(false, 2, null, ";", null, columns, null, null), null, null);
        var asked = interpreter(learned, Ground.EITHER, 2);
        var expected = new float[] {0.5f, 7, 1.5f, 8};
        assertArrayEquals(expected, all(learned));
        for (var text : List.of(
                Files.readString(file),
                "0.5;7\n1.5;8\n",
                "0.5,7\n1.5,8\n",
                "0.5,7,0\n1.5,8,1\n",
                "ann,7,1,0.5\nbob,8,0,1.5\n",
                "name;b;class;a\nann;7;1;0.5\nbob;8;0;1.5\n")) {
            assertArrayEquals(expected, numbers(asked, ByteBuffer.wrap(text.getBytes(UTF_8))), text);
        }
        refused(
                asked,
                "1;2;3;4;5\n".getBytes(UTF_8),
                "the file has 5 columns; the model takes 2 numbers a row, and a label beside them may be left in, or the"
                        + " rows may have all 4 columns of the training data");
        // A label between the columns that the network takes is none of its numbers, even where they could be labels.
        var between = Files.writeString(folder.resolve("between.csv"), "1,0,1\n0,1,3\n");
        learned = learn(Format.CSV, between, new Csv(false, 1), null, null);
        assertArrayEquals(
                new float[] {1, 1, 0, 3},
                numbers(interpreter(learned, Ground.EITHER, 2), ByteBuffer.wrap(Files.readAllBytes(between))));
    }

    @Test
    void aModelThatPredictsNumbersIsAskedWithRowsAndAnswersByName() throws Exception {
        var text = "size|floor|rent|price\n50|1|500|9e5\n70.5|3|900|1e6\n";
        var file = Files.writeString(folder.resolve("flats.csv"), text);
        var targets = List.of(new Column(null, "price"), new Column(null, "rent"));
        var csv = new Csv(true, -1, null, "|", null, null, targets, true);
        var learned = learn(Format.CSV, file, csv, null, null);
        var asked = interpreter(learned, Ground.EITHER, 2);
        assertEquals(List.of("text/csv"), asked.mediaTypes());
        assertTrue(asked.predictsNumbers());
        var expected = new float[] {50, 1, 70.5f, 3};
        for (var each :
                List.of(text, text.substring(text.indexOf('\n') + 1), "floor|size\n1|50\n3|70.5\n", "50,1\n70.5,3")) {
            assertArrayEquals(expected, numbers(asked, ByteBuffer.wrap(each.getBytes(UTF_8))), each);
        }
        refused(
                asked,
                "50|1|9e5\n".getBytes(UTF_8),
                "the file has 3 columns; the model takes 2 numbers a row, or the rows may have all 4 columns of the"
                        + " training data");
        assertEquals(
                List.of(
                        new Interpreter.Predictions(
                                List.of(new Interpreter.Prediction("price", 1), new Interpreter.Prediction("rent", 2))),
                        new Interpreter.Predictions(List.of(
                                new Interpreter.Prediction("price", -3), new Interpreter.Prediction("rent", 1e9f)))),
                asked.answers(Map.of("output", floats(1, 2, -3, 1e9f))));
    }

    @Test
    void aTableIsAskedAboutByTheNamesOfItsColumnsAndWithTheNamesOfItsClasses() throws Exception {
        var text = "id,a,kind,b\n9001,1.5,small,-2e3\n9002,0.25,large,7\n";
        var file = Files.writeString(folder.resolve("named.csv"), text);
        var columns = List.of(new Column(null, "a"), new Column(null, "b"));
        var csv = new Csv(true, -1, "kind", null, Labels.NAMES, columns, null, null);
        var learned = learn(Format.CSV, file, csv, null, null);
        assertEquals(List.of("large", "small"), learned.preprocessing().classes());
        var asked = interpreter(learned, Ground.EITHER, 2);
        var expected = new float[] {1.5f, -2000, 0.25f, 7};
        for (var each :
                List.of(text, "b,a\n-2e3,1.5\n7,0.25\n", "1.5,-2e3,small\n0.25,7,large\n", "1.5,-2e3\n0.25,7\n")) {
            assertArrayEquals(expected, numbers(asked, ByteBuffer.wrap(each.getBytes(UTF_8))), each);
        }
        refused(
                asked,
                "1.5,small\n".getBytes(UTF_8),
                "the file has the name of a class in a column that the model takes a number from");
    }

    @Test
    void whatIsNoImageIsRefusedInASentence() throws Exception {
        var asked =
                interpreter(new Preprocessing(new Shape.Image(2, 2, 1), List.of("a", "b"), null), Ground.DARK, 4, 2);
        refused(asked, new byte[0], "the file is empty; it must be an image");
        refused(asked, "GIF98".getBytes(UTF_8), "the file is no PNG, JPEG, BMP or GIF image");
        refused(asked, "<svg xmlns='http://www.w3.org/2000/svg'/>".getBytes(UTF_8), "the file is no PNG, JPEG");
        var png = new byte[png(image(digits()[0])).remaining()];
        png(image(digits()[0])).get(png);
        refused(asked, Arrays.copyOf(png, png.length / 2), "the file is a broken image");
        // Its header claims more than its bytes hold, and than memory does.
        ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 60_000);
        refused(asked, png, "the file has 60000 by 60000 pixels; an image needs 1 to 16777216 of them");
    }

    @Test
    void answersNameAllClassesTheLikeliestFirst() {
        var preprocessing = new Preprocessing(new Shape.Flat(2), List.of("ant", "bee", "cow"), null);
        var given = Interpreters.of(preprocessing, Ground.EITHER, Fake.of(2, 0.2f, 0.7f, 0.1f))
                .orElseThrow();
        var answers = given.answers(Map.of("output", floats(0.25f, 0.25f, 0.5f, 1, 0, 0)));
        assertEquals(
                List.of(
                        new ClassProbability("cow", 0.5f),
                        new ClassProbability("ant", 0.25f),
                        new ClassProbability("bee", 0.25f)),
                classes(answers.getFirst()));
        assertEquals("ant", classes(answers.get(1)).getFirst().name());
        // Another tool's model, without its last softmax.
        var logits = Interpreters.of(preprocessing, Ground.EITHER, Fake.of(2, 3, -1, 2))
                .orElseThrow();
        var classes = classes(logits.answers(Map.of("output", floats(0, 0, (float) Math.log(2))))
                .getFirst());
        assertEquals("cow", classes.getFirst().name());
        assertEquals(0.5, classes.getFirst().probability(), 1e-6);
        var failure =
                assertThrows(RequestException.class, () -> given.answers(Map.of("output", floats(Float.NaN, 0, 1))));
        assertEquals(Kind.INTERNAL, failure.kind());
    }

    private static List<ClassProbability> classes(Interpreter.Answer answer) {
        return ((Interpreter.Classes) answer).classes();
    }

    @Test
    void aModelThatDoesNotFitItsPreprocessingOrGivesNoClassesHasNoInterpreter() {
        var two = List.of("a", "b");
        none(new Preprocessing(new Shape.Flat(2), null, null), Fake.of(2, 0.5f));
        none(new Preprocessing(new Shape.Flat(2), List.of("price"), null), Fake.of(2, 0.5f));
        none(new Preprocessing(new Shape.Flat(2), two, null), Fake.of(2, 0.2f, 0.2f, 0.6f));
        none(new Preprocessing(new Shape.Flat(3), two, null), Fake.of(2, 0.4f, 0.6f));
        none(new Preprocessing(new Shape.Tokens(2, 9), two, null), Fake.of(2, 0.4f, 0.6f));
    }

    @Test
    void imagesGoInAsTheModelHasThem() {
        var preprocessing = new Preprocessing(new Shape.Image(1, 2, 3), List.of("a", "b"), null);
        var image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, 0xff0000);
        image.setRGB(1, 0, 0x0000ff);
        for (var each : Map.of(
                        new long[] {-1, 6}, "1.0 0.0 0.0 0.0 0.0 1.0",
                        new long[] {1, 3, 1, 2}, "1.0 0.0 0.0 0.0 0.0 1.0",
                        new long[] {-1, 1, -1, 3}, "1.0 0.0 0.0 0.0 0.0 1.0")
                .entrySet()) {
            var model = new Fake(
                    List.of(new TensorSpec("x", DataType.FP32, each.getKey())),
                    List.of(new TensorSpec("output", DataType.FP32, new long[] {-1, 2})),
                    0.5f,
                    0.5f);
            var input = Interpreters.of(preprocessing, Ground.EITHER, model)
                    .orElseThrow()
                    .inputs(png(image))
                    .get("x");
            assertEquals(each.getKey().length, input.shape().length);
            assertEquals(each.getValue(), words(Meaning.numbers(input)));
        }
    }

    private static String words(float[] numbers) {
        var text = new StringBuilder();
        for (float each : numbers) {
            text.append(text.isEmpty() ? "" : " ").append(each);
        }
        return text.toString();
    }

    private static void none(Preprocessing preprocessing, Predictor model) {
        assertTrue(Interpreters.of(preprocessing, Ground.EITHER, model).isEmpty(), preprocessing.toString());
    }

    private static void refused(Interpreter asked, byte[] file, String message) {
        var failure = assertThrows(RequestException.class, () -> asked.inputs(ByteBuffer.wrap(file)));
        assertTrue(
                failure.getMessage().startsWith("the file")
                        && failure.getMessage().contains(message),
                failure.getMessage());
        assertEquals(Kind.INVALID, failure.kind());
    }

    private static Interpreter interpreter(Learned learned, Ground ground, int classes) {
        return interpreter(learned.preprocessing(), ground, learned.samples().inputs(), classes);
    }

    private static Interpreter interpreter(Preprocessing preprocessing, Ground ground, int inputs, int classes) {
        return Interpreters.of(preprocessing, ground, Fake.of(inputs, new float[classes]))
                .orElseThrow();
    }

    private static float[] numbers(Interpreter asked, ByteBuffer file) {
        return Meaning.numbers(asked.inputs(file).get("input"));
    }

    private static float[] row(Learned learned, int sample) {
        var row = new float[learned.samples().inputs()];
        learned.samples().copyInputs(sample, row, 0);
        return row;
    }

    private static float[] all(Learned learned) {
        int inputs = learned.samples().inputs();
        var all = new float[learned.samples().size() * inputs];
        for (int i = 0; i < learned.samples().size(); i++) {
            learned.samples().copyInputs(i, all, i * inputs);
        }
        return all;
    }

    private Learned learn(Format format, Path path, Csv csv, Images images, Text text) {
        return DatasetReader.learn(
                "data.train",
                new Dataset(new Place(path.toString(), "pvc://x", null), format, csv, images, text),
                0,
                folder);
    }

    /** Bright strokes on black, the edge left free. */
    private static byte[][] digits() {
        var random = new Random(1);
        var digits = new byte[4][SIDE * SIDE];
        for (var digit : digits) {
            for (int p = 0; p < digit.length; p++) {
                int y = p / SIDE;
                int x = p % SIDE;
                boolean inside = y > 3 && y < SIDE - 4 && x > 9 && x < SIDE - 10;
                digit[p] = (byte) (inside ? random.nextInt(256) : 0);
            }
        }
        return digits;
    }

    private Path writeIdx(byte[][] digits) throws IOException {
        var place = Files.createDirectories(folder.resolve("idx"));
        try (var images = new DataOutputStream(Files.newOutputStream(place.resolve("t-images-idx3-ubyte")));
                var labels = new DataOutputStream(Files.newOutputStream(place.resolve("t-labels-idx1-ubyte")))) {
            for (int number : new int[] {0x803, digits.length, SIDE, SIDE}) {
                images.writeInt(number);
            }
            labels.writeInt(0x801);
            labels.writeInt(digits.length);
            for (int i = 0; i < digits.length; i++) {
                images.write(digits[i]);
                labels.write(i % 2);
            }
        }
        return place;
    }

    private static BufferedImage image(byte[] pixels) {
        var image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, SIDE, SIDE, pixels);
        return image;
    }

    private static ByteBuffer png(BufferedImage image) {
        var bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }
}
