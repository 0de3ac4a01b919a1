package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Csv;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.JobFile.Images;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobFile.Text;
import dev.capstan.worker.storage.FileName;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A dataset made at random, in a folder as people's tools, file systems and accidents leave it. It knows what is right:
 * how many samples each class has, and which files are at fault. Each sample tells its class, so that one which is read
 * as another shows.
 */
final class RandomFolder {
    private static final List<String> NAMES = List.of(
            "\u82f9\u679c",
            "\u00c4pfel",
            "\u041a\u043e\u0448\u043a\u0430",
            "\u0642\u0637\u0629",
            "\ud83d\udc08\u200d\u2b1b",
            "Cat",
            "cat",
            "a b",
            " a",
            "100%",
            "%41",
            "#1",
            "-rf",
            "\uff10\uff11",
            "01",
            "1",
            "\u0130",
            "_x",
            "x~y",
            "crc",
            "e\u0301t\u00e9",
            "n\u0303");
    private static final List<String> DEBRIS = List.of(
            "._",
            ".DS_Store",
            "Thumbs.db",
            "_SUCCESS",
            "desktop.ini",
            ".ipynb_checkpoints/",
            "__MACOSX/",
            "@eaDir/",
            "x.crc",
            "y~",
            "z:Zone.Identifier",
            "lost+found/",
            ".Trash-1000/",
            "d_$folder$",
            "Icon\r",
            "..data/");
    private static final Text TEXT = new Text(false, 1, 0, Text.Encoding.BAG_OF_WORDS, 9, 0);

    final Format format;
    final Path root;
    final Random random;
    /** Whether a table's classes are names, and no numbers. */
    final boolean named;
    /** How many samples there are of each class. */
    final TreeMap<String, Integer> counts = new TreeMap<>();
    /** Names of files that are at fault, as messages show them; the empty one is the set as a whole. */
    final TreeSet<String> faults = new TreeSet<>();
    /** What was done to it, for who has to find out why a seed fails. */
    final List<String> story = new ArrayList<>();

    RandomFolder(Path folder, Format format, long seed) throws IOException {
        this.format = format;
        random = new Random(seed * Format.values().length + format.ordinal());
        named = format == Format.TEXT || format == Format.CSV && chance(50);
        root = Files.createDirectories(folder.resolve(format + "-" + seed).resolve(any(NAMES)));
        var classes = classes();
        switch (format) {
            case IMAGES -> new RandomImages(this).write(classes);
            case IDX -> new RandomIdx(this).write(classes);
            case CSV, TEXT -> new RandomTables(this).write(classes);
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            debris();
        }
    }

    /** The names that a table or a folder has, but numbers where the format has no others. */
    private List<String> classes() {
        int count = 2 + random.nextInt(3);
        if (format == Format.IDX || format == Format.CSV && !named) {
            return new ArrayList<>(List.of("0", "1", "2", "3").subList(0, count));
        }
        var names = new ArrayList<>(NAMES);
        Collections.shuffle(names, random);
        return names.stream()
                .map(each -> named ? each.strip() : each)
                .distinct()
                .limit(count)
                .toList();
    }

    private void debris() throws IOException {
        try (var all = Files.walk(root, 2)) {
            var folders = all.filter(Files::isDirectory).sorted().toList();
            var where = any(folders);
            var name = any(DEBRIS);
            if (name.endsWith("/")) {
                write(where.resolve(name), any(List.of("a.csv", "x.png", "x-labels-idx1-ubyte")), "\0debris");
            } else if (name.equals("._")) {
                write(where, "._" + any(List.of("a.csv", "x.png", "x-labels-idx1-ubyte")), "\0debris");
            } else {
                write(where, name, any(List.of("", "\0debris")));
            }
            story.add("debris " + name + " in " + root.relativize(where));
        }
    }

    private void write(Path folder, String name, String text) throws IOException {
        if (!Files.exists(folder) || Files.isDirectory(folder)) {
            Files.writeString(Files.createDirectories(folder).resolve(name), text);
        }
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    <T> T any(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    /** An extension as cameras and Windows write it. */
    String anyCase(String name) {
        return switch (random.nextInt(4)) {
            case 0 -> name.toUpperCase(java.util.Locale.ROOT);
            case 1 -> name.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + name.substring(1);
            default -> name;
        };
    }

    /** Notes that a file is at fault. */
    void fault(String what, Path file) {
        story.add(what + ": " + root.relativize(file));
        faults.add(FileName.shown(root.relativize(file)));
    }

    /** What a file holds that isn't what it should be, whatever that is. */
    byte[] rubbish() {
        return switch (random.nextInt(6)) {
            case 0 -> "<!DOCTYPE html><title>404</title>".getBytes(StandardCharsets.UTF_8);
            case 1 -> "version https://git-lfs.github.com/spec/v1\n".getBytes(StandardCharsets.UTF_8);
            case 2 -> new byte[100 + random.nextInt(1000)];
            case 3 -> "one column\n".getBytes(StandardCharsets.UTF_16);
            case 4 ->
                ByteBuffer.allocate(64)
                        .put("RIFF....WEBPVP8X".getBytes(StandardCharsets.UTF_8))
                        .array();
            default -> {
                var bytes = new byte[50 + random.nextInt(200)];
                random.nextBytes(bytes);
                bytes[0] = 'x';
                yield bytes;
            }
        };
    }

    /** A link that leads nowhere, or to itself. */
    void brokenLink(Path link) throws IOException {
        Files.createSymbolicLink(link, chance(50) ? link.getFileName() : Path.of("gone"));
        fault("broken link", link);
    }

    /** A name that is no UTF-8. */
    static Path latin1(Path folder, String escaped) {
        return Path.of(URI.create(folder.toUri() + escaped));
    }

    private Csv csv() {
        return new Csv(false, 0, null, null, named ? Csv.Labels.NAMES : null, null, null, null);
    }

    Dataset dataset() {
        var place = new Place(root.toString(), "pvc://d/set", null);
        return switch (format) {
            case IDX -> new Dataset(place, format, null, null, null);
            case CSV -> new Dataset(place, format, csv(), null, null);
            case IMAGES -> new Dataset(place, format, null, new Images(2, 2, 1), null);
            case TEXT -> new Dataset(place, format, null, null, TEXT);
        };
    }
}
