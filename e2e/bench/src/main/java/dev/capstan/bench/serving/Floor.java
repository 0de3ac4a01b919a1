package dev.capstan.bench.serving;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * ONNX Runtime without a server, in processes of its own: whatever is faster, Java or Python, is what a server can
 * reach.
 */
record Floor(Pinned java, BufferedReader fromJava, Pinned python, BufferedReader fromPython) {
    /** How many samples at once are tried. */
    private static final int[] BATCHES = {1, 8, 32, 64};

    static Floor of(Pinned java, Pinned python) {
        return new Floor(
                java, java.process().inputReader(), python, python.process().inputReader());
    }

    /** One sample at a time. */
    Load single(BenchModels model, double seconds) throws IOException {
        return fastest(model, 1, seconds, load -> -load.p50());
    }

    /** As many samples a second as can be had by batches of whatever size. */
    double samplesPerSecond(BenchModels model, double seconds) throws IOException {
        double most = 0;
        for (int batch : BATCHES) {
            most = Math.max(
                    most, fastest(model, batch, seconds, Load::perSecond).perSecond());
        }
        return most;
    }

    private Load fastest(BenchModels model, int batch, double seconds, ToDoubleFunction<Load> by) throws IOException {
        var one = measure(java, fromJava, model, batch, seconds);
        var other = measure(python, fromPython, model, batch, seconds);
        return by.applyAsDouble(one) > by.applyAsDouble(other) ? one : other;
    }

    private static Load measure(Pinned process, BufferedReader from, BenchModels model, int batch, double seconds)
            throws IOException {
        var to = process.process().outputWriter();
        to.write(String.format(Locale.ROOT, "%d %d %.2f%n", model.ordinal(), batch, seconds));
        to.flush();
        var line = from.readLine();
        if (line == null) {
            process.checkAlive();
            throw new IOException(process.name() + " said nothing");
        }
        var words = line.split(" ");
        return new Load(Double.parseDouble(words[0]), Double.parseDouble(words[1]), Double.parseDouble(words[2]));
    }
}
