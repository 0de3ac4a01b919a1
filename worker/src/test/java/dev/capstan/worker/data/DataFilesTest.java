package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobFile.Text;
import dev.capstan.protocol.JobFile.Text.Encoding;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Debris;
import dev.capstan.worker.storage.WorkerUser;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of tables, as tools write them. */
class DataFilesTest {
    private static final Text TEXT = new Text(false, 1, 0, Encoding.BAG_OF_WORDS, 9, 0);

    @TempDir
    Path folder;

    private Path set;

    @BeforeEach
    void makeSet() throws IOException {
        set = Files.createDirectory(folder.resolve("set"));
    }

    @Test
    void tablesHaveTheirNameInWhateverCaseGzippedOrNot() throws Exception {
        write("a.csv", "a,x\n");
        write("B.CSV", "b,x\n");
        write("c.Csv.GZ", "c,x\n");
        try (var out = new GZIPOutputStream(Files.newOutputStream(set.resolve("d.csv.gz")))) {
            out.write("d,x\n".getBytes());
        }
        write("readme.txt", "no table");
        assertEquals(List.of("a", "b", "c", "d"), classes("pvc://d/set"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "._a.csv",
                ".a.csv.crc",
                ".DS_Store",
                "Thumbs.db",
                "_SUCCESS",
                "_committed_123",
                "a.csv.crc",
                "a.csv~",
                "a.csv:Zone.Identifier",
                "day1.csv_$folder$",
                ".ipynb_checkpoints/a-checkpoint.csv",
                "__MACOSX/a.csv",
                "..data/a.csv",
                ".nfs000000000123.csv",
                "lost+found/a.csv",
                "$RECYCLE.BIN/a.csv"
            })
    void debrisIsReadOver(String name) throws Exception {
        write("a.csv", "a,x\nb,x\n");
        write("day1.csv/part-00000", "c,x\n");
        write(name, "\0\0no table");
        write("day1.csv/" + name, "\0\0no table");
        assertEquals(List.of("a", "b", "c"), classes("pvc://d/set"));
    }

    /** What looks like debris, and is none. */
    @ParameterizedTest
    @ValueSource(
            strings = {"_DSC0001.JPG", "_unknown", "success", "metadata.csv", "crc", "part-00000", "~a", "a_$folder"})
    void noOtherNameIsDebris(String name) {
        assertFalse(Debris.is(Path.of("x", name)));
    }

    @ParameterizedTest
    @CsvSource({"part-00000", "part-r-00001", "part-00000-9d1f-c000.csv", "part-00000.gz", "part-00000-9d1f-c000.csv.gz"
    })
    void aFolderOfATablesNameStandsForItsParts(String part) throws Exception {
        write("day1.csv/_SUCCESS", "");
        write("day1.csv/." + part + ".crc", "\0\0");
        write("day1.csv/" + part, "a,x\n");
        write("day2.csv", "b,x\n");
        assertEquals(List.of("a", "b"), classes("pvc://d/set"));
        write("day1.csv/part-00009.csv", "b,x\n");
        assertEquals(List.of("a", "b"), classes(set.resolve("day1.csv"), "pvc://d/set/day1.csv/"));
        // Fetched out of a bucket, it lies in a folder of another name.
        Files.move(set.resolve("day1.csv"), set.resolve("fetched-1"));
        assertEquals(List.of("a", "b"), classes(set.resolve("fetched-1"), "s3://d/day1.csv"));
    }

    interface Mistake {
        void in(Path set) throws IOException;
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                bad(
                        "a folder in a table's place",
                        set -> Files.createDirectory(set.resolve("a.csv")),
                        "/a.csv is a folder, and has no file part-* or *.csv; it is empty"),
                bad(
                        "parts of another format",
                        set -> {
                            Files.createDirectory(set.resolve("a.csv"));
                            Files.writeString(set.resolve("a.csv/part-00000.snappy.parquet"), "PAR1");
                        },
                        "/a.csv is a folder, and has no file part-* or *.csv; in it is part-00000.snappy.parquet"),
                bad(
                        "a folder in a part's place",
                        set -> Files.createDirectories(set.resolve("a.csv/part-0")),
                        "/a.csv/part-0 is a folder; the parts of a table must be files"),
                bad(
                        "no table",
                        set -> Files.writeString(set.resolve("a.tsv"), "a\tx\n"),
                        " has no file *.csv; in it is a.tsv"),
                bad(
                        "a folder for each class, as Spark's partitionBy writes",
                        set -> {
                            Files.writeString(set.resolve("_SUCCESS"), "");
                            for (var value : List.of("class=a", "class=b")) {
                                Files.writeString(
                                        Files.createDirectory(set.resolve(value))
                                                .resolve("part-0.csv"),
                                        "1\n");
                            }
                        },
                        " has no file *.csv; in it are class=a, class=b; a column that is in the folders' names alone, as"
                                + " Spark's partitionBy writes it, isn't read: write it into the files, and all of them into"
                                + " one folder"),
                bad(
                        "a link to nothing",
                        set -> Files.createSymbolicLink(set.resolve("a.csv"), Path.of("b.csv")),
                        "/a.csv is a link to b.csv, which isn't there"),
                bad(
                        "a link to itself",
                        set -> Files.createSymbolicLink(set.resolve("a.csv"), Path.of("a.csv")),
                        "/a.csv is a link that leads back to itself"),
                bad(
                        "a download that was broken off",
                        set -> {
                            try (var out = new GZIPOutputStream(Files.newOutputStream(set.resolve("a.csv.gz")))) {
                                out.write(new byte[10_000]);
                            }
                            var bytes = Files.readAllBytes(set.resolve("a.csv.gz"));
                            Files.write(set.resolve("a.csv.gz"), java.util.Arrays.copyOf(bytes, bytes.length / 2));
                        },
                        "/a.csv.gz is a broken gzip file: Unexpected end of ZLIB input stream"));
    }

    private static Arguments bad(String name, Mistake mistake, String sentence) {
        return Arguments.of(name, mistake, sentence);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void whatCantBeReadIsNamed(String name, Mistake mistake, String sentence) throws Exception {
        mistake.in(set);
        var e = assertThrows(Failure.class, () -> classes("pvc://d/set"));
        assertEquals("data.train: pvc://d/set" + sentence, e.getMessage());
        assertEquals(Reason.InvalidData, e.reason());
    }

    @Test
    void allFaultyTablesAreNamed() throws Exception {
        write("a.csv", "a,x\n");
        write("b.csv", "b\n");
        write("c.csv", "c\n");
        var e = assertThrows(Failure.class, () -> classes("pvc://d/set"));
        assertTrue(
                e.getMessage()
                        .startsWith("data.train: pvc://d/set has 2 faulty files: (1) b.csv, record 1: it has 1 column"),
                e.getMessage());
        assertTrue(e.getMessage().contains(" (2) c.csv, record 1: it has 1 column"), e.getMessage());
    }

    /** What the kernel says, and what a user hears. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Is a directory               | InvalidData        | is a folder, where a file is looked for",
                "Permission denied            | InvalidData        | may not be read by WORKER",
                "Operation not permitted      | InvalidData        | may not be read by WORKER",
                "Structure needs cleaning     | InvalidData        | lies in a file system that is damaged",
                "Input/output error           | StorageUnavailable | failed while reading: java.io.IOException: Input/output error",
                "Stale file handle            | StorageUnavailable | failed while reading: java.io.IOException: Stale file handle",
                "Something that nobody foresaw| StorageUnavailable | failed while reading: java.io.IOException: Something that nobody foresaw; it isn't known whether that passes, so it is tried again: if it stays so, look at the volume, and at the log of the node's kernel",
                "Too many open files in system| WorkerError        | failed while reading: java.io.IOException: Too many open files in system",
            })
    void aFileThatFailsIsNamedAndNeverTheProgram(String words, Reason reason, String sentence) {
        var source = new Source("data.train", set, "pvc://d/set");
        var failure = source.failure(new Unreadable(set.resolve("x\ny"), new IOException(words)));
        var said = sentence.replace("WORKER", WorkerUser.shown());
        assertEquals("data.train: pvc://d/set/x\\u000Ay " + said, failure.getMessage());
        assertEquals(reason, failure.reason());
        if (reason == Reason.InvalidData) {
            var named = new FileSystemException(set.resolve("z").toString(), null, words);
            assertEquals(
                    "data.train: pvc://d/set/z " + said, source.failure(named).getMessage());
        }
    }

    private List<String> classes(String uri) {
        return classes(set, uri);
    }

    private List<String> classes(Path path, String uri) {
        var dataset = new Dataset(new Place(path.toString(), uri, null), Dataset.Format.TEXT, null, null, TEXT);
        return DatasetReader.learn("data.train", dataset, 0, folder)
                .preprocessing()
                .classes();
    }

    private void write(String name, String text) throws IOException {
        var file = set.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
