package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobFile.Text;
import dev.capstan.protocol.JobFile.Text.Encoding;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TextReaderTest {
    private static final String REVIEWS = """
            label,text
            good,"A fine, fine film"
            bad,"The plot? The worst"
            good,"Fine."
            bad,!!!
            """;
    private static final Text SEQUENCE = new Text(true, 1, 0, Encoding.SEQUENCE, 3, 3);
    private static final Text BAG = new Text(true, 1, 0, Encoding.BAG_OF_WORDS, 3, 0);

    @TempDir
    Path folder;

    @Test
    void aSequenceHasItsWordsNumbersThenZeros() throws Exception {
        var learned = learn(REVIEWS, SEQUENCE, 2);
        assertEquals(List.of("fine", "the", "a"), learned.preprocessing().vocabulary());
        assertEquals(List.of("bad", "good"), learned.preprocessing().classes());
        assertEquals(new Shape.Tokens(3, 5), learned.preprocessing().shape());
        var samples = learned.samples();
        assertEquals(learned.preprocessing().shape(), samples.shape());
        assertArrayEquals(
                new int[] {1, 0, 1, 0},
                IntStream.range(0, 4).map(samples::label).toArray());
        assertArrayEquals(
                new int[] {3, 3, 1, 1},
                IntStream.range(0, 4).map(samples::length).toArray());
        assertArrayEquals(new float[] {4, 2, 2}, row(samples, 0));
        assertArrayEquals(new float[] {3, 1, 3}, row(samples, 1));
        assertArrayEquals(new float[] {2, 0, 0}, row(samples, 2));
        assertArrayEquals(new float[] {1, 0, 0}, row(samples, 3), "a text without words is an unknown word");
    }

    @Test
    void aBagCountsTheVocabularysWords() throws Exception {
        var learned = learn(REVIEWS, BAG, 2);
        assertEquals(new Shape.Flat(3), learned.preprocessing().shape());
        assertArrayEquals(new float[] {2, 0, 1}, row(learned.samples(), 0));
        assertArrayEquals(new float[] {0, 2, 0}, row(learned.samples(), 1));
        assertArrayEquals(new float[] {0, 0, 0}, row(learned.samples(), 3));
        assertEquals(3, learned.samples().length(3));
    }

    @Test
    void furtherTextsAreReadWithTheTrainingDatasWords() throws Exception {
        var like = learn(REVIEWS, SEQUENCE, 2).preprocessing();
        var samples = read("label,text\ngood,The film the film the\n", SEQUENCE, like);
        assertEquals(1, samples.label(0));
        assertArrayEquals(new float[] {3, 1, 3}, row(samples, 0));
        assertEquals(
                "data.test: pvc://d/t.csv, record 1: label \"fair\" is no class; the network's are bad, good",
                assertThrows(Failure.class, () -> read("label,text\nfair,x\n", SEQUENCE, like))
                        .getMessage());
        assertEquals(
                "data.test: pvc://d/t.csv has 3 numbers a sample; the network takes a sequence of 3 words out of 5",
                assertThrows(Failure.class, () -> read(REVIEWS, BAG, like)).getMessage());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "Don't STOP | don't stop",
                "'rock 'n' roll' | rock n roll",
                "the dogs\u2019 dog\u2019s | the dogs dog's",
                "3.5 km-long, 2nd | 3 5 km long 2nd",
                "\u00c9t\u00e9 e\u0301te\u0301 \u0130 | \u00e9t\u00e9 \u00e9t\u00e9 i\u0307",
                "\u0939\u093f\u0928\u094d\u0926\u0940 \u4e2d\u6587 | \u0939\u093f\u0928\u094d\u0926\u0940 \u4e2d\u6587"
            })
    void words(String text, String words) {
        assertEquals(List.of(words.split(" ")), Tokenizer.words(text).toList());
    }

    @Test
    void labelsThatAreAllNumbersAreSortedAsNumbers() {
        assertEquals(List.of("-1", "2", "10"), Classes.sorted(List.of("10", "2", "-1")));
        assertEquals(List.of("10", "2", "x"), Classes.sorted(List.of("x", "10", "2")));
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                Arguments.of(
                        "good,fine\n,poor\n", 1, 0, ", record 2: column 0, the label, is empty; every text needs one"),
                Arguments.of(
                        "good,fine\nbad,poor\nso,so\n",
                        1,
                        0,
                        ", record 3: label \"so\" is one class more than the 2"
                                + " units of the output layer, which needs one for each class"),
                Arguments.of(
                        "good,fine\ngood,poor\n",
                        1,
                        0,
                        " has only one class, good; there must be at least two to tell" + " apart"),
                Arguments.of("good,fine\nbad,so,so\n", 1, 0, ", record 2: it has 3 columns; the first record has 2"),
                Arguments.of(
                        "good,fine\n",
                        2,
                        0,
                        ", record 1: it has 2 columns, so text.textColumn 2 is none of them; it" + " may be -2 to 1"),
                Arguments.of(
                        "good,fine\n",
                        1,
                        -3,
                        ", record 1: it has 2 columns, so text.labelColumn -3 is none of them; it" + " may be -2 to 1"),
                Arguments.of(
                        "good,fine\n",
                        1,
                        -1,
                        ", record 1: it has 2 columns, so text.textColumn 1 and text.labelColumn"
                                + " -1 are the same one; they must be two"),
                Arguments.of(
                        "good,?\nbad,!\n",
                        1,
                        0,
                        " has no word in column 1 of any record; is text.textColumn 1 the" + " text's?"),
                Arguments.of("", 1, 0, " has no records"),
                Arguments.of("good,\"fine\nbad,poor\n", 1, 0, ", record 1: "),
                Arguments.of(
                        "good,fine\nbad,\u00ff\u00fe\n",
                        1,
                        0,
                        ", record 2: column 1 has bytes that are no UTF-8; the" + " file must be UTF-8 text"));
    }

    @ParameterizedTest(name = "{3}")
    @MethodSource("bad")
    void refuses(String text, int textColumn, int labelColumn, String sentence) throws Exception {
        // Latin 1: a character a byte, by which a table's text can be no UTF-8.
        Files.writeString(folder.resolve("t.csv"), text, StandardCharsets.ISO_8859_1);
        var options = new Text(false, textColumn, labelColumn, Encoding.SEQUENCE, 3, 3);
        var e = assertThrows(Failure.class, () -> DatasetReader.learn("data.train", dataset(options), 2, folder));
        assertEquals(Reason.InvalidData, e.reason());
        var expected = "data.train: pvc://d/t.csv" + sentence;
        assertEquals(
                expected,
                e.getMessage()
                        .substring(0, Math.min(expected.length(), e.getMessage().length())));
    }

    @Test
    void aQuotationMarkThatIsNeverClosedFillsNoMemory() throws Exception {
        try (var out = Files.newBufferedWriter(folder.resolve("t.csv"))) {
            out.write("good,fine\nbad,\"poor\n");
            for (int i = 0; i < 1 << 14; i++) {
                out.write("good,fine\n".repeat(200));
            }
        }
        var e = assertThrows(
                Failure.class,
                () -> DatasetReader.learn(
                        "data.train", dataset(new Text(false, 1, 0, Encoding.SEQUENCE, 3, 3)), 2, folder));
        assertEquals(
                "data.train: pvc://d/t.csv, record 2: it is longer than 16777216 characters; is a quotation mark missing?",
                e.getMessage());
    }

    @Test
    void aSurrogatePairIsNoBrokenText() throws Exception {
        var learned = learn("label,text\na,\ud800\udc00 \ud83d\ude00 x\nb,y\n", SEQUENCE, 2);
        assertEquals(List.of("x", "y", "\ud800\udc00"), learned.preprocessing().vocabulary());
    }

    @Test
    void moreDifferentWordsThanFitAreToldWithTheirNumber() throws Exception {
        var rows = new StringBuilder("label,text\n");
        for (int i = 0; i < 2000; i++) {
            rows.append(i % 2 == 0 ? "a" : "b").append(",word").append(i).append('\n');
        }
        Files.writeString(folder.resolve("t.csv"), rows);
        var e = assertThrows(
                Failure.class,
                () -> DatasetReader.learn("data.train", dataset(SEQUENCE), 2, new Room(1 << 20, 100_000, folder)));
        assertEquals(Reason.OutOfMemory, e.reason());
        assertTrue(
                e.getMessage()
                        .startsWith("data.train: pvc://d/t.csv, record 748: there are 748 different words so far, more"
                                + " than fit in 0 MiB, a quarter of the Java heap"),
                e.getMessage());
    }

    private Learned learn(String content, Text text, int classes) throws Exception {
        Files.writeString(folder.resolve("t.csv"), content);
        return DatasetReader.learn("data.train", dataset(text), classes, folder);
    }

    private Samples read(String content, Text text, Preprocessing like) throws Exception {
        Files.writeString(folder.resolve("t.csv"), content);
        return DatasetReader.read("data.test", dataset(text), like, folder);
    }

    private Dataset dataset(Text text) {
        return new Dataset(
                new Place(folder.resolve("t.csv").toString(), "pvc://d/t.csv", null),
                Dataset.Format.TEXT,
                null,
                null,
                text);
    }

    private static float[] row(Samples samples, int sample) {
        var row = new float[samples.inputs()];
        samples.copyInputs(sample, row, 0);
        return row;
    }
}
