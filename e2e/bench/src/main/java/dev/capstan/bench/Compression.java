package dev.capstan.bench;

import dev.capstan.bench.CompressionModel.Spec;
import dev.capstan.worker.model.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What each method makes of each model: its size, its accuracy, and its speed against the model as it was trained, in
 * the runtime that serves both. Calls of both take turns, so that what else the machine does slows both; a ratio is the
 * median of ten such measurements, with the smallest and the largest beside it.
 */
final class Compression {
    private static final List<Spec> MODELS = List.of(Spec.MLP, Spec.LENET, Spec.TEXT);
    private static final List<CompressionMethod> METHODS = Stream.of(
                    List.of(new Nothing()), CompressionPruning.all(), CompressionQuantization.all())
            .<CompressionMethod>flatMap(List::stream)
            .toList();

    private Compression() {}

    /** Says by its own spread how much a ratio may be off. */
    private static final class Nothing implements CompressionMethod {
        @Override
        public String name() {
            return "float32";
        }

        @Override
        public Made compressed(CompressionModel model) throws Exception {
            return new Made(model.onnx(model.network()), model.network());
        }
    }

    public static void main(String[] arguments) throws Exception {
        Native.load(Map.of());
        var data = Path.of(arguments[1]);
        var kept = Path.of(arguments[2]);
        int pairs = Integer.parseInt(arguments[3]);
        var peer = new CompressionQuantizationPeer(Path.of(arguments[4]), Path.of(arguments[5]));
        var rows = new ArrayList<CompressionRow>();
        var models = new ArrayList<CompressionModel>();
        System.out.println(CompressionRow.header());
        try (var csv = new Csv(Path.of(arguments[0]), CompressionRow.COLUMNS)) {
            for (var spec : MODELS) {
                var model = CompressionModel.of(spec, data, kept);
                models.add(model);
                for (var method : METHODS) {
                    if (method.suits(model)) {
                        var row = row(model, method, pairs);
                        row.write(csv);
                        System.out.println(row.line());
                        rows.add(row);
                    }
                }
            }
        }
        System.out.println("instructions: " + instructions());
        keys(rows);
        var mlp = models.getFirst();
        key(
                "sparse_dl4j_points_apart",
                100
                        * (mlp.accuracyByDl4j(CompressionPruning.SPARSE
                                        .compressed(mlp)
                                        .network())
                                - row(rows, "mlp", CompressionPruning.SPARSE)
                                        .measured()
                                        .accuracy()));
        System.out.println(CompressionQuantizationPeer.header());
        var comparisons = new ArrayList<CompressionQuantizationPeer.Comparison>();
        for (var model : models) {
            var comparison = peer.compare(model, pairs);
            System.out.println(comparison.line());
            comparisons.add(comparison);
        }
        CompressionQuantizationPeer.keys(comparisons).forEach(Compression::key);
    }

    private static CompressionRow row(CompressionModel model, CompressionMethod method, int count) throws Exception {
        var whole = new Nothing().compressed(model);
        var compressed = method.compressed(model);
        return new CompressionRow(
                model.name(),
                method.name(),
                CompressionMeasured.of(whole, model),
                CompressionMeasured.of(compressed, model),
                CompressionMeasured.pairs(whole.onnx(), compressed.onnx(), model.test(), count));
    }

    /** Whether int8 products saturate, and how fast they are, depends on these. */
    private static String instructions() throws IOException {
        return Files.readString(Path.of("/proc/cpuinfo"))
                .lines()
                .filter(each -> each.startsWith("flags"))
                .limit(1)
                .flatMap(each -> Stream.of(each.split("\\s+")))
                .filter(each -> each.matches("avx2|avx512f|avx512_vnni|avx_vnni"))
                .collect(Collectors.joining(" "));
    }

    private static void keys(List<CompressionRow> rows) throws IOException {
        var neurons = row(rows, "mlp", CompressionPruning.NEURONS);
        var sparse = row(rows, "mlp", CompressionPruning.SPARSE);
        var channels = row(rows, "lenet", CompressionPruning.CHANNELS);
        key("neuron_points_lost", neurons.pointsLost());
        key(
                "neuron_speedup",
                Math.min(neurons.latency().median(), neurons.throughput().median()));
        key("sparse_points_lost", sparse.pointsLost());
        key("sparse_ratio", sparse.archiveRatio());
        key("channel_points_lost", channels.pointsLost());
        var dense = row(rows, "mlp", CompressionQuantization.INT8);
        var convolutional = row(rows, "lenet", CompressionQuantization.INT8);
        var text = row(rows, "text", CompressionQuantization.INT8);
        key("int8_ratio", Math.min(dense.ratio(), convolutional.ratio()));
        // Its LSTM stays in floats, which the runtime quantizes by itself or not at all.
        key("int8_ratio_text", text.ratio());
        key(
                "int8_points_lost",
                Stream.of(dense, convolutional, text)
                        .mapToDouble(CompressionRow::pointsLost)
                        .max()
                        .orElseThrow());
        key("int8_speedup", dense.throughput().median());
        System.out.println("vnni=" + (instructions().contains("vnni") ? 1 : 0));
    }

    private static CompressionRow row(List<CompressionRow> rows, String model, CompressionMethod method) {
        return rows.stream()
                .filter(each -> each.model().equals(model) && each.method().equals(method.name()))
                .findFirst()
                .orElseThrow();
    }

    private static void key(String name, double value) {
        System.out.printf(Locale.ROOT, "%s=%.2f%n", name, value);
    }
}
