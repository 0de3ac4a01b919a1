package dev.capstan.controllers.compression;

import dev.capstan.controllers.job.ProgressStatus;
import dev.capstan.crds.compression.BoundResult;
import dev.capstan.protocol.Compression.Bound;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** The bounds of a job, and how a result stands to them. */
final class BoundRows {
    private static final int MOST = 8;

    private BoundRows() {}

    /** A sentence with every bound that wasn't met: what was measured, and by how much it missed. */
    static String missed(List<Bound> bounds) {
        return told(bounds).stream()
                .filter(bound -> !bound.met())
                .map(BoundRows::missed)
                .collect(Collectors.joining("; "));
    }

    /** Rows of the status. */
    static List<BoundResult> rows(List<Bound> bounds) {
        return told(bounds).stream()
                .limit(MOST)
                .map(bound -> new BoundResult()
                        .setName(field(bound.name()))
                        .setBound(ProgressStatus.share(bound.bound()))
                        .setMeasured(ProgressStatus.share(bound.measured()))
                        .setMet(bound.met())
                        .setMissedBy(
                                bound.met() ? null : ProgressStatus.share(Math.abs(bound.measured() - bound.bound()))))
                .toList();
    }

    private static List<Bound> told(List<Bound> bounds) {
        return bounds.stream()
                .filter(Objects::nonNull)
                .filter(bound -> bound.name() != null)
                .toList();
    }

    private static String missed(Bound bound) {
        var measured = ProgressStatus.share(bound.measured());
        var by = ProgressStatus.share(Math.abs(bound.measured() - bound.bound()));
        var limit = "acceptance." + field(bound.name()) + " " + ProgressStatus.share(bound.bound());
        return switch (bound.name()) {
            case MAX_DROP -> "accuracy fell by %s, %s more than %s".formatted(measured, by, limit);
            case MIN_COMPRESSION_RATIO -> "%s times smaller, %s less than %s".formatted(measured, by, limit);
            case MAX_LATENCY_RATIO ->
                "median latency %s of what it was, %s more than %s".formatted(measured, by, limit);
        };
    }

    private static String field(Bound.Name name) {
        return switch (name) {
            case MAX_DROP -> "maxDrop";
            case MIN_COMPRESSION_RATIO -> "minCompressionRatio";
            case MAX_LATENCY_RATIO -> "maxLatencyRatio";
        };
    }
}
