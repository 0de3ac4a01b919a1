package dev.capstan.controllers.compression;

import dev.capstan.controllers.job.ProgressStatus;
import dev.capstan.crds.Bounds;
import dev.capstan.crds.compression.CompressionResult;
import dev.capstan.crds.compression.LayerSensitivity;
import dev.capstan.crds.compression.LeftOutLayer;
import dev.capstan.crds.compression.Measures;
import dev.capstan.crds.compression.StepResult;
import dev.capstan.protocol.Compression;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** What a worker tells of a compression, in the status' terms, and within what the schema accepts. */
final class FindingRows {
    private static final int MOST_STEPS = 16;
    private static final int LARGEST_BATCH = 1_048_576;
    private static final int LONGEST_FILE = 253;
    private static final int LONGEST_METHOD = 63;
    private static final int LONGEST_SUMMARY = 1024;
    private static final int LONGEST_LAYER = 256;
    private static final int LONGEST_REASON = 512;

    private FindingRows() {}

    /** Writes what is told over what was; what isn't told stays. */
    static void write(Compression found, CompressionResult result) {
        if (found.calibrationSamples() > 0) {
            result.setCalibrationSamples(count(found.calibrationSamples()));
        }
        if (found.baseline() != null) {
            result.setBaseline(measures(found.baseline()));
        }
        if (found.compressed() != null) {
            result.setCompressed(measures(found.compressed()));
            compare(found, result);
        }
        if (found.bounds() != null) {
            result.setBounds(BoundRows.rows(found.bounds()));
        }
        if (found.steps() != null) {
            result.setSteps(found.steps().stream()
                    .filter(Objects::nonNull)
                    .limit(MOST_STEPS)
                    .map(FindingRows::step)
                    .toList());
        }
        if (found.sensitivity() != null) {
            result.setSensitivity(sensitivity(found.sensitivity()));
        }
    }

    /** Both are told together, or what was told before stands. */
    private static void compare(Compression found, CompressionResult result) {
        var before = found.baseline();
        var after = found.compressed();
        if (before == null) {
            return;
        }
        result.setRatio(ratio(before.sizeBytes(), after.sizeBytes()))
                .setDrop(
                        before.metric() == null || after.metric() == null
                                ? null
                                : ProgressStatus.share(before.metric() - after.metric()))
                .setLatencyRatio(
                        before.latencyP50Millis() == null || after.latencyP50Millis() == null
                                ? null
                                : ratio(after.latencyP50Millis(), before.latencyP50Millis()));
    }

    private static String ratio(double over, double under) {
        return under > 0 ? decimal(over / under) : null;
    }

    private static Measures measures(Compression.Measures told) {
        return new Measures()
                .setFile(shortened(told.file(), LONGEST_FILE))
                .setSizeBytes(count(told.sizeBytes()))
                .setAccuracy(decimal(told.metric()))
                .setLatencyP50Millis(decimal(told.latencyP50Millis()))
                .setLatencyP99Millis(decimal(told.latencyP99Millis()))
                .setSamplesPerSecond(decimal(told.samplesPerSecond()))
                .setBatchSize(Math.clamp(told.batchSize(), 0, LARGEST_BATCH));
    }

    private static StepResult step(Compression.StepResult told) {
        return new StepResult()
                .setStep(Math.clamp(told.step(), 0, MOST_STEPS))
                .setName(shortened(told.name(), LONGEST_METHOD))
                .setSummary(shortened(told.summary(), LONGEST_SUMMARY))
                .setSizeBytes(count(told.sizeBytes()))
                .setAccuracy(decimal(told.metric()))
                .setLeftOut(
                        told.leftOut() == null
                                ? null
                                : told.leftOut().stream()
                                        .filter(Objects::nonNull)
                                        .limit(StepResult.MAX_LEFT_OUT)
                                        .map(layer -> new LeftOutLayer()
                                                .setLayer(shortened(layer.layer(), LONGEST_LAYER))
                                                .setReason(shortened(layer.reason(), LONGEST_REASON)))
                                        .toList());
    }

    private static List<LayerSensitivity> sensitivity(List<Compression.Sensitivity> told) {
        var rows = told.stream().filter(Objects::nonNull);
        if (told.size() > CompressionResult.MAX_LAYERS) {
            rows = rows.sorted(Comparator.comparing(
                            Compression.Sensitivity::error, Comparator.nullsLast(Comparator.reverseOrder()))
                    .thenComparing(Compression.Sensitivity::metric, Comparator.nullsLast(Comparator.naturalOrder())));
        }
        return rows.limit(CompressionResult.MAX_LAYERS)
                .map(layer -> new LayerSensitivity()
                        .setStep(Math.clamp(layer.step(), 0, MOST_STEPS))
                        .setLayer(shortened(layer.layer(), LONGEST_LAYER))
                        .setAccuracy(decimal(layer.metric()))
                        .setError(decimal(layer.error())))
                .toList();
    }

    private static long count(long told) {
        return Math.clamp(told, 0, Bounds.MAX_SAFE_INTEGER);
    }

    private static String decimal(Double value) {
        return value == null || !Double.isFinite(value) ? null : ProgressStatus.decimal(value);
    }

    private static String shortened(String text, int most) {
        return text == null || text.length() <= most ? text : text.substring(0, most - 3) + "...";
    }
}
