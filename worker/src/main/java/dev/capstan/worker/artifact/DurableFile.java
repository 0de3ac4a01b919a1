package dev.capstan.worker.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Files that are on the disk, and not only in memory, once they are written. */
public final class DurableFile {
    private DurableFile() {}

    /** What goes into a file. */
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Writes a whole file and waits until it is on the disk. */
    public static void write(Path file, Content content) throws IOException {
        try (var raw = new FileOutputStream(file.toFile())) {
            var out = new BufferedOutputStream(raw, 1 << 16);
            content.writeTo(out);
            out.flush();
            raw.getFD().sync();
        }
    }

    /** As {@link #write(Path, Content)}, with a text in UTF-8. */
    public static void write(Path file, String text) throws IOException {
        write(file, out -> out.write(text.getBytes(UTF_8)));
    }

    /** Makes new names in a folder last: on Linux a folder is written to the disk as files are. */
    public static void syncFolder(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
