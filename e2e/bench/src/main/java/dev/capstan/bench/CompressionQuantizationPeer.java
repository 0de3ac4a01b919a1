package dev.capstan.bench;

import dev.capstan.bench.CompressionMeasured.Speed;
import dev.capstan.bench.CompressionRow.Pair;
import dev.capstan.worker.compress.quantize.WeightRange;
import dev.capstan.worker.onnx.OnnxFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The same quantization by the tools that come with ONNX Runtime for Python: same model, same samples, same settings,
 * and the calls of both results, by the same runtime, take turns.
 *
 * @param python an interpreter that has these tools
 * @param script that calls them
 */
record CompressionQuantizationPeer(Path python, Path script) implements CompressionMethod {
    @Override
    public String name() {
        return "int8-onnxruntime";
    }

    @Override
    public Made compressed(CompressionModel model) throws Exception {
        var folder = Files.createTempDirectory("int8-onnxruntime");
        var floats = folder.resolve("float.onnx");
        var samples = folder.resolve("samples.f32");
        var quantized = folder.resolve("int8.onnx");
        try (var out = Files.newOutputStream(floats)) {
            OnnxFile.write(model.onnx(model.network()), out);
        }
        writeSamples(model, samples);
        quantize(floats, samples, quantized);
        var made = OnnxFile.read(quantized);
        try (var files = Files.list(folder)) {
            for (var each : files.toList()) {
                Files.delete(each);
            }
        }
        Files.delete(folder);
        return new Made(made, null);
    }

    private void quantize(Path floats, Path samples, Path quantized) throws IOException, InterruptedException {
        var command = List.of(
                python.toString(),
                script.toString(),
                floats.toString(),
                samples.toString(),
                quantized.toString(),
                WeightRange.AUTO.resolved() == WeightRange.REDUCED ? "reduced" : "full");
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command + " failed: " + said);
        }
    }

    private static void writeSamples(CompressionModel model, Path file) throws IOException {
        try (var out = new BufferedOutputStream(Files.newOutputStream(file))) {
            for (var batch : CompressionQuantization.calibration(model)) {
                var values = batch.values().iterator().next().values();
                var bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(values);
                out.write(bytes.array());
            }
        }
    }

    /** Of the lines for models. */
    static String header() {
        return "| model | file, kB: ours, theirs | accuracy: ours, theirs | samples/s at 64: ours, theirs | one sample,"
                + " times faster | at 64, times faster |\n|---|---|---|---|---|---|";
    }

    /** Compares both on a model. */
    Comparison compare(CompressionModel model, int count) throws Exception {
        var ours = CompressionQuantization.INT8.compressed(model);
        var theirs = compressed(model);
        return new Comparison(
                model.name(),
                CompressionMeasured.of(ours, model),
                CompressionMeasured.of(theirs, model),
                CompressionMeasured.pairs(theirs.onnx(), ours.onnx(), model.test(), count));
    }

    /** What was promised of ours; sizes and speeds are better above 1, the worst model's size and accuracy count. */
    static Map<String, Double> keys(List<Comparison> all) {
        var keys = new LinkedHashMap<String, Double>();
        keys.put(
                "int8_vs_ort_size",
                all.stream().mapToDouble(Comparison::size).min().orElseThrow());
        keys.put(
                "int8_vs_ort_points_lost",
                all.stream().mapToDouble(Comparison::pointsLost).max().orElseThrow());
        all.forEach(each ->
                keys.put("int8_vs_ort_speed_" + each.model(), each.throughput().median()));
        return keys;
    }

    /**
     * Ours and theirs, of one model.
     *
     * @param pairs speeds: before is theirs, after is ours
     */
    record Comparison(String model, CompressionMeasured ours, CompressionMeasured theirs, List<Pair> pairs) {
        /** How many times larger their file is. */
        double size() {
            return (double) theirs.bytes() / ours.bytes();
        }

        /** How many percentage points more of the test samples theirs finds. */
        double pointsLost() {
            return 100 * (theirs.accuracy() - ours.accuracy());
        }

        /** How many times more samples ours answers, 64 at once. */
        CompressionRow.Ratio throughput() {
            return row().throughput();
        }

        private CompressionRow row() {
            return new CompressionRow(model, "int8", theirs, ours, pairs);
        }

        /** A line of a table in Markdown. */
        String line() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %.1f, %.1f | %.4f, %.4f | %.0f, %.0f | %s | %s |",
                    model,
                    ours.bytes() / 1e3,
                    theirs.bytes() / 1e3,
                    ours.accuracy(),
                    theirs.accuracy(),
                    median(each -> each.after()),
                    median(each -> each.before()),
                    row().latency(),
                    throughput());
        }

        private double median(Function<Pair, Speed> which) {
            ToDoubleFunction<Pair> throughput = each -> which.apply(each).throughput();
            return Csv.median(pairs.stream().mapToDouble(throughput).boxed().toList());
        }
    }
}
