package dev.capstan.crds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlaceUriTest {
    @ParameterizedTest
    @CsvSource({"s3://abc, abc, ''", "s3://data.sets-1/a/b.c/..d, data.sets-1, a/b.c/..d"})
    void mayBeInABucket(String text, String bucket, String path) {
        var uri = PlaceUri.parse(text);
        assertEquals(new S3Uri(bucket, path), uri);
        assertEquals(text, uri.toString());
    }

    @Test
    void mayBeOnAVolume() {
        assertEquals(new VolumeUri("models", "mnist"), PlaceUri.parse("pvc://models/mnist"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://",
                "s3://ab",
                "s3://Abc",
                "s3://abc/",
                "s3://abc//d",
                "s3://abc/..",
                "s3://abc/./d",
                "s3://abc/d e",
                "s3://abc/d\n",
                "gs://abc"
            })
    void refusesWhatTheSchemaRefuses(String text) {
        assertThrows(IllegalArgumentException.class, () -> PlaceUri.parse(text));
    }

    @Test
    void refusesWhatIsTooLong() {
        assertThrows(IllegalArgumentException.class, () -> PlaceUri.parse("s3://abc/" + "d".repeat(504)));
    }
}
