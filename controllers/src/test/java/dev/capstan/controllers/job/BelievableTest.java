package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.crds.Conditions;
import dev.capstan.protocol.Progress;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** An image of the user's own tells what the schema of the status refuses. */
class BelievableTest {
    private static final String DIGEST = PlanTable.digest(1);

    private final PlanTable table = new PlanTable();

    static Stream<String> artifacts() {
        var metrics = IntStream.range(0, 65)
                .mapToObj(i -> "\"m%d\": 0.5".formatted(i))
                .collect(Collectors.joining(", "));
        return Stream.of(
                "'sizeBytes': 1",
                "'digest': 'md5:1', 'sizeBytes': 1",
                "'digest': '%s0', 'sizeBytes': 1".formatted(DIGEST),
                "'digest': '%s', 'sizeBytes': -1".formatted(DIGEST),
                "'digest': '%s', 'sizeBytes': 9007199254740992".formatted(DIGEST),
                "'digest': '%s', 'sizeBytes': 1, 'metrics': {'accuracy': null}".formatted(DIGEST),
                "'digest': '%s', 'sizeBytes': 1, 'metrics': {%s}".formatted(DIGEST, metrics));
    }

    @ParameterizedTest
    @MethodSource("artifacts")
    void aModelThatCannotBeWrittenDownIsNone(String artifact) {
        table.running();
        var lastWord = "{'reason': 'Succeeded', 'message': 'done', 'artifact': {'uri': 'pvc://models/mnist', %s}}"
                .formatted(artifact);
        table.ended(0, 0, "Completed", lastWord.replace('\'', '"'));
        table.later(10);
        table.pass();
        assertFalse(table.holds(Conditions.COMPLETE));
        assertEquals(Notice.Reason.Restarting, table.reasons().getLast());
        assertTrue(table.message().contains("ended without an artifact"), table.message());
    }

    @ParameterizedTest
    @CsvSource({
        "sha256:1, 2026-01-01T00:00:00Z",
        ", 2026-01-01T00:00:00Z",
        "DIGEST, yesterday",
        "DIGEST, ",
        "DIGEST, +12026-01-01T00:00:00Z"
    })
    void aCheckpointThatCannotBeWrittenDownIsNone(String digest, String time) {
        table.running();
        table.checkpoint(4000);
        table.pass();
        var told = new Progress.Checkpoint(8000, "pvc://x", "DIGEST".equals(digest) ? DIGEST : digest, time);
        table.progress =
                Optional.of(new Progress(1, Progress.Stage.TRAINING, 1, 5, 8000, 9375, 0.5, 1000, 7, told, null));
        table.pass();
        assertEquals(4000, table.job.getStatus().getLastCheckpoint().getStep());
        assertEquals(8000, table.job.getStatus().getProgress().getStep());
    }
}
