package dev.capstan.controllers.compression;

import dev.capstan.controllers.job.OwnStatus;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.compression.BoundResult;
import dev.capstan.crds.compression.CompressionJobSpec;
import dev.capstan.crds.compression.CompressionJobStatus;
import dev.capstan.crds.compression.CompressionResult;
import dev.capstan.crds.compression.Measures;
import dev.capstan.protocol.Compression;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a compression has found out, in the status and in conditions of its own. */
record Findings(CompressionJobSpec spec) implements OwnStatus {
    @Override
    public void take(Compression found, JobStatus status) {
        var own = (CompressionJobStatus) status;
        if (own.getCompression() == null) {
            own.setCompression(new CompressionResult());
        }
        FindingRows.write(found, own.getCompression());
    }

    @Override
    public void conditions(JobStatus status, ConditionSet set) {
        var told = ((CompressionJobStatus) status).getCompression();
        var found = told == null ? new CompressionResult() : told;
        calibrated(found, set);
        if (found.getCompressed() == null) {
            set.no(Conditions.EVALUATED, Reasons.NOT_MEASURED, "");
        } else {
            set.yes(Conditions.EVALUATED, Reasons.MEASURED, summary(found));
        }
        accepted(found, set);
    }

    /** Only a job that quantizes calibrates. */
    private void calibrated(CompressionResult found, ConditionSet set) {
        if (spec.getSteps().stream().noneMatch(step -> step.getQuantize() != null)) {
            return;
        }
        var samples = found.getCalibrationSamples();
        if (samples == null || samples == 0) {
            set.no(Conditions.CALIBRATED, Reasons.NOT_MEASURED, "");
        } else {
            set.yes(
                    Conditions.CALIBRATED,
                    Reasons.RANGES_FOUND,
                    "the ranges of activations are known from %d samples".formatted(samples));
        }
    }

    private static void accepted(CompressionResult found, ConditionSet set) {
        var bounds = found.getBounds();
        if (bounds == null) {
            set.unknown(Conditions.ACCEPTED, Reasons.NOT_MEASURED, "");
        } else if (bounds.isEmpty()) {
            set.yes(Conditions.ACCEPTED, Reasons.NO_BOUNDS, "the job sets no bounds");
        } else if (bounds.stream().allMatch(bound -> Boolean.TRUE.equals(bound.getMet()))) {
            set.yes(Conditions.ACCEPTED, Reasons.WITHIN_BOUNDS, sentence(found));
        } else {
            set.no(Conditions.ACCEPTED, Reasons.NOT_ACCEPTED, sentence(found));
        }
    }

    private static String sentence(CompressionResult found) {
        return found.getBounds().stream().map(Findings::sentence).collect(Collectors.joining("; "));
    }

    private static String sentence(BoundResult bound) {
        return "%s %s: measured %s%s"
                .formatted(
                        bound.getName(),
                        bound.getBound(),
                        bound.getMeasured(),
                        bound.getMissedBy() == null ? "" : ", missed by " + bound.getMissedBy());
    }

    private static String summary(CompressionResult found) {
        return Stream.of(
                        found.getRatio() == null ? null : found.getRatio() + " times smaller",
                        accuracy(found.getBaseline(), found.getCompressed()),
                        found.getLatencyRatio() == null
                                ? null
                                : "median latency " + found.getLatencyRatio() + " of what it was")
                .filter(Objects::nonNull)
                .collect(Collectors.joining(", "));
    }

    private static String accuracy(Measures before, Measures after) {
        return before == null || before.getAccuracy() == null || after.getAccuracy() == null
                ? null
                : "accuracy " + after.getAccuracy() + ", it was " + before.getAccuracy();
    }
}
