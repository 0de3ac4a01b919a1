package dev.capstan.worker.outcome;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutcomeTest {
    @Test
    void aLongSentenceIsCutSoThatTheMessageStaysReadable() {
        for (var word : new String[] {"ä", "\"", "\u0001", "x"}) {
            var outcome = new Outcome(
                    Reason.InvalidJob, word.repeat(5000), new Outcome.Artifact("u", "d", 1, Map.of("accuracy", 0.5)));
            var text = TerminationMessage.of(outcome);
            assertTrue(text.getBytes(StandardCharsets.UTF_8).length <= 4096);
            var read = Json.read(text, Outcome.class);
            assertEquals(outcome.artifact(), read.artifact());
            assertTrue(read.message().startsWith(word.repeat(100))
                    && read.message().endsWith("…"));
        }
    }

    @Test
    void aShortSentenceStaysWhole() {
        var outcome = new Outcome(Reason.Succeeded, "done", null);
        assertEquals(outcome, Json.read(TerminationMessage.of(outcome), Outcome.class));
    }

    @Test
    void memoryThatRanOutIsFoundUnderOtherExceptions() {
        assertEquals(
                Reason.OutOfMemory,
                Failure.of(new RuntimeException("op failed", new OutOfMemoryError("Java heap space")))
                        .reason());
        assertEquals(
                Reason.OutOfMemory,
                Failure.of(new RuntimeException("std::bad_alloc")).reason());
        assertEquals(
                Reason.WorkerError, Failure.of(new IllegalStateException("odd")).reason());
    }

    @Test
    void aFailureStaysItself() {
        var failure = new Failure(Reason.Diverged, "the loss became NaN");
        assertSame(failure, Failure.of(new RuntimeException(failure)));
        assertEquals("the loss became NaN at step 3", failure.at("step 3").getMessage());
        assertEquals(Reason.Diverged, failure.at("step 3").reason());
    }
}
