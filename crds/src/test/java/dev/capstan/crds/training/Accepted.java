package dev.capstan.crds.training;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * A job that differs from a valid one in one field and is as valid.
 *
 * @param path the field, see {@link Jobs#set}
 * @param value YAML; null if the field is absent
 */
record Accepted(String path, String value) {
    static Accepted accepted(String path, String value) {
        return new Accepted(path, value);
    }

    static Stream<Accepted> each(String path, String... values) {
        return Arrays.stream(values).map(value -> accepted(path, value));
    }

    @Override
    public String toString() {
        return path + ": " + (value == null ? "absent" : value);
    }
}
