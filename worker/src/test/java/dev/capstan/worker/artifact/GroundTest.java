package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.Json;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Ground;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the profile of training images says of the ground that they were on. */
class GroundTest {
    private static final int PIXELS = Fixtures.SIDE * Fixtures.SIDE;

    @TempDir
    Path folder;

    @Test
    void groundIsWhatMostPixelsOfAllImagesAre() throws Exception {
        assertEquals(Ground.DARK, ground(0, 255, 30));
        assertEquals(Ground.BRIGHT, ground(255, 0, 30));
        // As much of the one as of the other, and greys: it can't be told.
        assertEquals(Ground.EITHER, ground(0, 255, PIXELS / 2));
        assertEquals(Ground.EITHER, ground(128, 255, 30));
        assertEquals(Ground.EITHER, ground(128, 0, 30));
        assertEquals(Ground.EITHER, Profile.ground(null));
    }

    private Ground ground(int ground, int ink, int pixels) throws Exception {
        var image = new byte[PIXELS];
        Arrays.fill(image, 0, pixels, (byte) ground);
        Arrays.fill(image, pixels, PIXELS, (byte) ink);
        var samples = new Fixtures.Images(new byte[][] {image, image}, new int[] {0, 1});
        var preprocessing =
                new Preprocessing(new Shape.Image(Fixtures.SIDE, Fixtures.SIDE, 1), List.of("a", "b"), null);
        var profile = Profile.of(samples, preprocessing, () -> {});
        return Profile.ground(Files.writeString(folder.resolve("profile.json"), Json.write(profile)));
    }
}
