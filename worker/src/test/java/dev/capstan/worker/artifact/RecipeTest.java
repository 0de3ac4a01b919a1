package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Engine;
import dev.capstan.protocol.Wire;
import dev.capstan.worker.Fixtures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RecipeTest {
    @Test
    void aJobThatTakesWhateverIsFasterTakesWhatEitherHasMade() throws Exception {
        var auto = Recipe.of(job(null));
        for (var engine : Engine.values()) {
            var own = Recipe.of(job(engine));
            assertTrue(auto.is(auto.digest(engine, 1)), engine.name());
            assertTrue(auto.is(auto.digest(engine, 2)), engine.name());
            assertNotEquals(auto.digest(engine, 1), auto.digest(engine, 2));
            for (var other : Engine.values()) {
                assertEquals(engine == other, own.is(own.digest(other, 1)), engine + " and " + other);
            }
        }
        assertFalse(auto.is(Recipe.of(job(Engine.LIBTORCH)).digest(Engine.LIBTORCH, 1)));
    }

    @Test
    void whatGradientsAreRoundedToBelongsToItAndHowTheyAreProtectedDoesNot() throws Exception {
        var usual = Recipe.of(job(null, null)).description();
        assertEquals(
                usual, Recipe.of(job(null, new Wire(Wire.Frames.PLAIN, null))).description());
        var rounded = Recipe.of(job(null, new Wire(null, Wire.Precision.BF16))).description();
        assertNotEquals(usual, rounded);
        assertEquals(
                rounded,
                Recipe.of(job(null, new Wire(Wire.Frames.PLAIN, Wire.Precision.BF16)))
                        .description());
    }

    private static JobFile job(Engine engine) throws Exception {
        return job(engine, null);
    }

    private static JobFile job(Engine engine, Wire wire) throws Exception {
        var job = Fixtures.job(Path.of("/anywhere"), "uid-1", 1, 2, 5);
        var work = job.train();
        var training = new Training(1, 32, Fixtures.SGD, null, 0, 0, null, 0, null, null, 1)
                .by(engine)
                .over(wire);
        return Fixtures.with(job, work.model(), work.data(), training);
    }

    /** Checkpoints hold it: another digest of the same job would lose what was trained before an upgrade. */
    @Test
    void aDescriptionKeepsItsDigestFromReleaseToRelease() throws Exception {
        assertEquals(
                "sha256:b10f154c5838cef14c123a31ab04487d998aae05ff116fbc736e5dec79152d99",
                Recipe.of(Fixtures.job(Path.of("/anywhere"), "uid-1", 1, 2, 5)).description());
    }
}
