package dev.capstan.worker.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutageTest {
    @TempDir
    Path folder;

    @Test
    void whatIsThereIsToldFromWhatIsNot() throws Exception {
        var file = Files.writeString(folder.resolve("file"), "");
        assertTrue(Outage.exists(file) && Outage.isFile(file));
        assertTrue(Outage.exists(folder) && Outage.isFolder(folder));
        assertFalse(Outage.isFolder(file) || Outage.isFile(folder));
        for (var absent : new Path[] {folder.resolve("absent"), folder.resolve("a/b"), file.resolve("below a file")}) {
            assertFalse(Outage.exists(absent), absent.toString());
        }
    }

    @Test
    void whatCannotBeFoundOutIsNotTakenForAbsent() throws Exception {
        var loop = folder.resolve("loop");
        Files.createSymbolicLink(loop, loop);
        assertFalse(Files.exists(loop));
        assertThrows(IOException.class, () -> Outage.exists(loop));
    }

    /** The kernel answers with EIO to whoever reads its beginning. */
    @Test
    void storageThatFailsIsToldFromAVolumeThatIsFull() {
        var failing = assertThrows(
                IOException.class,
                () -> Files.newInputStream(Path.of("/proc/self/mem")).read());
        assertTrue(Outage.causes(failing), failing.toString());
        var full = assertThrows(IOException.class, () -> Files.writeString(Path.of("/dev/full"), "text"));
        assertFalse(Outage.causes(full), full.toString());
        assertEquals("No space left on device", full.getMessage());
    }
}
