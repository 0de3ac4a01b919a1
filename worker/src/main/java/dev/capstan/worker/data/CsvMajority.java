package dev.capstan.worker.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which of a set's files have the same columns. The first file sets those of all; if it is the odd one out, it may be
 * that one that is to blame, and not the others.
 */
final class CsvMajority {
    /** Files by the columns' names or number, in the order in which these were seen first. */
    private final Map<Object, List<Path>> alike = new LinkedHashMap<>();

    /** @param columns their names, or how many there are */
    void add(Path file, Object columns) {
        alike.computeIfAbsent(columns, key -> new ArrayList<>()).add(file);
    }

    /** A clause for the end of a sentence if more files have the same other columns than those of the first one. */
    String hint() {
        if (alike.size() < 2) {
            return "";
        }
        var odd = alike.values().iterator().next();
        var most = Collections.max(alike.values(), Comparator.comparingInt(List::size));
        int all = alike.values().stream().mapToInt(List::size).sum();
        return most.size() > odd.size()
                ? "; " + most.size() + " of " + all + " files have the columns of "
                        + most.getFirst().getFileName() + ", so it may be "
                        + odd.getFirst().getFileName() + ", the first one, that is to blame"
                : "";
    }
}
