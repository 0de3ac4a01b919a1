package dev.capstan.worker.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Csv;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.JobFile.Images;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobFile.Text;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Debris;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the page about training says of formats, the readers do: each name and each claim on it is tried. */
class FormatsPageTest {
    private static final Pattern NAMED = Pattern.compile("`([^`]+)`");
    private static final Text TEXT = new Text(false, 1, 0, Text.Encoding.BAG_OF_WORDS, 9, 0);
    private static final byte[] RUBBISH = "\0\0no data".getBytes(UTF_8);
    /** What others name their files, whether the readers take them or not. */
    private static final List<String> ENDINGS = List.of(
            ".csv",
            ".csv.gz",
            ".tsv",
            ".txt",
            ".csv.bz2",
            ".csv.zip",
            ".parquet",
            ".json",
            ".png",
            ".jpg",
            ".jpeg",
            ".jpe",
            ".bmp",
            ".gif",
            ".webp",
            ".tif",
            ".tiff",
            ".heic",
            ".avif",
            ".svg",
            ".npy");

    @TempDir
    Path folder;

    private int sets;

    /** A row of the table. */
    private record Row(String format, String sample, String where, List<String> readOver) {
        List<String> names() {
            return named(sample + where);
        }
    }

    /** A claim of the table's last column: what may be added to a set that is as good as before. */
    private interface Addition {
        void to(Path set, Format format) throws IOException;
    }

    private static final Map<String, Addition> CLAIMS = Map.of(
            "files of other names",
            (set, format) -> {
                for (var name : List.of("readme.md", "x.parquet", "x.png", "LICENSE")) {
                    Files.write(set.resolve(name), RUBBISH);
                }
            },
            "blank lines",
            (set, format) -> {
                var file = set.resolve("t.csv");
                Files.writeString(file, "\n" + Files.readString(file).replace("\n", "\r\n\n") + "\n\n");
            },
            "files beside the folders that have no image's name",
            (set, format) -> {
                Files.write(set.resolve("labels.csv"), RUBBISH);
                Files.write(set.resolve("readme.md"), RUBBISH);
            });

    @Test
    void eachFormatHasARow() throws IOException {
        assertEquals(
                Stream.of(Format.values()).map(FormatsPageTest::word).collect(Collectors.toSet()),
                rows().stream().map(Row::format).collect(Collectors.toSet()));
        assertEquals(Format.values().length, rows().size());
    }

    @ParameterizedTest
    @EnumSource(Format.class)
    void whatIsReadOverThereIs(Format format) throws IOException {
        var readOver = row(format).readOver();
        assertTrue(!readOver.isEmpty());
        for (var claim : readOver) {
            var addition = CLAIMS.get(claim);
            assertNotNull(addition, "nobody tries \u201c" + claim + "\u201d");
            var set = good(format);
            var before = read(format, set);
            addition.to(set, format);
            assertEquals(before, read(format, set), claim);
        }
    }

    @Test
    void debrisIsWhatThePageLists() throws IOException {
        var named = new TreeSet<>(debris());
        named.removeIf(name -> name.startsWith(".") && !name.equals(".*"));
        assertEquals(new TreeSet<>(Debris.NAMES), named);
    }

    @ParameterizedTest
    @EnumSource(Format.class)
    void debrisIsReadOverInEveryFormat(Format format) throws IOException {
        var set = good(format);
        var before = read(format, set);
        for (var name : debris()) {
            var file = name.replace("<number>", "7").replace("*", name.endsWith("*") ? "x.csv" : "x");
            for (var place : format == Format.IMAGES ? List.of(set, set.resolve("a")) : List.of(set)) {
                Files.write(place.resolve(file), RUBBISH);
                assertEquals(before, read(format, set), name + " as a file");
                Files.delete(place.resolve(file));
                var inner = Files.createDirectory(place.resolve(file.toUpperCase(Locale.ROOT)));
                for (var ending : List.of("y.csv", "y.png", "y-labels-idx1-ubyte")) {
                    Files.write(inner.resolve(ending), RUBBISH);
                }
                assertEquals(before, read(format, set), name + " as a folder");
            }
        }
    }

    /** Each ending on the page is taken, in whatever case, and no other is. */
    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"CSV", "TEXT", "IMAGES"})
    void theNamesOnThePageAreRead(Format format) throws IOException {
        var names = row(format == Format.TEXT ? Format.CSV : format).names();
        var endings = names.stream()
                .filter(name -> name.startsWith("*"))
                .map(name -> name.substring(1))
                .collect(Collectors.toSet());
        for (var ending : ENDINGS) {
            for (var name : List.of("x" + ending, "X" + ending.toUpperCase(Locale.ROOT))) {
                var set = good(format);
                int before = size(format, set);
                var place = format == Format.IMAGES ? set.resolve("a") : set;
                Files.write(place.resolve(name), format == Format.IMAGES ? picture(ending) : table(format));
                boolean taken;
                try {
                    taken = size(format, set) > before;
                } catch (Failure e) {
                    assertTrue(e.getMessage().contains(name), e.getMessage());
                    taken = false;
                }
                assertEquals(endings.contains(ending), taken, name);
            }
        }
        assertTrue(ENDINGS.containsAll(endings), endings::toString);
    }

    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"CSV", "TEXT"})
    void aFolderStandsForTheParts(Format format) throws IOException {
        assertTrue(row(Format.CSV)
                .where()
                .endsWith("a folder `*.csv` stands for its parts `part-*`, as Spark writes them"));
        var set = good(format);
        int before = size(format, set);
        var day = Files.createDirectory(set.resolve("day.csv"));
        Files.write(day.resolve("part-00000"), table(format));
        Files.write(day.resolve("_SUCCESS"), new byte[0]);
        assertEquals(2 * before, size(format, set));
        assertEquals(before, size(format, day));
    }

    @Test
    void theNamesOfIdxAreRead() throws IOException {
        var names = row(Format.IDX).names();
        assertEquals(2, names.size(), names::toString);
        assertTrue(row(Format.IDX).where().contains("with a dot for the first hyphen, or in a folder of that name"));
        for (var dot : List.of(false, true)) {
            for (var inFolder : List.of(false, true)) {
                for (var ending : List.of("", ".gz")) {
                    for (var packed : List.of(false, true)) {
                        var set = Files.createDirectory(folder.resolve("set" + sets++));
                        for (var name : names) {
                            var file = name.replace("*", "train-") + ending;
                            file = dot ? file.replaceFirst("-(?=idx)", ".") : file;
                            var place = inFolder ? Files.createDirectory(set.resolve(file)) : set;
                            var content = name.contains("images") ? idxImages() : idxLabels();
                            Files.write(place.resolve(file), packed ? gzip(content) : content);
                        }
                        assertEquals("[0, 1] 2", read(Format.IDX, set));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"CSV", "TEXT"})
    void gzipGoesByTheFirstBytesAndAMarkIsReadOver(Format format) throws IOException {
        says(
                "idx and csv files may be gzipped: their first bytes say whether they are, not their names. A byte order mark is read over.");
        var set = good(format);
        var before = read(format, set);
        Files.write(set.resolve("t.csv"), gzip(table(format)));
        assertEquals(before, read(format, set));
        Files.writeString(set.resolve("t.csv"), "\uFEFF" + new String(table(format), UTF_8));
        assertEquals(before, read(format, set));
        Files.delete(set.resolve("t.csv"));
        Files.write(set.resolve("t.csv.gz"), table(format));
        assertEquals(before, read(format, set));
    }

    private static List<Row> rows() throws IOException {
        var lines = Files.readAllLines(page());
        int head = lines.indexOf("| format | one sample is | where | what is read over there |");
        assertTrue(head >= 0, "the table of formats is gone");
        var rows = new ArrayList<Row>();
        for (var line : lines.subList(head + 2, lines.size())) {
            if (!line.startsWith("|")) {
                break;
            }
            var cells = line.substring(2).split(" \\| | \\|$");
            var like = rows.stream()
                    .filter(row -> cells[3].equals("as " + row.format()))
                    .findFirst();
            var readOver = like.map(Row::readOver).orElseGet(() -> List.of(cells[3].split("; ")));
            rows.add(new Row(cells[0].replace("`", ""), cells[1], cells[2], readOver));
        }
        return rows;
    }

    private static Row row(Format format) throws IOException {
        return rows().stream()
                .filter(row -> row.format().equals(word(format)))
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> debris() throws IOException {
        var text = Files.readString(page());
        int start = text.indexOf("- Hidden files and folders");
        var bullet = text.substring(start, text.indexOf(" are no data.", start));
        return named(bullet).stream().map(name -> name.replace("\\r", "\r")).collect(Collectors.toSet());
    }

    private static void says(String sentence) throws IOException {
        assertTrue(Files.readString(page()).replaceAll("\\s+", " ").contains(sentence), sentence);
    }

    private static Path page() {
        return Path.of("..", "docs", "training.md");
    }

    private static List<String> named(String text) {
        return NAMED.matcher(text).results().map(found -> found.group(1)).toList();
    }

    private static String word(Format format) {
        return format.name().toLowerCase(Locale.ROOT);
    }

    /** A set of two samples, one of each of two classes. */
    private Path good(Format format) throws IOException {
        var set = Files.createDirectory(folder.resolve("set" + sets++));
        switch (format) {
            case CSV, TEXT -> Files.write(set.resolve("t.csv"), table(format));
            case IDX -> {
                Files.write(set.resolve("t-images-idx3-ubyte"), idxImages());
                Files.write(set.resolve("t-labels-idx1-ubyte"), idxLabels());
            }
            case IMAGES -> {
                for (var name : List.of("a", "b")) {
                    Files.write(Files.createDirectory(set.resolve(name)).resolve("0.png"), picture(".png"));
                }
            }
        }
        return set;
    }

    private static byte[] table(Format format) {
        return (format == Format.CSV ? "0,1\n1,2\n" : "a,one\nb,two\n").getBytes(UTF_8);
    }

    private static byte[] idxLabels() {
        return new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
    }

    private static byte[] idxImages() {
        return new byte[] {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 9, 8};
    }

    /** Of the kind that the ending names, if this machine can write it, else PNG. */
    private static byte[] picture(String ending) throws IOException {
        var image = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_GRAY);
        var out = new ByteArrayOutputStream();
        if (!ImageIO.write(image, ending.substring(1), out)) {
            ImageIO.write(image, "png", out);
        }
        return out.toByteArray();
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(content);
        }
        return out.toByteArray();
    }

    private int size(Format format, Path set) {
        return learn(format, set).samples().size();
    }

    private String read(Format format, Path set) {
        var learned = learn(format, set);
        return learned.preprocessing().classes() + " " + learned.samples().size();
    }

    private Learned learn(Format format, Path set) {
        var place = new Place(set.toString(), "pvc://d/" + set.getFileName(), null);
        var dataset = switch (format) {
            case IDX -> new Dataset(place, format, null, null, null);
            case CSV -> new Dataset(place, format, new Csv(false, 0), null, null);
            case IMAGES -> new Dataset(place, format, null, new Images(2, 2, 1), null);
            case TEXT -> new Dataset(place, format, null, null, TEXT);
        };
        return DatasetReader.learn("data.train", dataset, 0, folder);
    }
}
