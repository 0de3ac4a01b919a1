package dev.capstan.controllers.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionSetTest {
    private static final Instant EARLIER = Instant.parse("2026-01-01T00:00:00.123Z");
    private static final Instant LATER = Instant.parse("2026-01-01T01:00:00Z");

    @Test
    void theTimeOfTheTransitionStaysWhileOnlyTheReasonChanges() {
        var first = ConditionSet.after(null, 1L, EARLIER).no("Ready", "A", "a").list();
        var second = ConditionSet.after(first, 2L, LATER).no("Ready", "B", "b").list();
        assertEquals("2026-01-01T00:00:00Z", second.getFirst().getLastTransitionTime());
        assertEquals("B", second.getFirst().getReason());
        assertEquals(2L, second.getFirst().getObservedGeneration());
    }

    @Test
    void theTimeOfTheTransitionIsNowWhenTheStatusChanges() {
        var first = ConditionSet.after(null, 1L, EARLIER).no("Ready", "A", "a").list();
        var second = ConditionSet.after(first, 1L, LATER).yes("Ready", "A", "a").list();
        assertEquals("2026-01-01T01:00:00Z", second.getFirst().getLastTransitionTime());
        assertTrue(ConditionSet.holds(second, "Ready"));
    }

    @Test
    void aConditionThatIsKeptIsSetAnewForTheGeneration() {
        var first = ConditionSet.after(null, 1L, EARLIER).yes("Ready", "A", "a").list();
        var second =
                ConditionSet.after(first, 5L, LATER).keep("Ready", "B", "b").list();
        assertEquals("A", second.getFirst().getReason());
        assertEquals(5L, second.getFirst().getObservedGeneration());
    }

    @Test
    void aConditionToKeepThatWasNeverThereDoesNotHold() {
        var set =
                ConditionSet.after(List.of(), 1L, LATER).keep("Ready", "B", "b").list();
        assertFalse(ConditionSet.holds(set, "Ready"));
    }
}
