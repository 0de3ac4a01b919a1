package dev.capstan.crds.training;

import java.util.List;
import java.util.stream.Stream;

/**
 * A job that differs from a valid one in one field, and sentences that the refusal has to have.
 *
 * @param path the field, see {@link Jobs#set}
 * @param value YAML; null if the field is absent
 */
record Refused(String path, String value, List<String> sentences) {
    /** Largest whole number that every JSON reader keeps exact. */
    static final String SAFE = "9007199254740991";

    static Refused refused(String path, String value, String... sentences) {
        return new Refused(path, value, List.of(sentences));
    }

    static Refused absent(String path) {
        return refused(path, null, path + ": Required value");
    }

    static Refused below(String path, String value, String least) {
        return refused(path, value, inBody(path) + " in body should be greater than or equal to " + least);
    }

    static Refused above(String path, String value, String most) {
        return refused(path, value, inBody(path) + " in body should be less than or equal to " + most);
    }

    /** Whole numbers. */
    static Stream<Refused> between(String path, String least, String most) {
        var tooLow = Long.parseLong(least) - 1;
        var tooHigh = Long.parseLong(most) + 1;
        return Stream.of(below(path, "" + tooLow, least), above(path, "" + tooHigh, most));
    }

    /** Decimals, without either bound. */
    static Stream<Refused> within(String path, String least, String most) {
        return Stream.of(
                refused(path, least, inBody(path) + " in body should be greater than " + least),
                refused(path, most, inBody(path) + " in body should be less than " + most));
    }

    /** Decimals from the least, below the most. */
    static Stream<Refused> share(String path) {
        return Stream.of(below(path, "-0.1", "0"), refused(path, "1", inBody(path) + " in body should be less than 1"));
    }

    /** Decimals above 0. */
    static Stream<Refused> positive(String path, String most) {
        return Stream.of(
                refused(path, "0", inBody(path) + " in body should be greater than 0"),
                refused(path, "-0.1", inBody(path) + " in body should be greater than 0"),
                above(path, most + ".5", most));
    }

    static Refused unknown(String path, String value, String... supported) {
        return refused(
                path,
                value,
                path + ": Unsupported value: \"" + value + "\": supported values: \"" + String.join("\", \"", supported)
                        + "\"");
    }

    static Refused empty(String path) {
        return refused(path, "''", inBody(path) + " in body should be at least 1 chars long");
    }

    static Refused tooLong(String path, int most) {
        return refused(path, "x".repeat(most + 1), path + ": Too long: may not be more than " + most + " bytes");
    }

    static Refused tooMany(String path, int most, String value) {
        return refused(path, value, path + ": Too many: " + (most + 1) + ": must have at most " + most + " items");
    }

    /** In some messages about the status subresource the server begins fields' names below the status. */
    static String inBody(String path) {
        return path.replaceFirst("^status\\.?", "");
    }

    /** A YAML list of so many items, in which %d stands for an item's index. */
    static String items(int count, String item) {
        return Stream.iterate(0, i -> i + 1)
                .limit(count)
                .map(i -> item.replace("%d", "" + i))
                .toList()
                .toString();
    }

    /** A YAML map of so many entries. */
    static String entries(int count, String value) {
        return items(count, "key%d: " + value).replaceFirst("^\\[", "{").replaceFirst("]$", "}");
    }

    @Override
    public String toString() {
        return path + ": " + (value == null ? "absent" : value);
    }
}
