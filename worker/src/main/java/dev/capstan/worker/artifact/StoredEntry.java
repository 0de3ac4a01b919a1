package dev.capstan.worker.artifact;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.LocalDateTime;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** An entry of a zip file that is stored as it is. Its length and checksum come first, so its content is made twice. */
final class StoredEntry {
    /**
     * One tick, two seconds, after the earliest time that the format can tell. For the earliest itself
     * {@link ZipEntry#setTimeLocal} keeps the time in the default zone as well, and writes that into the archive.
     */
    static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0, 2);

    private StoredEntry() {}

    /** Writes the same bytes at each call. */
    interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    static void write(ZipOutputStream zip, String name, Content content) throws IOException {
        var gauge = new Gauge();
        write(content, gauge);
        var entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(gauge.bytes());
        entry.setCrc(gauge.crc());
        zip.putNextEntry(entry);
        write(content, zip);
        zip.closeEntry();
    }

    /** Writes through a buffer, and leaves the stream open. */
    static void write(Content content, OutputStream target) throws IOException {
        var out = new DataOutputStream(new BufferedOutputStream(target, 1 << 16));
        content.writeTo(out);
        out.flush();
    }
}
