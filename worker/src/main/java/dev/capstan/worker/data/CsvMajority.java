package dev.capstan.worker.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which of a set's files have the same columns. The first file sets those of all; if it is the odd one out, it isn't
 * the others that are to blame.
 */
final class CsvMajority {
    /** Files by the columns' names or number, in the order in which these were seen first. */
    private final Map<Columns, List<Path>> alike = new LinkedHashMap<>();

    private sealed interface Columns {}

    private record Named(List<String> names) implements Columns {}

    private record Counted(int columns) implements Columns {}

    /** Notes a file whose header names the columns. */
    void add(Path file, List<String> names) {
        add(file, new Named(names));
    }

    /** Notes a file without a header. */
    void add(Path file, int columns) {
        add(file, new Counted(columns));
    }

    private void add(Path file, Columns columns) {
        alike.computeIfAbsent(columns, key -> new ArrayList<>()).add(file);
    }

    /** @throws dev.capstan.worker.outcome.Failure InvalidData if more files have other columns than the first one */
    void check(Source source) {
        if (alike.size() < 2) {
            return;
        }
        var odd = alike.entrySet().iterator().next();
        var most = Collections.max(
                alike.entrySet(),
                Comparator.comparingInt(each -> each.getValue().size()));
        if (most.getValue().size() > odd.getValue().size()) {
            throw source.invalid(
                    odd.getValue().getFirst(),
                    difference(odd.getKey(), most.getKey(), most.getValue())
                            + "; all files of a set must have the same columns in the same order");
        }
    }

    private static String difference(Columns odd, Columns usual, List<Path> files) {
        var others = files.getFirst().getFileName() + " and " + (files.size() - 1) + " more";
        return switch (usual) {
            case Named(var names) ->
                "has another header than " + others + ": " + CsvHints.difference(((Named) odd).names(), names);
            case Counted(int columns) ->
                "has another number of columns than " + others + ": " + ((Counted) odd).columns() + ", not " + columns;
        };
    }
}
