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

    /** The first samples of the images in a folder and their labels: pixels from 0 to 1. */
    static Samples read(Path folder, int samples) {
        var pixels = elements(folder, "images", samples);
        var classes = elements(folder, "labels", samples);
        var rows = new float[samples][pixels.length / samples];
        var labels = new int[samples];
        for (int sample = 0; sample < samples; sample++) {
            for (int i = 0; i < rows[sample].length; i++) {
                rows[sample][i] = (pixels[sample * rows[sample].length + i] & 0xff) / 255f;
            }
            labels[sample] = classes[sample];
        }
        return new Samples(rows, labels);
    }

    /** The elements of the first samples of the file whose name has that word. */
    private static byte[] elements(Path folder, String word, int samples) {
        try (var files = Files.list(folder)) {
            var file = files.filter(each -> each.getFileName().toString().contains(word))
                    .findFirst()
                    .orElseThrow();
            try (var in = new GZIPInputStream(new ByteArrayInputStream(first(Files.readAllBytes(file), samples)))) {
                in.skipNBytes(4L * in.readNBytes(4)[3]);
                return in.readAllBytes();
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
