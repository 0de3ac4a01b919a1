package dev.capstan.bench;

import dev.capstan.bench.CompressionMeasured.Speed;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * A line of the table.
 *
 * @param base the model as it was trained
 * @param measured what the method made of it
 * @param pairs speeds of both, the one right after the other
 */
record CompressionRow(
        String model, String method, CompressionMeasured base, CompressionMeasured measured, List<Pair> pairs) {
    record Pair(Speed before, Speed after) {}

    /**
     * A ratio of each pair.
     *
     * @param median of an even number of pairs, the lower of the two in the middle
     */
    record Ratio(double median, double smallest, double largest) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", median, smallest, largest);
        }
    }

    static final String COLUMNS = "model,method,pair,p50_before,p50_after,p99_before,p99_after,throughput_before,"
            + "throughput_after,bytes,deflated,archive,accuracy";

    /** How many percentage points of the test samples aren't found any more. */
    double pointsLost() {
        return 100 * (base.accuracy() - measured.accuracy());
    }

    /** How many times smaller the ONNX file is. */
    double ratio() {
        return (double) base.bytes() / measured.bytes();
    }

    /** How many times smaller DL4J's archive is, in which zeros take next to no room. */
    double archiveRatio() {
        return (double) base.archive() / measured.archive();
    }

    /** How many times faster one sample is answered. */
    Ratio latency() {
        return ratio(each -> each.before().p50() / each.after().p50());
    }

    /** How many times more samples are answered, 64 at once. */
    Ratio throughput() {
        return ratio(each -> each.after().throughput() / each.before().throughput());
    }

    private Ratio ratio(ToDoubleFunction<Pair> each) {
        var sorted = pairs.stream().mapToDouble(each).sorted().boxed().toList();
        return new Ratio(Csv.median(sorted), sorted.getFirst(), sorted.getLast());
    }

    static String header() {
        return "| model | method | model.onnx, kB | deflated, kB | model.zip, kB | accuracy | p50, µs | p99, µs | samples/s"
                + " at 64 | one sample, times faster | at 64, times faster |\n|---|---|---|---|---|---|---|---|---|---|---|";
    }

    /** A line of a table in Markdown. */
    String line() {
        return String.format(
                Locale.ROOT,
                "| %s | %s | %.0f | %.0f | %s | %.4f | %.0f | %.0f | %.0f | %s | %s |",
                model,
                method,
                measured.bytes() / 1e3,
                measured.deflated() / 1e3,
                measured.archive() == 0 ? "" : String.format(Locale.ROOT, "%.0f", measured.archive() / 1e3),
                measured.accuracy(),
                median(Speed::p50),
                median(Speed::p99),
                median(Speed::throughput),
                latency(),
                throughput());
    }

    private double median(ToDoubleFunction<Speed> figure) {
        var all = new ArrayList<Double>();
        pairs.forEach(each -> all.add(figure.applyAsDouble(each.after())));
        return Csv.median(all);
    }

    /** All pairs, as they were measured. */
    void write(Csv csv) {
        for (int i = 0; i < pairs.size(); i++) {
            var before = pairs.get(i).before();
            var after = pairs.get(i).after();
            csv.row(
                    "%s,%s,%d,%.2f,%.2f,%.2f,%.2f,%.0f,%.0f,%d,%d,%d,%.4f",
                    model,
                    method,
                    i,
                    before.p50(),
                    after.p50(),
                    before.p99(),
                    after.p99(),
                    before.throughput(),
                    after.throughput(),
                    measured.bytes(),
                    measured.deflated(),
                    measured.archive(),
                    measured.accuracy());
        }
    }
}
