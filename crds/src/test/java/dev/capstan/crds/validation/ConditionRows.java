package dev.capstan.crds.validation;

import static dev.capstan.crds.validation.Refused.SAFE;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.unknown;

import java.util.List;
import java.util.stream.Stream;

/** What may be said in the conditions of any kind's status. */
public final class ConditionRows {
    private ConditionRows() {}

    public static Stream<Refused> refusals() {
        var condition = "status.conditions[0]";
        return Stream.of(
                        Stream.of(
                                refused(
                                        "status.conditions",
                                        List.of(condition("Ready"), condition("Ready"))
                                                .toString(),
                                        "status.conditions[1]: Duplicate value"),
                                refused(
                                        "status.conditions",
                                        items(33, condition("T%d")),
                                        "Too many: 33: must have at most 32 items"),
                                absent(condition + ".type"),
                                absent(condition + ".status"),
                                absent(condition + ".reason"),
                                absent(condition + ".message"),
                                absent(condition + ".lastTransitionTime"),
                                refused(condition + ".type", "''", "should be at least 1 chars long"),
                                tooLong(condition + ".type", 316),
                                unknown(condition + ".status", "Maybe", "True", "False", "Unknown"),
                                refused(condition + ".reason", "''", "should be at least 1 chars long"),
                                tooLong(condition + ".reason", 1024),
                                refused(
                                        condition + ".reason",
                                        "not a word",
                                        "conditions[0].reason in body should match"),
                                tooLong(condition + ".message", 32768),
                                refused(condition + ".observedGeneration", "1.5", "must be of type")),
                        Refused.time(condition + ".lastTransitionTime"),
                        between(condition + ".observedGeneration", "0", SAFE))
                .flatMap(rows -> rows);
    }

    /** A valid condition of a type, as YAML. */
    public static String condition(String type) {
        return "{type: %s, status: 'True', reason: Because, message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}"
                .formatted(type);
    }
}
