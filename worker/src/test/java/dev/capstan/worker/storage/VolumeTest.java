package dev.capstan.worker.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeTest {
    @TempDir
    Path folder;

    @Test
    void whatIsThereIsToldFromWhatIsNot() throws Exception {
        var file = Files.writeString(folder.resolve("file"), "");
        assertTrue(Volume.exists(file) && Volume.isFile(file));
        assertTrue(Volume.exists(folder) && Volume.isFolder(folder));
        assertFalse(Volume.isFolder(file) || Volume.isFile(folder));
        for (var absent : List.of(folder.resolve("absent"), folder.resolve("a/b"), file.resolve("below a file"))) {
            assertFalse(Volume.exists(absent), absent.toString());
        }
        assertEquals(List.of(file), Volume.list(folder, "f*"));
        assertEquals(List.of(), Volume.list(folder, "g*"));
    }

    @Test
    void whatCannotBeFoundOutIsNotTakenForAbsent() throws Exception {
        var loop = folder.resolve("loop");
        Files.createSymbolicLink(loop, loop);
        assertFalse(Files.exists(loop));
        assertThrows(IOException.class, () -> Volume.exists(loop));
        assertThrows(IOException.class, () -> Volume.list(loop, "*"));
    }
}
