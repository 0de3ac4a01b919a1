package dev.capstan.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Raw samples of a benchmark, a row each, kept beside the summary. */
final class Csv implements AutoCloseable {
    private final PrintWriter out;

    /** Starts the file anew with its column names. */
    Csv(Path file, String columns) throws IOException {
        out = new PrintWriter(Files.newBufferedWriter(file));
        out.println(columns);
    }

    /** One row; numbers are written with a point, whatever the locale. */
    void row(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }

    @Override
    public void close() {
        out.close();
    }

    /** The middle value; of an even number of them, the lower of the two. */
    static double median(List<Double> values) {
        return values.stream().sorted().toList().get((values.size() - 1) / 2);
    }
}
