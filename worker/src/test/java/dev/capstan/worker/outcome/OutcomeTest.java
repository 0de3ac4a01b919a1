package dev.capstan.worker.outcome;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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

    /** They are told as long as they fit: the model comes first. */
    @Test
    void warningsThatDontFitAreLeftOut() {
        var artifact = new Outcome.Artifact("pvc://m", "sha256:" + "a".repeat(64), 1, Map.of("accuracy", 0.5));
        for (int length : new int[] {100, 5000}) {
            var outcome = new Outcome(
                    Reason.Succeeded, "done", artifact, null, null, List.of("\u82f9".repeat(length), "more"));
            var text = TerminationMessage.of(outcome);
            assertTrue(text.getBytes(StandardCharsets.UTF_8).length <= 4096);
            assertEquals(
                    length == 100 ? outcome : new Outcome(Reason.Succeeded, "done", artifact),
                    Json.read(text, Outcome.class));
        }
    }

    @Test
    void aCompressionsFiguresAreToldWhenItsListsDontFit() {
        var measures = new Compression.Measures("model.onnx", 407_056, 0.9761, 0.041, 0.06, 20_100.0, 64);
        var bounds = List.of(new Compression.Bound(Compression.Bound.Name.MAX_DROP, 0.01, 0.02, false));
        for (int steps : new int[] {1, 16}) {
            var rows = IntStream.rangeClosed(1, steps)
                    .mapToObj(step -> new Compression.StepResult(step, "prune", "x".repeat(200), 7, 0.9, List.of()))
                    .toList();
            var layers = IntStream.range(0, 64)
                    .mapToObj(layer -> new Compression.Sensitivity(1, "layer" + layer, 0.9, null))
                    .toList();
            var compression = new Compression(null, 512, measures, measures, bounds, rows, layers);
            var text = TerminationMessage.of(new Outcome(Reason.Succeeded, "ä".repeat(300), null, null, compression));
            assertTrue(text.getBytes(StandardCharsets.UTF_8).length <= 4096);
            var read = Json.read(text, Outcome.class);
            assertEquals("ä".repeat(300), read.message());
            assertEquals(
                    new Compression(null, 512, measures, measures, bounds, steps == 1 ? rows : null, null),
                    read.compression());
        }
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
