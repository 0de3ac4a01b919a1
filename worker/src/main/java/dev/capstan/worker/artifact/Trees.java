package dev.capstan.worker.artifact;

import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Folders with all that is in them. */
public final class Trees {
    private Trees() {}

    /** Takes a folder away; nothing happens if there is none. Links are taken away, not what they lead to. */
    public static void delete(Path folder) throws IOException {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            for (var each : Volume.list(folder, "*")) {
                delete(each);
            }
        }
        Files.deleteIfExists(folder);
    }
}
