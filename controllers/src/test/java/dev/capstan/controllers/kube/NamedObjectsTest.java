package dev.capstan.controllers.kube;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.kube.NamedObjects.Value;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a config map has under a key. */
class NamedObjectsTest {
    @Test
    void whatIsNoUtf8LiesApartAndIsToldInWords() {
        var map = new ConfigMapBuilder()
                .withData(Map.of("text", "{}"))
                .withBinaryData(Map.of(
                        "wide", base64("\uFEFF{}".getBytes(UTF_16LE)),
                        "zip", base64("PK".getBytes(UTF_8)),
                        "short", base64(new byte[] {(byte) 0xff})))
                .build();
        assertEquals(new Value("{}", null), Value.of(map, "text"));
        assertEquals(new Value(null, "a text in UTF-16, by the mark at its start,"), Value.of(map, "wide"));
        assertEquals(new Value(null, "bytes that are no text,"), Value.of(map, "zip"));
        assertEquals(new Value(null, "bytes that are no text,"), Value.of(map, "short"));
        assertEquals(new Value(null, null), Value.of(map, "else"));
        assertEquals(new Value(null, null), Value.of(new ConfigMapBuilder().build(), "text"));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
