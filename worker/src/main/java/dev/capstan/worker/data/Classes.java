package dev.capstan.worker.data;

import dev.capstan.worker.storage.FileName;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The classes of a dataset, and what labels say of them. */
public final class Classes {
    private static final int SHOWN = 10;
    private static final String TWINS =
            ": the letters of one name are composed (Unicode's NFC), those of the other aren't"
                    + " (NFD, as Macs write them); give them one name";
    private static final Pattern WHOLE_NUMBER = Pattern.compile("[+-]?[0-9]+");
    private static final Comparator<String> BY_NUMBER =
            Comparator.<String, BigInteger>comparing(BigInteger::new).thenComparing(Comparator.naturalOrder());

    private Classes() {}

    /** Names in the order of the output's units: whole numbers by their size, all others by the alphabet. */
    static List<String> sorted(Iterable<String> names) {
        var all = new ArrayList<String>();
        names.forEach(all::add);
        boolean numbers =
                all.stream().allMatch(name -> WHOLE_NUMBER.matcher(name).matches());
        all.sort(numbers ? BY_NUMBER : Comparator.naturalOrder());
        return List.copyOf(all);
    }

    /** Whether the names are the numbers from 0 on. */
    public static boolean areNumbers(List<String> names) {
        return IntStream.range(0, names.size()).allMatch(i -> names.get(i).equals(String.valueOf(i)));
    }

    /** @param units of the output layer; 0 or less if it takes as many classes as there are */
    static void checkNumber(Source source, List<String> names, int units) {
        if (names.size() < 2) {
            throw source.invalid(
                    source.path(), "has only one class, " + list(names) + "; there must be at least two to tell apart");
        }
        if (units > 0 && names.size() != units) {
            throw source.invalid(
                    source.path(),
                    "has " + names.size() + " classes (" + list(names) + "); the output layer has " + units
                            + " units, and needs one for each class");
        }
    }

    /** Two names that nobody can tell apart by looking at them are a slip, and would be two classes. */
    static void checkTwins(Source source, List<String> names) {
        var seen = new HashSet<String>();
        for (var name : names) {
            if (!seen.add(FileName.composed(name))) {
                throw source.invalid(
                        source.path(), "has two classes that look like \"" + FileName.shown(name) + '"' + TWINS);
            }
        }
    }

    /** The first of some names, as a list in a sentence. */
    public static String list(List<String> names) {
        return names.stream().limit(SHOWN).map(FileName::shown).collect(Collectors.joining(", "))
                + (names.size() > SHOWN ? ", …" : "");
    }

    /** Classes that are numbers from 0 on, as in formats whose labels say so. */
    static final class Numbered {
        private final Source source;
        private final int units;
        private int smallest = Integer.MAX_VALUE;
        private int largest = -1;

        /** @param units of the output layer; 0 or less if it takes as many classes as there are */
        Numbered(Source source, int units) {
            this.source = source;
            this.units = units;
        }

        int of(Path file, long record, int label) {
            return of(file, record, label, String.valueOf(label), "");
        }

        /** @param first what a record that can't be read seems to be; empty if that can't be told */
        int of(Path file, long record, String text, String first) {
            try {
                return of(file, record, Integer.parseInt(text), '"' + text + '"', first);
            } catch (NumberFormatException e) {
                throw outOfRange(
                        file, record, '"' + CsvHints.shown(text) + '"', first.isEmpty() ? CsvHints.label(text) : first);
            }
        }

        private int of(Path file, long record, int label, String shown, String hint) {
            if (label < 0 || units > 0 && label >= units) {
                throw outOfRange(
                        file,
                        record,
                        shown,
                        label == units && smallest > 0
                                ? "; they seem to be counted from 1: subtract 1, or set csv.labels: names"
                                : hint);
            }
            smallest = Math.min(smallest, label);
            largest = Math.max(largest, label);
            return label;
        }

        /** Each class's name, its number; known when all labels are. */
        List<String> names() {
            var names = IntStream.range(0, units > 0 ? units : largest + 1)
                    .mapToObj(String::valueOf)
                    .toList();
            checkNumber(source, names, units);
            return names;
        }

        private RuntimeException outOfRange(Path file, long record, String label, String hint) {
            return source.invalid(
                    file,
                    record,
                    "label " + label + " is no class; "
                            + (units > 0
                                    ? "the output layer has " + units + " units, so labels are whole numbers from 0 to "
                                            + (units - 1)
                                    : "labels are whole numbers from 0 on")
                            + hint);
        }
    }

    /** Classes that have names. */
    static final class Named {
        private final Source source;
        private final List<String> known;
        private final int units;
        private final Map<String, Integer> numbers = new HashMap<>();
        /** The known ones, as they look. */
        private final Map<String, Integer> composed = new HashMap<>();
        /** Of folders. */
        private final Set<String> looks = new HashSet<>();

        /**
         * @param known the only ones that there may be; null to learn them
         * @param units of the output layer; 0 or less if it takes as many classes as there are
         */
        Named(Source source, List<String> known, int units) {
            this.source = source;
            this.known = known;
            this.units = units;
            if (known != null) {
                known.forEach(name -> numbers.put(name, numbers.size()));
                known.forEach(name -> composed.putIfAbsent(FileName.composed(name), numbers.get(name)));
            }
        }

        /** Null if it is none; Macs write the letters of a name in another way than most. */
        private Integer number(String name) {
            var number = numbers.get(name);
            return number != null || known == null ? number : composed.get(FileName.composed(name));
        }

        /** The number of a record's class; while they are learned, in the order in which they were seen first. */
        int of(Path file, long record, String label) {
            var number = number(label);
            if (number != null) {
                return number;
            }
            if (known != null) {
                throw source.invalid(
                        file,
                        record,
                        "label \"" + FileName.shown(label) + "\" is no class; the network's are " + list(known));
            }
            if (units > 0 && numbers.size() == units) {
                throw source.invalid(
                        file,
                        record,
                        "label \"" + FileName.shown(label) + "\" is one class more than the " + units
                                + " units of the output layer, which needs one for each class");
            }
            numbers.put(label, numbers.size());
            return numbers.size() - 1;
        }

        /** A folder that is a class. */
        void add(Path folder) {
            var name = folder.getFileName().toString();
            if (!looks.add(FileName.composed(name))) {
                throw source.invalid(folder, "looks like another folder beside it" + TWINS);
            }
            if (known == null) {
                numbers.put(name, numbers.size());
            } else if (number(name) == null) {
                throw source.invalid(folder, "is no class; the network's are " + list(known));
            }
        }

        /** The name of the class that a folder is, one of {@link #names}. */
        String name(Path folder) {
            var name = folder.getFileName().toString();
            return known == null ? name : known.get(number(name));
        }

        /** All names in the order of the output's units. */
        List<String> names() {
            if (known != null) {
                return known;
            }
            var names = sorted(numbers.keySet());
            checkTwins(source, names);
            checkNumber(source, names, units);
            return names;
        }

        /** For each number that {@link #of} gave, its place among the names. */
        int[] renumbered(List<String> names) {
            var places = new int[names.size()];
            for (int i = 0; i < places.length; i++) {
                places[numbers.get(names.get(i))] = i;
            }
            return places;
        }
    }
}
