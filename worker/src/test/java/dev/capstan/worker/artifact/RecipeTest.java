package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.worker.Fixtures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RecipeTest {
    /** Checkpoints hold it: another digest of the same job would lose what was trained before an upgrade. */
    @Test
    void aDescriptionKeepsItsDigestFromReleaseToRelease() throws Exception {
        assertEquals(
                "sha256:b10f154c5838cef14c123a31ab04487d998aae05ff116fbc736e5dec79152d99",
                Recipe.of(Fixtures.job(Path.of("/anywhere"), "uid-1", 1, 2, 5)).description());
    }
}
