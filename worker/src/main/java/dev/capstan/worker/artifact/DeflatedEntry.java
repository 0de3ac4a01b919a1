package dev.capstan.worker.artifact;

import dev.capstan.worker.artifact.StoredEntry.Content;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** An entry of a zip file that is deflated, so that zeros take next to no room; the same bytes on every machine. */
final class DeflatedEntry {
    private DeflatedEntry() {}

    /** A zip file for such entries. */
    static ZipOutputStream zip(OutputStream target) {
        return new Zip(target);
    }

    private static final class Zip extends ZipOutputStream {
        Zip(OutputStream target) {
            super(target);
            def.end();
            def = new PinnedDeflater();
        }
    }

    /** @param zip made by {@link #zip} */
    static void write(ZipOutputStream zip, String name, Content content) throws IOException {
        var entry = new ZipEntry(name);
        entry.setTimeLocal(StoredEntry.TIME);
        entry.setMethod(ZipEntry.DEFLATED);
        zip.putNextEntry(entry);
        StoredEntry.write(content, zip);
        zip.closeEntry();
    }
}
