package dev.capstan.controllers.job;

import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import dev.capstan.crds.EpochProgress;
import dev.capstan.crds.Progress;
import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Progress.Epoch;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** A worker's report in the status' terms. */
public final class ProgressStatus {
    private static final int MOST_EPOCHS = 100_000;

    private ProgressStatus() {}

    /** @param last what was told before; null if nothing was */
    static Progress of(dev.capstan.protocol.Progress report, Progress last, Instant now) {
        int percent = report.compression() == null
                ? percent(report.step(), report.steps())
                : percent(report.compression().at());
        // Before the training, and of work that trains nothing, there is nothing to count.
        boolean trains = report.steps() > 0;
        return new Progress()
                .setEpoch(trains ? Math.clamp(report.epoch(), 0, MOST_EPOCHS) : null)
                .setEpochs(trains ? Math.clamp(report.epochs(), 0, MOST_EPOCHS) : null)
                .setStep(trains ? count(report.step()) : null)
                .setSteps(trains ? count(report.steps()) : null)
                .setPercent(percent)
                .setSummary(percent + "%")
                .setLoss(Double.isFinite(report.loss()) ? decimal(report.loss()) : null)
                .setSamplesPerSecond(
                        trains && Double.isFinite(report.samplesPerSecond())
                                ? count(Math.round(report.samplesPerSecond()))
                                : null)
                .setEstimatedSecondsRemaining(
                        report.estimatedSecondsRemaining() < 0 ? null : count(report.estimatedSecondsRemaining()))
                .setCheckpointProblem(shortened(report.checkpointProblem(), Progress.MAX_PROBLEM))
                // A worker that doesn't train yet hasn't read how far the earlier attempt came.
                .setHistory(
                        trains || last == null || report.history() != null
                                ? history(report.history())
                                : last.getHistory())
                .setEngine(shortened(report.engine(), Progress.MAX_ENGINE))
                .setDevice(shortened(report.device(), Progress.MAX_DEVICE))
                .setUpdatedTime(now.truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /** The last report of a job that is complete: nothing is left. */
    static Progress done(Progress last) {
        if (last == null) {
            return new Progress().setPercent(100).setSummary("100%");
        }
        // Steps are what was told: of work that was over before anybody asked, nobody knows how many there were.
        return new Progress()
                .setEpoch(last.getEpochs())
                .setEpochs(last.getEpochs())
                .setStep(last.getSteps())
                .setSteps(last.getSteps())
                .setPercent(100)
                .setSummary("100%")
                .setLoss(last.getLoss())
                .setHistory(last.getHistory())
                .setSamplesPerSecond(last.getSamplesPerSecond())
                .setEstimatedSecondsRemaining(0L)
                .setEngine(last.getEngine())
                .setDevice(last.getDevice())
                .setUpdatedTime(last.getUpdatedTime());
    }

    /** The last report of a job that rests or has failed: how far it came, and nothing that is over. */
    static Progress stopped(Progress last) {
        return last == null
                ? null
                : Block.copy(last)
                        .setSamplesPerSecond(null)
                        .setEstimatedSecondsRemaining(null)
                        .setStraggler(null)
                        .setCheckpointProblem(null);
    }

    /** A metric, or a count of epochs, in the status' terms. */
    static String metric(String name, double value) {
        boolean counts = name.equals("epochs") || name.endsWith("Epoch");
        return counts && value == Math.rint(value) ? Long.toString((long) value) : decimal(value);
    }

    /** Whether two reports differ in nothing but the time. */
    static boolean sameButTime(Progress last, Progress fresh) {
        if (last == null) {
            return false;
        }
        var time = fresh.getUpdatedTime();
        var same = fresh.setUpdatedTime(last.getUpdatedTime()).equals(last);
        fresh.setUpdatedTime(time);
        return same;
    }

    /** The last of what a worker tells, as far as it is numbers. */
    private static List<EpochProgress> history(List<Epoch> epochs) {
        if (epochs == null || epochs.isEmpty()) {
            return null;
        }
        return epochs.subList(Math.max(0, epochs.size() - Progress.MAX_HISTORY), epochs.size()).stream()
                .filter(Objects::nonNull)
                .map(each -> new EpochProgress()
                        .setEpoch(Math.clamp(each.epoch(), 1, MOST_EPOCHS))
                        .setLoss(finite(each.loss()))
                        .setValidationLoss(finite(each.validationLoss()))
                        .setValidationAccuracy(finite(each.validationAccuracy()))
                        .setValidationRmse(finite(each.validationRmse())))
                .toList();
    }

    private static String finite(Double value) {
        return value == null || !Double.isFinite(value) ? null : decimal(value);
    }

    private static String shortened(String text, int most) {
        return text == null || text.length() <= most ? text : text.substring(0, most - 3) + "...";
    }

    private static int percent(long step, long steps) {
        return steps <= 0 ? 0 : (int) Math.clamp(Math.floor(100.0 * step / steps), 0, 100);
    }

    /** Of a compression: steps count alike, and so do the parts of each. */
    private static int percent(Compression.Position at) {
        if (at == null || at.steps() <= 0) {
            return 0;
        }
        double share = at.of() <= 0 ? 0 : Math.clamp((double) at.done() / at.of(), 0, 1);
        return (int) Math.clamp(Math.floor(100 * (at.step() - 1 + share) / at.steps()), 0, 100);
    }

    /** What a schema accepts, whatever a worker says: a status that is refused would tell nobody anything. */
    private static long count(long reported) {
        return Math.clamp(reported, 0, Bounds.MAX_SAFE_INTEGER);
    }

    /** Four decimals, or six where those would all be zeros: of shares, which are compared by eye. */
    public static String share(double value) {
        return String.format(Locale.ROOT, value == 0 || Math.abs(value) >= 0.00005 ? "%.4f" : "%.6f", value);
    }

    /** Four decimals, or an exponent where they would all be zeros. */
    public static String decimal(double value) {
        boolean plain = value == 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1e9);
        return String.format(Locale.ROOT, plain ? "%.4f" : "%.4e", value);
    }
}
