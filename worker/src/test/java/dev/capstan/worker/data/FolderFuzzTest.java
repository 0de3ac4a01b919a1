package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Folders made at random are read with the classes that they have, or refused for a file that is at fault.
 * {@code -Dseed=N} begins with another folder, {@code -Dfuzz.times=N} makes so many times as many.
 */
class FolderFuzzTest {
    private static final int TIMES = 60 * Integer.getInteger("fuzz.times", 1);
    private static final long SEED = Long.getLong("seed", 1);
    private static final String PLACE = "data.train: pvc://d/set";

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Format.class)
    void isReadRightOrRefusedForAFileThatIsAtFault(Format format) throws Exception {
        var scratch = Files.createDirectory(folder.resolve("scratch"));
        int refused = 0;
        for (long seed = SEED; seed < SEED + TIMES; seed++) {
            var made = new RandomFolder(folder, format, seed);
            var what = "-Dseed=" + seed + " " + made.counts + " " + made.story;
            try {
                var learned = DatasetReader.learn("data.train", made.dataset(), 0, scratch);
                assertTrue(made.faults.isEmpty(), what + " was read");
                right(made, learned, what);
            } catch (Failure e) {
                refused++;
                refusedRightly(made, e, what + ": " + e.getMessage());
            }
            remove(made.root.getParent());
        }
        assertTrue(refused > TIMES / 10 && refused < TIMES * 9 / 10, refused + " of " + TIMES + " were refused");
    }

    private static void right(RandomFolder made, Learned learned, String what) {
        var classes = learned.preprocessing().classes();
        assertEquals(Classes.sorted(made.counts.keySet()), classes, what);
        var counts = new TreeMap<String, Integer>();
        var samples = learned.samples();
        var looks = new TreeMap<String, List<Float>>();
        var row = new float[samples.inputs()];
        for (int i = 0; i < samples.size(); i++) {
            var name = classes.get(samples.label(i));
            counts.merge(name, 1, Integer::sum);
            samples.copyInputs(i, row, 0);
            var seen = looks.computeIfAbsent(name, each -> look(learned, row));
            assertEquals(seen, look(learned, row), what + ": a sample of " + name + " is of another class");
        }
        assertEquals(made.counts, counts, what);
        assertEquals(looks.size(), looks.values().stream().distinct().count(), what + ": two classes look alike");
    }

    /** What all samples of a class have in common: one grey, one number, or their first word. */
    private static List<Float> look(Learned learned, float[] row) {
        var vocabulary = learned.preprocessing().vocabulary();
        if (vocabulary == null) {
            return List.of((float) Math.round(row[0] * 255 / 50));
        }
        for (int i = 0; i < row.length; i++) {
            if (row[i] > 0 && vocabulary.get(i).startsWith("word")) {
                return List.of((float) i);
            }
        }
        return List.of();
    }

    private static void refusedRightly(RandomFolder made, Failure e, String what) {
        assertEquals(Reason.InvalidData, e.reason(), what);
        assertTrue(e.getMessage().startsWith(PLACE), what);
        assertTrue(!made.faults.isEmpty(), what + ", and nothing is at fault");
        var list = e.getMessage().substring(PLACE.length()).split(" faulty files: \\(1\\) ");
        if (list.length == 1) {
            var rest = list[0].startsWith("/") ? list[0].substring(1) : list[0];
            atFault(made, rest, what);
        } else {
            var named = list[1].split(" \\([0-9]+\\) ");
            assertTrue(named.length <= 10, what);
            for (var sentence : named) {
                atFault(made, sentence, what);
            }
            if (!made.faults.contains("")) {
                assertEquals(" has " + made.faults.size(), list[0], what);
            }
        }
    }

    private static void atFault(RandomFolder made, String sentence, String what) {
        assertTrue(
                made.faults.stream()
                        .anyMatch(name ->
                                name.isEmpty() || sentence.startsWith(name + " ") || sentence.startsWith(name + ",")),
                what + ", which names no file that is at fault: " + sentence);
    }

    private static void remove(Path path) throws Exception {
        try (var all = Files.walk(path)) {
            for (var each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
