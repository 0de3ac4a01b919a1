package dev.capstan.bench.serving;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/**
 * ONNX Runtime without a server, in processes of its own: whatever is faster, Java or Python, is what a server can
 * reach.
 */
record Floor(Pinned java, BufferedReader fromJava, Pinned python, BufferedReader fromPython) {
    /** How many samples at once are tried. */
    private static final int[] BATCHES = {1, 8, 32, 64};

    private static final int CHOSEN_BY = 3;

    /**
     * How samples are computed.
     *
     * @param inJava or else in Python
     * @param batch samples at once
     */
    record Way(boolean inJava, int batch) {}

    static Floor of(Pinned java, Pinned python) {
        return new Floor(
                java, java.process().inputReader(), python, python.process().inputReader());
    }

    /** One sample at a time. */
    Load single(BenchModels model, double seconds) throws IOException {
        var one = measure(java, fromJava, model, 1, seconds);
        var other = measure(python, fromPython, model, 1, seconds);
        return one.p50() < other.p50() ? one : other;
    }

    /**
     * In which way it computes most: by the median of some measurements of each way. It is chosen once, as a server's
     * way is. To take the largest of eight figures in each round would be to measure how they spread.
     */
    Way best(BenchModels model, double seconds) throws IOException {
        var speeds = new LinkedHashMap<Way, List<Double>>();
        for (int i = 0; i < CHOSEN_BY; i++) {
            for (int batch : BATCHES) {
                for (boolean inJava : new boolean[] {true, false}) {
                    var way = new Way(inJava, batch);
                    speeds.computeIfAbsent(way, each -> new ArrayList<>())
                            .add(measure(model, way, seconds).perSecond());
                }
            }
        }
        return Collections.max(speeds.entrySet(), Comparator.comparing(each -> new Samples(each.getValue()).median()))
                .getKey();
    }

    Load measure(BenchModels model, Way way, double seconds) throws IOException {
        return way.inJava()
                ? measure(java, fromJava, model, way.batch(), seconds)
                : measure(python, fromPython, model, way.batch(), seconds);
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
