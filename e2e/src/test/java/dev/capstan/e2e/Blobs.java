package dev.capstan.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A small classification problem: clouds of points around one centre a class, some of them overlapping, as CSV with the
 * class in the last column. The same seed writes the same files.
 */
final class Blobs {
    static final int FEATURES = 16;
    static final int CLASSES = 4;

    private static Path shared;

    private Blobs() {}

    /** A folder with 4000 samples to train on and 1000 to test with, that all tests share and none changes. */
    static synchronized Path shared() {
        if (shared == null) {
            try {
                shared = Files.createTempDirectory("blobs");
                write(shared, 4000, 1000);
                try (var files = Files.walk(shared)) {
                    // What is named last goes first.
                    files.forEach(file -> file.toFile().deleteOnExit());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return shared;
    }

    /** Writes {@code train/points.csv} and {@code test/points.csv} under the folder. */
    static void write(Path folder, int trainRows, int testRows) {
        var random = new Random(1);
        var centres = new double[CLASSES][FEATURES];
        for (var centre : centres) {
            for (int i = 0; i < FEATURES; i++) {
                centre[i] = random.nextGaussian();
            }
        }
        write(folder.resolve("train"), trainRows, centres, random);
        write(folder.resolve("test"), testRows, centres, random);
    }

    private static void write(Path folder, int rows, double[][] centres, Random random) {
        var text = new StringBuilder();
        for (int row = 0; row < rows; row++) {
            int label = random.nextInt(CLASSES);
            for (double centre : centres[label]) {
                text.append(String.format("%.5f,", centre + random.nextGaussian()));
            }
            text.append(label).append('\n');
        }
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("points.csv"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
