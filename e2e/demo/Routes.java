import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Sentences of travellers who name three towns: where they set out, what they pass and where they go. Their order says
 * which is which, and nothing else: whoever knows the words alone, and not their order, is right once in three.
 *
 * <p>{@code java Routes.java DIRECTORY} writes {@code DIRECTORY/train/routes.csv} and {@code DIRECTORY/test/routes.csv}
 * with the columns goal and text. Each sentence is there once, every fifth of them for the test.
 */
public final class Routes {
    private static final List<String> TOWNS =
            List.of("berlin", "cairo", "delhi", "lima", "oslo", "quito", "rome", "tokyo");
    /** All have the same words, but for the towns. */
    private static final List<String> WAYS_TO_SAY_IT = List.of(
            "please book me from %1$s by way of %2$s to %3$s tomorrow",
            "please book me to %3$s from %1$s by way of %2$s tomorrow",
            "please book me by way of %2$s from %1$s to %3$s tomorrow",
            "tomorrow please book me to %3$s by way of %2$s from %1$s",
            "book me tomorrow from %1$s to %3$s by way of %2$s please",
            "by way of %2$s to %3$s from %1$s please book me tomorrow");
    private static final int TEST_SHARE = 5;

    private Routes() {}

    public static void main(String[] arguments) throws IOException {
        var lines = new ArrayList<String>();
        for (var start : TOWNS) {
            for (var passed : TOWNS) {
                for (var goal : TOWNS) {
                    if (!start.equals(passed) && !passed.equals(goal) && !goal.equals(start)) {
                        WAYS_TO_SAY_IT.forEach(each -> lines.add(goal + "," + each.formatted(start, passed, goal)));
                    }
                }
            }
        }
        Collections.shuffle(lines, new Random(1));
        var train = new ArrayList<>(List.of("goal,text"));
        var test = new ArrayList<>(train);
        for (int i = 0; i < lines.size(); i++) {
            (i % TEST_SHARE == 0 ? test : train).add(lines.get(i));
        }
        store(train, Path.of(arguments[0], "train"));
        store(test, Path.of(arguments[0], "test"));
    }

    private static void store(List<String> lines, Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("routes.csv"), lines);
    }
}
