package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Contract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each mistake ends a run with its reason and its sentence. A class for each thing to be wrong has the mistakes. */
abstract class Mistakes {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void aMistakeEndsInItsSentence(Mistake mistake) throws Exception {
        var place = new Workplace(folder);
        var job = mistake.preparation().make(place, place.job());
        var compresses = job != null && job.contains("\"kind\" : \"compress\"");
        var outcome = place.run(compresses ? Contract.COMPRESS : Contract.TRAIN, job);
        assertEquals(mistake.reason(), outcome.reason(), outcome.message());
        for (var part : mistake.parts()) {
            assertTrue(outcome.message().contains(part), outcome.message());
        }
        assertNull(outcome.artifact());
        if (mistake.seenBeforeTraining()) {
            assertEquals(outcome, place.run(Contract.CHECK, job));
        }
    }
}
