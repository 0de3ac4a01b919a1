package dev.capstan.controllers.job;

import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import dev.capstan.crds.Goodput;
import dev.capstan.crds.JobStatus;
import dev.capstan.protocol.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * How much of a job's time was of use, worked out anew with each report of its workers. What is productive is counted
 * by them, and belongs to the state that they train: what is lost with it is counted no more.
 */
final class GoodputStatus {
    private GoodputStatus() {}

    /**
     * What the status has to say of it. It changes with the progress and not with every look: who writes it is told of
     * it, and looks again.
     *
     * @param started when places were first granted since the job was last suspended, RFC 3339; null if they weren't
     * @param progress as the status will tell it; null if it tells nothing
     */
    static Goodput of(JobState state, String started, dev.capstan.crds.Progress progress) {
        var last = state.status().map(JobStatus::getGoodput).orElse(null);
        var startedBefore = state.status().map(JobStatus::getStartTime).orElse(null);
        var now = state.world().now();
        if (started == null) {
            return startedBefore == null ? last : rested(last, wall(startedBefore, now));
        }
        if (progress == null
                || progress.equals(state.status().map(JobStatus::getProgress).orElse(null))) {
            return last;
        }
        return state.report()
                .filter(report -> believable(report.productive()))
                .map(report -> told(last == null ? new Goodput() : last, report, wall(started, now)))
                .orElse(last);
    }

    private static boolean believable(Progress.Productive told) {
        return told != null && Double.isFinite(told.seconds()) && told.seconds() >= 0 && told.startStep() >= 0;
    }

    private static double wall(String started, Instant now) {
        return Math.max(0, Duration.between(Instant.parse(started), now).toMillis() / 1e3);
    }

    private static Goodput told(Goodput last, Progress report, double since) {
        double wall = seconds(last.getEarlierSeconds()) + since;
        double productive = report.productive().seconds();
        double ratio = wall <= 0 ? 0 : Math.clamp(productive / wall, 0, 1);
        return new Goodput()
                .setRatio(ProgressStatus.share(ratio))
                .setSummary(Math.round(100 * ratio) + "%")
                .setProductiveSeconds(text(productive))
                .setWallSeconds(text(wall))
                .setEarlierSeconds(last.getEarlierSeconds())
                .setLostSteps(Math.min(lost(last) + lostNow(last, report), Bounds.MAX_SAFE_INTEGER))
                .setAttempt(report.attempt())
                .setStep(Math.clamp(report.step(), 0, Bounds.MAX_SAFE_INTEGER));
    }

    private static long lost(Goodput last) {
        return last.getLostSteps() == null ? 0 : last.getLostSteps();
    }

    /** Another attempt has gone on from a step that is before the last one of which the attempt before it told. */
    private static long lostNow(Goodput last, Progress report) {
        boolean another = last.getAttempt() != null && last.getAttempt() < report.attempt();
        return another && last.getStep() != null
                ? Math.max(0, last.getStep() - report.productive().startStep())
                : 0;
    }

    /** The time in which a job is suspended is nobody's loss: what was before is kept, and counting begins anew. */
    private static Goodput rested(Goodput last, double since) {
        if (last == null) {
            return null;
        }
        var earlier = text(seconds(last.getEarlierSeconds()) + since);
        return Block.copy(last).setEarlierSeconds(earlier);
    }

    private static double seconds(String text) {
        return text == null ? 0 : Double.parseDouble(text);
    }

    private static String text(double seconds) {
        return String.format(Locale.ROOT, "%.1f", Math.min(seconds, 1e15));
    }
}
