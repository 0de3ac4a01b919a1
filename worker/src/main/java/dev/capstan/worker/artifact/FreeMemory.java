package dev.capstan.worker.artifact;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** How much more memory this container may take before the kernel ends it (cgroup v2). */
public final class FreeMemory {
    private static final Path GROUP = Path.of("/sys/fs/cgroup");

    private FreeMemory() {}

    /** Bytes; empty if there is no limit, or none that can be read. */
    public static OptionalLong bytes() {
        return bytes(GROUP);
    }

    static OptionalLong bytes(Path group) {
        try {
            var limit = Files.readString(group.resolve("memory.max")).strip();
            if (limit.equals("max")) {
                return OptionalLong.empty();
            }
            long used = Long.parseLong(
                    Files.readString(group.resolve("memory.current")).strip());
            // Files that were read count until the kernel needs their place.
            long files = Files.readString(group.resolve("memory.stat"))
                    .lines()
                    .filter(each -> each.matches("(in)?active_file \\d+"))
                    .mapToLong(each -> Long.parseLong(each.substring(each.indexOf(' ') + 1)))
                    .sum();
            return OptionalLong.of(Long.parseLong(limit) - used + files);
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
