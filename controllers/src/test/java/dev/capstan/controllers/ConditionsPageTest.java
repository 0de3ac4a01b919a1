package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.protocol.Outcome;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whoever meets a condition, a reason or an event finds it on the page about them. */
class ConditionsPageTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Pattern NAMED = Pattern.compile("`([A-Z][A-Za-z]+)`");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (`[A-Z][^|]*) \\|");

    @Test
    void everyTypeReasonAndEventIsOnThePage() throws IOException {
        var missing = known();
        missing.removeAll(named(NAMED, page()));
        assertEquals(Set.of(), missing);
    }

    @Test
    void everyRowIsOfSomethingThatThereIs() throws IOException {
        var rows = ROW.matcher(page())
                .results()
                .flatMap(row -> named(NAMED, row.group(1)).stream())
                .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(rows.size() > 60, rows::toString);
        rows.removeAll(known());
        assertEquals(Set.of(), rows);
    }

    @Test
    void thePageIsListedAmongTheOthers() throws IOException {
        assertTrue(Files.readString(DOCS.resolve("README.md")).contains("(conditions.md)"));
    }

    private static String page() throws IOException {
        return Files.readString(DOCS.resolve("conditions.md"));
    }

    private static Set<String> known() {
        var known = constants(Reasons.class);
        known.addAll(constants(Conditions.class));
        known.removeAll(Set.of(Conditions.TRUE, Conditions.FALSE, Conditions.UNKNOWN));
        Stream.of(Outcome.Reason.values()).map(Enum::name).forEach(known::add);
        Stream.of(Notice.Reason.values()).map(Enum::name).forEach(known::add);
        return known;
    }

    private static Set<String> constants(Class<?> holder) {
        return Arrays.stream(holder.getFields())
                .filter(field -> Modifier.isStatic(field.getModifiers()) && field.getType() == String.class)
                .map(ConditionsPageTest::value)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String value(Field field) {
        try {
            return (String) field.get(null);
        } catch (IllegalAccessException e) {
            throw new AssertionError(field + " is public", e);
        }
    }

    private static Set<String> named(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
