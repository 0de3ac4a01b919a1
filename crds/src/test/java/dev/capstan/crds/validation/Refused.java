package dev.capstan.crds.validation;

import java.util.List;
import java.util.stream.Stream;

/**
 * An object that differs from a valid one in one field, and sentences that the refusal has to have.
 *
 * @param path the field, see {@link Yaml#set}
 * @param value YAML; null if the field is absent
 */
public record Refused(String path, String value, List<String> sentences) {
    /** Largest whole number that every JSON reader keeps exact. */
    public static final String SAFE = "9007199254740991";

    public static Refused refused(String path, String value, String... sentences) {
        return new Refused(path, value, List.of(sentences));
    }

    public static Refused absent(String path) {
        return refused(path, null, path + ": Required value");
    }

    public static Refused below(String path, String value, String least) {
        return refused(path, value, inBody(path) + " in body should be greater than or equal to " + least);
    }

    public static Refused above(String path, String value, String most) {
        return refused(path, value, inBody(path) + " in body should be less than or equal to " + most);
    }

    /** A point in time. */
    public static Stream<Refused> time(String path) {
        var name = path.substring(path.lastIndexOf('.') + 1);
        return Stream.of(
                refused(path, "now", "in body must be of type date-time"),
                refused(path, "[]", name + " must be a time, such as 2026-01-01T00:00:00Z"));
    }

    /** Whole numbers. */
    public static Stream<Refused> between(String path, String least, String most) {
        var tooLow = Long.parseLong(least) - 1;
        var tooHigh = Long.parseLong(most) + 1;
        return Stream.of(below(path, "" + tooLow, least), above(path, "" + tooHigh, most));
    }

    /** Decimals, without either bound. */
    public static Stream<Refused> within(String path, String least, String most) {
        return Stream.of(
                refused(path, least, inBody(path) + " in body should be greater than " + least),
                refused(path, most, inBody(path) + " in body should be less than " + most));
    }

    /** Decimals from the least, below the most. */
    public static Stream<Refused> share(String path) {
        return Stream.of(below(path, "-0.1", "0"), refused(path, "1", inBody(path) + " in body should be less than 1"));
    }

    /** Decimals above 0. */
    public static Stream<Refused> positive(String path, String most) {
        return Stream.of(
                refused(path, "0", inBody(path) + " in body should be greater than 0"),
                refused(path, "-0.1", inBody(path) + " in body should be greater than 0"),
                above(path, most + ".5", most));
    }

    public static Refused unknown(String path, String value, String... supported) {
        return refused(
                path,
                value,
                path + ": Unsupported value: \"" + value + "\": supported values: \"" + String.join("\", \"", supported)
                        + "\"");
    }

    public static Refused empty(String path) {
        return refused(path, "''", inBody(path) + " in body should be at least 1 chars long");
    }

    public static Refused tooLong(String path, int most) {
        return refused(path, "x".repeat(most + 1), path + ": Too long: may not be more than " + most + " bytes");
    }

    public static Refused tooMany(String path, int most, String value) {
        return refused(path, value, path + ": Too many: " + (most + 1) + ": must have at most " + most + " items");
    }

    /** In some messages about the status subresource the server begins fields' names below the status. */
    public static String inBody(String path) {
        return path.replaceFirst("^status\\.?", "");
    }

    /** A YAML list of so many items, in which %d stands for an item's index. */
    public static String items(int count, String item) {
        return Stream.iterate(0, i -> i + 1)
                .limit(count)
                .map(i -> item.replace("%d", "" + i))
                .toList()
                .toString();
    }

    /** A YAML map of so many entries. */
    public static String entries(int count, String value) {
        return items(count, "key%d: " + value).replaceFirst("^\\[", "{").replaceFirst("]$", "}");
    }

    @Override
    public String toString() {
        return path + ": " + (value == null ? "absent" : value);
    }
}
