package dev.capstan.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Samples as a model takes them, and the class of each. */
record Samples(float[][] rows, int[] labels) {
    /** Of {@link Blobs}, the first ones of a file. */
    static Samples ofBlobs(Path csv, int samples) {
        var rows = new float[samples][Blobs.FEATURES];
        var labels = new int[samples];
        try {
            var lines = Files.readAllLines(csv);
            for (int i = 0; i < samples; i++) {
                var columns = lines.get(i).split(",");
                for (int column = 0; column < Blobs.FEATURES; column++) {
                    rows[i][column] = Float.parseFloat(columns[column]);
                }
                labels[i] = Integer.parseInt(columns[Blobs.FEATURES]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Samples(rows, labels);
    }

    /** The first one alone. */
    float[][] first() {
        return new float[][] {rows[0]};
    }

    /** The share of answers, probabilities by class, in which the right class has the largest. */
    double accuracy(float[][] answers) {
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            int best = 0;
            for (int label = 1; label < answers[i].length; label++) {
                best = answers[i][label] > answers[i][best] ? label : best;
            }
            right += best == labels[i] ? 1 : 0;
        }
        return right / (double) labels.length;
    }
}
