package dev.capstan.crds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeUriTest {
    @ParameterizedTest
    @CsvSource({
        "pvc://models, models, ''",
        "pvc://models/mnist, models, mnist",
        "pvc://data.sets-1/a/b.c/..d, data.sets-1, a/b.c/..d"
    })
    void hasAClaimAndAPath(String text, String claim, String path) {
        var uri = VolumeUri.parse(text);
        assertEquals(new VolumeUri(claim, path), uri);
        assertEquals(text, uri.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "pvc:/models",
                "pvc://",
                "pvc:///a",
                "pvc://a/",
                "pvc://a//b",
                "pvc://a/..",
                "pvc://a/./b",
                "pvc://A/b",
                "pvc://a-/b",
                "s3://a/b",
                "pvc://a/b c",
                "pvc://a/b\n"
            })
    void refusesWhatTheSchemaRefuses(String text) {
        assertThrows(IllegalArgumentException.class, () -> VolumeUri.parse(text));
    }

    @Test
    void refusesWhatIsTooLong() {
        assertThrows(IllegalArgumentException.class, () -> VolumeUri.parse("pvc://a/" + "b".repeat(505)));
    }

    @Test
    void hasPlacesBelow() {
        assertEquals(
                new VolumeUri("models", "checkpoints"),
                VolumeUri.parse("pvc://models").resolve("checkpoints"));
        assertEquals(
                new VolumeUri("models", "a/checkpoints"),
                VolumeUri.parse("pvc://models/a").resolve("checkpoints"));
    }
}
