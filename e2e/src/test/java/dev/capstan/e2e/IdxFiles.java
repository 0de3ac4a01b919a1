package dev.capstan.e2e;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Gzipped files in MNIST's format: two zeros, the type of an element, the number of dimensions, their sizes, elements.
 */
final class IdxFiles {
    private IdxFiles() {}

    /** Leaves the first samples of each file in a folder, and takes the others away. */
    static void keepFirst(Path folder, int samples) {
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) {
                Files.write(file, first(Files.readAllBytes(file), samples));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] first(byte[] gzipped, int samples) throws IOException {
        try (var in = new GZIPInputStream(new ByteArrayInputStream(gzipped))) {
            byte[] magic = in.readNBytes(4);
            var sizes = ByteBuffer.wrap(in.readNBytes(4 * magic[3]));
            int bytes = samples;
            for (int i = 1; i < magic[3]; i++) {
                bytes *= sizes.getInt(4 * i);
            }
            sizes.putInt(0, samples);
            var out = new ByteArrayOutputStream();
            try (var zip = new GZIPOutputStream(out)) {
                zip.write(magic);
                zip.write(sizes.array());
                zip.write(in.readNBytes(bytes));
            }
            return out.toByteArray();
        }
    }
}
