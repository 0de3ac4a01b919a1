package dev.capstan.controllers.status;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Conditions;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Conditions in the making: each is set once, all carry the generation they are about, and the time of the last
 * transition stays unless the status changed.
 */
public final class ConditionSet {
    /** Longest message that the API convention allows. */
    private static final int MAX_MESSAGE = 32_768;

    private final List<Condition> before;
    private final Long generation;
    private final String now;
    private final Map<String, Condition> after = new LinkedHashMap<>();

    private ConditionSet(List<Condition> before, Long generation, Instant now) {
        this.before = before;
        this.generation = generation;
        this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Starts from the conditions of the last time; null means none. */
    public static ConditionSet after(List<Condition> before, Long generation, Instant now) {
        return new ConditionSet(before == null ? List.of() : before, generation, now);
    }

    /** Sets a condition that holds. */
    public ConditionSet yes(String type, String reason, String message) {
        return set(type, Conditions.TRUE, reason, message);
    }

    /** Sets a condition that doesn't hold. */
    public ConditionSet no(String type, String reason, String message) {
        return set(type, Conditions.FALSE, reason, message);
    }

    /** Sets a condition of which nobody can tell yet. */
    public ConditionSet unknown(String type, String reason, String message) {
        return set(type, Conditions.UNKNOWN, reason, message);
    }

    /** Sets a condition that doesn't hold, because something is waited for. */
    public ConditionSet no(String type, Wait wait) {
        return no(type, wait.reason().reason(), wait.message());
    }

    /** Sets a condition that holds, because something is waited for. */
    public ConditionSet yes(String type, Wait wait) {
        return yes(type, wait.reason().reason(), wait.message());
    }

    /** Leaves a condition as it was the last time, or sets it to false if it wasn't there. */
    public ConditionSet keep(String type, String reason, String message) {
        return find(before, type)
                .map(old -> set(type, old.getStatus(), old.getReason(), old.getMessage()))
                .orElseGet(() -> no(type, reason, message));
    }

    /** Leaves a condition as it was the last time, if it was there and wasn't set since. */
    public ConditionSet carry(String type) {
        return after.containsKey(type) || !had(type) ? this : keep(type, "", "");
    }

    /** Whether the condition was there the last time. */
    public boolean had(String type) {
        return find(before, type).isPresent();
    }

    private ConditionSet set(String type, String status, String reason, String message) {
        var since = find(before, type)
                .filter(old -> old.getStatus().equals(status))
                .map(Condition::getLastTransitionTime)
                .orElse(now);
        var text = message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) : message;
        after.put(
                type,
                new ConditionBuilder()
                        .withType(type)
                        .withStatus(status)
                        .withReason(reason)
                        .withMessage(text)
                        .withObservedGeneration(generation)
                        .withLastTransitionTime(since)
                        .build());
        return this;
    }

    /** The conditions in the order in which they were set. */
    public List<Condition> list() {
        return new ArrayList<>(after.values());
    }

    /** The condition of a type, if it is there. */
    public static Optional<Condition> find(List<Condition> conditions, String type) {
        return conditions == null
                ? Optional.empty()
                : conditions.stream()
                        .filter(condition -> type.equals(condition.getType()))
                        .findFirst();
    }

    /** Whether the condition is there and holds. */
    public static boolean holds(List<Condition> conditions, String type) {
        return find(conditions, type)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()))
                .isPresent();
    }
}
