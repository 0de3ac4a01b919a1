package dev.capstan.crds.validation;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * An object that differs from a valid one in one field and is as valid.
 *
 * @param path the field, see {@link Yaml#set}
 * @param value YAML; null if the field is absent
 */
public record Accepted(String path, String value) {
    public static Accepted accepted(String path, String value) {
        return new Accepted(path, value);
    }

    public static Stream<Accepted> each(String path, String... values) {
        return Arrays.stream(values).map(value -> accepted(path, value));
    }

    @Override
    public String toString() {
        return path + ": " + (value == null ? "absent" : value);
    }
}
