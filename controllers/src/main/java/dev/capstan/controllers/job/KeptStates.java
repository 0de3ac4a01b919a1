package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.crds.Bounds;
import dev.capstan.crds.CheckpointsStatus;
import dev.capstan.crds.JobStatus;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Keeping;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What checkpoints cost and what was found of them, in the status' terms. */
final class KeptStates {
    private static final int MOST_LATE = 1_000_000;

    private KeptStates() {}

    /** What this attempt tells; before it has told anything, what the status says. */
    static CheckpointsStatus of(JobState state) {
        var last = state.status().map(JobStatus::getCheckpoints).orElse(null);
        return state.report().map(Progress::keeping).map(KeptStates::shown).orElse(last);
    }

    private static CheckpointsStatus shown(Keeping told) {
        return new CheckpointsStatus()
                .setEverySeconds(told.everySeconds() <= 0 ? null : count(told.everySeconds()))
                .setStallMillis(millis(told.stallMillis()))
                .setWriteMillis(millis(told.writeMillis()))
                .setSizeBytes(told.bytes() <= 0 ? null : count(told.bytes()))
                .setLate(Math.clamp(told.late(), 0, MOST_LATE))
                .setBroken(broken(told.broken()));
    }

    private static List<String> broken(List<String> told) {
        if (told == null || told.isEmpty()) {
            return null;
        }
        return told.stream()
                .filter(Objects::nonNull)
                .limit(CheckpointsStatus.MAX_BROKEN)
                .map(each -> each.length() <= CheckpointsStatus.MAX_TEXT
                        ? each
                        : each.substring(0, CheckpointsStatus.MAX_TEXT - 3) + "...")
                .toList();
    }

    /** A worker may tell anything. */
    private static String millis(double told) {
        return Double.isFinite(told) && told > 0 ? ProgressStatus.decimal(told) : null;
    }

    private static long count(long told) {
        return Math.min(told, Bounds.MAX_SAFE_INTEGER);
    }

    /** A word about checkpoints that an attempt has found broken, once in each attempt. */
    static Optional<Notice> notice(JobState state, JobStatus status) {
        return state.report()
                .map(Progress::keeping)
                .filter(told -> broken(told.broken()) != null)
                .filter(told -> state.status()
                        .map(JobStatus::getCheckpoints)
                        .map(CheckpointsStatus::getBroken)
                        .filter(before -> before.equals(broken(told.broken())))
                        .isEmpty())
                .map(told -> state.notice(
                        Notice.Reason.CheckpointBroken,
                        "broken and passed over: %s; the training goes on from %s"
                                .formatted(String.join("; ", broken(told.broken())), from(status))));
    }

    private static String from(JobStatus status) {
        var last = status.getLastCheckpoint();
        return last == null ? "its beginning" : last.getUri();
    }
}
