package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Column;
import dev.capstan.protocol.JobFile.Csv;
import dev.capstan.protocol.JobFile.Csv.Labels;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.outcome.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvReaderTest {
    @TempDir
    Path folder;

    static Stream<Arguments> good() {
        return Stream.of(
                Arguments.of("label last", false, -1, "1.5,2,0\n3,4e-1,2\n"),
                Arguments.of("label first", false, 0, "0,1.5,2\n2,3,4e-1\n"),
                Arguments.of("label in the middle, from the end", false, -2, "1.5,0,2\n3,2,0.4\n"),
                Arguments.of("a header", true, 2, "a,b,class\n1.5,2,0\n3,.4,2\n"),
                Arguments.of(
                        "a header with a line break and a comma", true, 2, "\"a\nx\",\"b,y\",c\n1.5,2,0\n3,.4,2\n"),
                Arguments.of("quotes, spaces and DOS line ends", false, -1, "\"1.5\", 2 ,\"0\"\r\n3,0.40,2\r\n"),
                Arguments.of("a blank line after each record", false, -1, "1.5,2,0\n\n3,0.4,2\n\n\n"),
                Arguments.of("a byte order mark", false, -1, "\uFEFF1.5,2,0\n3,0.4,2\n"),
                Arguments.of("empty lines and no line end", false, -1, "\n1.5,+2,0\n\n3,0.4,2"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("good")
    void reads(String name, boolean header, int labelColumn, String text) throws Exception {
        var samples = read(text, header, labelColumn, 3);
        assertArrayEquals(new int[] {0, 2}, labels(samples));
        assertArrayEquals(new float[] {1.5f, 2f}, row(samples, 0));
        assertArrayEquals(new float[] {3f, 0.4f}, row(samples, 1));
        assertEquals(2, samples.inputs());
    }

    @Test
    void allFilesOfAFolderAreReadInTheOrderOfTheirNames() throws Exception {
        Files.writeString(folder.resolve("b.csv"), "x,y\n3,2\n");
        Files.writeString(folder.resolve("a.csv"), "x,y\n1,0\n2,1\n");
        Files.writeString(folder.resolve("notes.txt"), "not data");
        var samples = read(folder, new Csv(true, -1), 3);
        assertArrayEquals(new int[] {0, 1, 2}, labels(samples));
        assertArrayEquals(new float[] {3f}, row(samples, 2));
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                Arguments.of("1,2,0\n1,x,0\n", -1, "record 2: column 1 is \"x\"; it must be a finite number"),
                Arguments.of(
                        "1,2,0\n1,\"2,5\",0\n",
                        -1,
                        "record 2: column 1 is \"2,5\"; it must be a finite number, whose decimals come after a point"),
                Arguments.of(
                        "length,width,class\n1,2,0\n",
                        -1,
                        "record 1: column 0 is \"length\"; it must be a finite number; the record seems to name the"
                                + " columns: set csv.header: true"),
                Arguments.of(
                        "1;2;0\n",
                        -1,
                        "record 1: it has 1 column; it needs a label and at least one number; its columns seem to be"
                                + " separated by \";\": set csv.delimiter: \";\""),
                Arguments.of(
                        "1\t2\t0\n",
                        -1,
                        "record 1: it has 1 column; it needs a label and at least one number; its columns seem to be"
                                + " separated by \"\\t\": set csv.delimiter: \"\\t\""),
                Arguments.of(
                        "1,2,1\n1,2,2\n1,2,3\n",
                        -1,
                        "record 3: label \"3\" is no class; the output layer has 3 units, so labels are whole numbers"
                                + " from 0 to 2; they seem to be counted from 1: subtract 1, or set csv.labels: names"),
                Arguments.of(
                        "1,2,0.37\n",
                        -1,
                        "record 1: label \"0.37\" is no class; the output layer has 3 units, so labels are whole numbers"
                                + " from 0 to 2; to predict numbers, name the column in csv.targetColumns instead"),
                Arguments.of(
                        "1,?,0\n",
                        -1,
                        "record 1: column 1 is \"?\"; it must be a finite number, and there is no value: fill it in, or"
                                + " leave the record out"),
                Arguments.of(
                        "1,,0\n",
                        -1,
                        "record 1: column 1 is \"\"; it must be a finite number, and there is no value: fill it in, or leave the"
                                + " record out"),
                Arguments.of(
                        "1,NaN,0\n",
                        -1,
                        "record 1: column 1 is \"NaN\"; it must be a finite number, and there is no value: fill it in, or leave"
                                + " the record out"),
                Arguments.of("1,1e99,0\n", -1, "record 1: column 1 is \"1e99\"; it must be a finite number"),
                Arguments.of("1,2f,0\n", -1, "record 1: column 1 is \"2f\"; it must be a finite number"),
                Arguments.of("1,0x1p3,0\n", -1, "record 1: column 1 is \"0x1p3\"; it must be a finite number"),
                Arguments.of("1,0X1P3,0\n", -1, "record 1: column 1 is \"0X1P3\"; it must be a finite number"),
                Arguments.of("1,2,0\n1,0\n", -1, "record 2: it has 2 columns; the first record has 3"),
                Arguments.of(
                        "1,2,3\n",
                        -1,
                        "record 1: label \"3\" is no class; the output layer has 3 units, so labels are whole numbers from 0 to 2;"
                                + " they seem to be counted from 1: subtract 1, or set csv.labels: names"),
                Arguments.of(
                        "1,2,0\n1,2,3\n",
                        -1,
                        "record 2: label \"3\" is no class; the output layer has 3 units, so labels are whole numbers from 0 to 2"),
                Arguments.of(
                        "1,2,cat\n",
                        -1,
                        "record 1: label \"cat\" is no class; the output layer has 3 units, so labels are whole numbers from 0 to 2;"
                                + " if classes have names, set csv.labels: names"),
                Arguments.of(
                        "1,2,1.0\n",
                        -1,
                        "record 1: label \"1.0\" is no class; the output layer has 3 units, so labels are whole numbers from 0 to 2;"
                                + " write it without a point, or set csv.labels: names"),
                Arguments.of("0\n1\n", 0, "record 1: it has 1 column; it needs a label and at least one number"),
                Arguments.of(
                        "1,2,0\n",
                        3,
                        "record 1: it has 3 columns, so csv.labelColumn 3 is none of them; it may be -3 to 2"),
                Arguments.of(
                        "1,2,0\n",
                        -4,
                        "record 1: it has 3 columns, so csv.labelColumn -4 is none of them; it may be -3 to 2"));
    }

    @ParameterizedTest(name = "{2}")
    @MethodSource("bad")
    void refuses(String text, int labelColumn, String sentence) {
        var e = assertThrows(Failure.class, () -> read(text, false, labelColumn, 3));
        assertEquals("data.train: pvc://d/some.csv, " + sentence, e.getMessage());
        assertEquals(Reason.InvalidData, e.reason());
    }

    @ParameterizedTest
    @MethodSource("badQuotes")
    void refusesBrokenQuotes(String text, String beginning) {
        var e = assertThrows(Failure.class, () -> read(text, false, -1, 3));
        assertEquals(Reason.InvalidData, e.reason());
        assertEquals(
                "data.train: pvc://d/some.csv, " + beginning,
                e.getMessage().substring(0, Math.min(e.getMessage().length(), 30 + beginning.length())));
    }

    static Stream<Arguments> badQuotes() {
        return Stream.of(
                Arguments.of("1,2,0\n\"1\"x,2,0\n", "record 2: "), Arguments.of("1,2,0\n1,\"2,0\n", "record 2: "));
    }

    @Test
    void filesAreReadGzippedAndInUtf16WithItsMark() throws Exception {
        var text = "1.5;2;0\r\n3;0.4;2\r\n";
        var utf16 = folder.resolve("a.csv");
        Files.writeString(utf16, "\uFEFF" + text, StandardCharsets.UTF_16LE);
        var zipped = folder.resolve("b.csv.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        for (var file : List.of(utf16, zipped)) {
            var samples = read(file, csv(false, ";", null, null, null), 3);
            assertArrayEquals(new int[] {0, 2}, labels(samples), file.toString());
            assertArrayEquals(new float[] {3f, 0.4f}, row(samples, 1));
        }
        Files.write(zipped, Arrays.copyOf(Files.readAllBytes(zipped), 20));
        assertThrows(Failure.class, () -> read(zipped, new Csv(false, -1), 3));
    }

    @Test
    void classesHaveNames() throws Exception {
        var learned = learn("5,1,setosa\n6,2,virginica\n5,1,Äpfel 苹果\n6,1,setosa\n", names(), 3);
        assertEquals(
                List.of("setosa", "virginica", "Äpfel 苹果"),
                learned.preprocessing().classes());
        assertArrayEquals(new int[] {0, 1, 2, 0}, labels(learned.samples()));
        // Counted from 1, as people count.
        assertEquals(
                List.of("1", "2", "10"),
                learn("5,10\n5,2\n5,1\n", names(), 3).preprocessing().classes());
        assertEquals(
                "data.train: pvc://d/some.csv, record 2: column 2, the label, is empty; every record needs one",
                refusal("5,1,setosa\n6,2,\n", names(), 3));
        assertEquals(
                "data.train: pvc://d/some.csv has 2 classes (a, b); the output layer has 3 units, and needs one for each"
                        + " class",
                refusal("5,1,a\n6,2,b\n", names(), 3));
    }

    @Test
    void aTestSetHasTheClassesThatWereLearntWhateverItSaysOfThem() throws Exception {
        var learned = learn("5,b\n6,a\n", names(), 2).preprocessing();
        assertArrayEquals(new int[] {0, 1}, labels(read("1,a\n2,b\n", new Csv(false, -1), learned)));
        assertEquals(
                "data.test: pvc://d/some.csv, record 1: label \"0\" is no class; the network's are a, b",
                assertThrows(Failure.class, () -> read("1,0\n", new Csv(false, -1), learned))
                        .getMessage());
    }

    @Test
    void columnsAreTakenByNameOrIndex() throws Exception {
        var csv = csv(true, null, null, List.of(new Column(null, "income"), new Column(1, null)), null);
        var learned = learn("id,age,income,class\n901,30,2.5,0\n902,40,3.5,1\n", csv, 2);
        assertArrayEquals(new float[] {2.5f, 30f}, row(learned.samples(), 0));
        assertEquals(List.of("income", "age"), learned.preprocessing().columns());
        // By the names that were learned, wherever they are.
        var test = read("class,age,income,more\n1,50,4.5,x\n", new Csv(true, 0), learned.preprocessing());
        assertArrayEquals(new float[] {4.5f, 50f}, row(test, 0));
        assertArrayEquals(new int[] {1}, labels(test));
        assertEquals(
                "data.test: pvc://d/some.csv has no column \"income\", which the network takes; its columns are class,"
                        + " age, salary, and the same names as in the training data are needed, in any order",
                assertThrows(
                                Failure.class,
                                () -> read("class,age,salary\n1,50,4.5\n", new Csv(true, 0), learned.preprocessing()))
                        .getMessage());
    }

    static Stream<Arguments> badColumns() {
        var age = new Column(null, "age");
        return Stream.of(
                Arguments.of(
                        csv(true, null, null, List.of(new Column(null, "height")), null),
                        " has no column \"height\", which csv.columns names; its columns are age, age, class"),
                Arguments.of(
                        csv(true, null, null, List.of(age), null),
                        " has two columns \"age\", 0 and 1; give the index of one of them in csv.columns"),
                Arguments.of(
                        csv(false, null, null, List.of(age), null),
                        " csv.columns has the name \"age\", and names of columns are known with csv.header: true only; set"
                                + " that if the first line names them, or give the column's index"),
                Arguments.of(
                        csv(true, null, null, List.of(new Column(0, null), new Column(-3, null)), null),
                        " column 0 (age) is named twice in csv.columns; name it once"),
                Arguments.of(
                        csv(true, null, null, List.of(new Column(2, null)), null),
                        " column 2 (class) is both what the network takes and csv.labelColumn, what it should tell; name"
                                + " another one"),
                Arguments.of(
                        csv(true, null, null, List.of(new Column(3, null)), null),
                        ", record 1: it has 3 columns, so csv.columns 3 is none of them; it may be -3 to 2"),
                Arguments.of(
                        csv(true, null, null, List.of(new Column(0, null)), List.of(new Column(0, null))),
                        " column 0 (age) is both what the network takes and one of csv.targetColumns, what it should"
                                + " predict; leave it out of one of them"),
                Arguments.of(
                        csv(true, null, null, null, List.of(new Column(0, null), new Column(1, null))),
                        " names 2 csv.targetColumns; the output layer has 3 units, and needs one for each"));
    }

    /** As pandas and R write it, and pandas reads and writes it again. */
    @ParameterizedTest
    @ValueSource(strings = {"", "Unnamed: 0"})
    void aColumnWithoutANameIsNotLearntFromUnlessTheJobListsIt(String name) throws Exception {
        var text = name + ",age,class\n0,2,0\n1,3,1\n";
        assertEquals(
                "data.train: pvc://d/some.csv has no name for column 0" + (name.isEmpty() ? "" : " but \"Unnamed: 0\"")
                        + ", which most often has the rows' numbers, as pandas writes them without index=False; take it"
                        + " out, or list the columns to learn from in csv.columns",
                refusal(text, csv(true, null, null, null, null), 2));
        var listed = csv(true, null, null, List.of(new Column(0, null), new Column(1, null)), null);
        assertArrayEquals(new float[] {1, 3}, row(learn(text, listed, 2).samples(), 1));
        var without = csv(true, null, null, List.of(new Column(null, "age")), null);
        assertArrayEquals(new float[] {3}, row(learn(text, without, 2).samples(), 1));
    }

    @ParameterizedTest
    @MethodSource("badColumns")
    void columnsThatCannotBe(Csv csv, String sentence) {
        assertEquals(
                "data.train: pvc://d/some.csv" + sentence,
                refusal(
                        "age,age,class\n1,2,0\n2,3,1\n",
                        csv,
                        csv.targets() != null && csv.targets().size() == 1 ? 1 : 3));
    }

    @Test
    void headersOfASetAreCompared() throws Exception {
        Files.writeString(folder.resolve("a.csv"), "age,income,class\n1,2,0\n");
        Files.writeString(folder.resolve("b.csv"), "income,age,class\n1,2,1\n");
        assertEquals(
                "data.train: pvc://d/some.csv/b.csv has another header than a.csv: column 0 is \"income\", not \"age\"; all"
                        + " files of a set must have the same columns in the same order",
                assertThrows(Failure.class, () -> read(folder, new Csv(true, -1), 3))
                        .getMessage());
        Files.writeString(folder.resolve("b.csv"), "age,income,class\n1,2,3,1\n");
        assertEquals(
                "data.train: pvc://d/some.csv/b.csv, record 1: it has 4 columns; the header has 3; if the first one has the names of"
                        + " rows, give it a name in the header, too",
                assertThrows(Failure.class, () -> read(folder, new Csv(true, -1), 3))
                        .getMessage());
    }

    /** The first file sets the columns; where it is the odd one out, the others may be right. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bothSidesAreNamedWhereTheFirstFileIsTheOddOne(boolean header) throws Exception {
        for (int part = 0; part < 4; part++) {
            var names = part == 0 ? "age,class\n" : "age,income,class\n";
            Files.writeString(
                    folder.resolve("part-" + part + ".csv"), (header ? names : "") + (part == 0 ? "1,0\n" : "1,2,1\n"));
        }
        var sentence = assertThrows(Failure.class, () -> read(folder, new Csv(header, -1), 3))
                .getMessage();
        var first = header
                ? "part-1.csv has another header than part-0.csv: 3 columns, not 2;"
                : "part-1.csv, record 1: it has 3 columns; the first record of part-0.csv has 2";
        assertTrue(sentence.startsWith("data.train: pvc://d/some.csv has 3 faulty files: (1) " + first), sentence);
        assertTrue(
                sentence.endsWith(
                        "; 3 of 4 files have the columns of part-1.csv, so it may be part-0.csv, the first one,"
                                + " that is to blame"),
                sentence);
        Files.delete(folder.resolve("part-2.csv"));
        Files.delete(folder.resolve("part-3.csv"));
        assertEquals(
                "data.train: pvc://d/some.csv/part-1.csv"
                        + (header
                                ? " has another header than part-0.csv: 3 columns, not 2; all files of a set must have the"
                                        + " same columns in the same order"
                                : ", record 1: it has 3 columns; the first record of part-0.csv has 2"),
                assertThrows(Failure.class, () -> read(folder, new Csv(header, -1), 3))
                        .getMessage());
    }

    @Test
    void whatTablesOfOtherToolsHaveIsSeenForWhatItIs() {
        assertEquals(
                "data.train: pvc://d/some.csv, record 2: it repeats the header, as where files were put one behind the"
                        + " other; leave it out",
                refusal("age,class\n1,0\nage,class\n2,1\n", new Csv(true, -1), 2));
        assertEquals(
                "data.train: pvc://d/some.csv, record 1: it has 3 columns; the header has 2; its last column is empty: is"
                        + " there a delimiter at the end of the line?",
                refusal("age,class\n1,0,\n", new Csv(true, -1), 2));
        assertEquals(
                "data.train: pvc://d/some.csv, record 1: it has 3 columns; the header has 2; if the first one has the names"
                        + " of rows, give it a name in the header, too",
                refusal("age,class\n\"1\",40,0\n", new Csv(true, -1), 2));
        assertEquals(
                "data.train: pvc://d/some.csv, record 1: column 0 (rich) is \"False\"; it must be a finite number; write 1"
                        + " for true, and 0 for false",
                refusal("rich,class\nFalse,0\n", new Csv(true, -1), 2));
        assertEquals(
                "data.train: pvc://d/some.csv, record 2: column 1, the label, is \"?\"; every record needs one",
                refusal("1,none\n1,?\n", names(), 2));
    }

    @Test
    void aSentenceNamesTheColumn() {
        assertEquals(
                "data.train: pvc://d/some.csv, record 2: column 1 (income) is \"high\"; it must be a finite number",
                refusal("age,income,class\n1,2,0\n1,high,1\n", new Csv(true, -1), 3));
    }

    @Test
    void numbersToPredict() throws Exception {
        var csv = csv(true, null, null, null, List.of(new Column(null, "price"), new Column(0, null)));
        var learned = learn("year,rooms,price\n1990,3,250.5\n2001,4,-1\n", csv, 2);
        assertEquals(List.of("price", "year"), learned.preprocessing().targets());
        assertEquals(List.of(), learned.preprocessing().classes());
        assertArrayEquals(new float[] {4f}, row(learned.samples(), 1));
        var target = new float[2];
        learned.samples().subset(new int[] {1}).copyTarget(0, target);
        assertArrayEquals(new float[] {-1f, 2001f}, target);
        assertEquals(
                "data.test: pvc://d/some.csv names no csv.targetColumns; the network predicts price, year, so name the"
                        + " columns with these numbers",
                assertThrows(Failure.class, () -> read("1,2\n", new Csv(false, -1), learned.preprocessing()))
                        .getMessage());
    }

    @Test
    void meansAndDeviationsAreLearntAndTheSamplesStayAsTheyAre() throws Exception {
        var csv = new Csv(false, -1, null, null, null, null, null, true);
        var learned = learn("1,7,0\n2,7,1\n6,7,1\n", csv, 2);
        var scaling = learned.preprocessing().scaling();
        assertEquals(List.of(3.0, 7.0), scaling.mean());
        assertEquals(Math.sqrt(14 / 3.0), scaling.deviation().get(0), 1e-12);
        assertEquals(1.0, scaling.deviation().get(1));
        assertArrayEquals(new float[] {1f, 7f}, row(learned.samples(), 0));
        var test = read("9,9,0\n", new Csv(false, -1), learned.preprocessing());
        assertArrayEquals(new float[] {9f, 9f}, row(test, 0));
    }

    @Test
    void aFileWithoutRecords() {
        var e = assertThrows(Failure.class, () -> read("a,b\n", true, -1, 3));
        assertEquals("data.train: pvc://d/some.csv has no records", e.getMessage());
    }

    @Test
    void aFolderWithoutFiles() {
        var e = assertThrows(Failure.class, () -> read(folder, new Csv(true, -1), 3));
        assertEquals("data.train: pvc://d/some.csv has no file *.csv; it is empty", e.getMessage());
    }

    @Test
    void theFileOfAFolderIsNamed() throws Exception {
        Files.writeString(folder.resolve("a.csv"), "1,0\n2,9\n");
        var e = assertThrows(Failure.class, () -> read(folder, new Csv(false, -1), 3));
        assertEquals(
                "data.train: pvc://d/some.csv/a.csv, record 2: label \"9\" is no class; the output layer has 3 units, so"
                        + " labels are whole numbers from 0 to 2",
                e.getMessage());
    }

    private Samples read(String text, boolean header, int labelColumn, int classes) throws Exception {
        var file = folder.resolve("some.csv");
        Files.writeString(file, text, StandardCharsets.UTF_8);
        return read(file, new Csv(header, labelColumn), classes);
    }

    private Samples read(Path path, Csv csv, int classes) {
        return DatasetReader.learn("data.train", dataset(path, csv), classes, folder)
                .samples();
    }

    private Samples read(String text, Csv csv, Preprocessing like) throws Exception {
        return DatasetReader.read("data.test", dataset(file(text), csv), like, folder);
    }

    private Learned learn(String text, Csv csv, int classes) throws Exception {
        return DatasetReader.learn("data.train", dataset(file(text), csv), classes, folder);
    }

    private String refusal(String text, Csv csv, int classes) {
        return assertThrows(Failure.class, () -> learn(text, csv, classes)).getMessage();
    }

    private Path file(String text) throws Exception {
        return Files.writeString(folder.resolve("some.csv"), text);
    }

    private static Csv names() {
        return csv(false, null, Labels.NAMES, null, null);
    }

    private static Csv csv(
            boolean header, String delimiter, Labels labels, List<Column> columns, List<Column> targets) {
        return new Csv(header, -1, null, delimiter, labels, columns, targets, null);
    }

    private static float[] row(Samples samples, int sample) {
        var row = new float[samples.inputs()];
        samples.copyInputs(sample, row, 0);
        return row;
    }

    private static int[] labels(Samples samples) {
        return IntStream.range(0, samples.size()).map(samples::label).toArray();
    }

    private static Dataset dataset(Path path, Csv csv) {
        return Fixtures.dataset(path, "pvc://d/some.csv", Dataset.Format.CSV, csv);
    }
}
