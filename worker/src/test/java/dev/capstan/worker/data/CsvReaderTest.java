package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.capstan.protocol.JobFile.Csv;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.outcome.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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
                Arguments.of("1,,0\n", -1, "record 1: column 1 is \"\"; it must be a finite number"),
                Arguments.of("1,NaN,0\n", -1, "record 1: column 1 is \"NaN\"; it must be a finite number"),
                Arguments.of("1,1e99,0\n", -1, "record 1: column 1 is \"1e99\"; it must be a finite number"),
                Arguments.of("1,2f,0\n", -1, "record 1: column 1 is \"2f\"; it must be a finite number"),
                Arguments.of("1,0x1p3,0\n", -1, "record 1: column 1 is \"0x1p3\"; it must be a finite number"),
                Arguments.of("1,0X1P3,0\n", -1, "record 1: column 1 is \"0X1P3\"; it must be a finite number"),
                Arguments.of("1,2,0\n1,0\n", -1, "record 2: it has 2 columns; the first record has 3"),
                Arguments.of(
                        "1,2,3\n",
                        -1,
                        "record 1: label \"3\" is no class; the output layer has 3 units, so labels are whole numbers from 0 to 2"),
                Arguments.of(
                        "1,2,cat\n",
                        -1,
                        "record 1: label \"cat\" is no class; the output layer has 3 units, so labels are whole numbers from 0 to 2"),
                Arguments.of(
                        "1,2,1.0\n",
                        -1,
                        "record 1: label \"1.0\" is no class; the output layer has 3 units, so labels are whole numbers from 0 to 2"),
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
