package dev.capstan.worker.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutageTest {
    @TempDir
    Path folder;

    @Test
    void storageThatFailsMayAnswerLater() throws Exception {
        var file = Fixtures.failing(folder.resolve("file"));
        var failing = assertThrows(IOException.class, () -> Files.readString(file));
        assertTrue(Outage.causes(failing), failing.toString());
        assertTrue(Outage.causes(new IllegalStateException(failing)), "whatever a library makes of it");
        assertEquals(Reason.StorageUnavailable, Outage.or(Reason.InvalidData, failing));
    }

    @Test
    void aVolumeThatIsFullStaysSo() {
        var full = assertThrows(IOException.class, () -> Files.writeString(Path.of("/dev/full"), "text"));
        assertEquals("No space left on device", full.getMessage());
        assertEquals(Reason.OutputUnavailable, Outage.or(Reason.OutputUnavailable, full));
    }

    @Test
    void whatWasReadAndMeansNothingStaysSo() {
        assertFalse(Outage.causes(new ZipException("zip END header not found")));
        assertFalse(Outage.causes(new IllegalArgumentException("Input/output error isn't a number")));
    }
}
