package dev.capstan.worker.train;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.worker.step.Position;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the worker is: written by the training thread, but for checkpoints, of which the thread tells that writes
 * them; read by any.
 */
public final class ProgressBoard {
    private static final Logger LOG = LoggerFactory.getLogger(ProgressBoard.class);
    private static final long REPORT_NANOS = 500_000_000L;
    private static final long LOG_NANOS = 5_000_000_000L;
    /** So many epochs fit into a status. */
    private static final int MOST_EPOCHS = 10;
    /** After as many, epochs are logged every few seconds. */
    private static final int LOGGED_EPOCHS = 100;
    /** Speed is measured over this many reports, 5 s. */
    private static final int WINDOW = 10;

    private final LongSupplier nanoTime;
    private final ArrayDeque<Mark> marks = new ArrayDeque<>();

    private final CheckpointRequests requests = new CheckpointRequests();

    private volatile Progress progress;
    private volatile List<Progress.Epoch> history;
    private volatile Progress.Productive productive;
    private volatile Progress.Straggler straggler;
    private volatile String device;
    private volatile Kept kept = new Kept(null, null, null);
    private long totalSamples;
    private long samples;
    private long samplesSinceReport;
    private double lossSinceReport;
    private boolean begun;
    private long lastLog;
    private long lastEpochLog;

    /**
     * What is known of checkpoints: the newest whole one, why there is no newer one, and what it costs to make them.
     */
    private record Kept(Progress.Checkpoint last, String problem, Progress.Keeping keeping) {}

    /** How many samples were done when. */
    private record Mark(long time, long samples) {}

    /**
     * @param attempt the attempt that this is about
     * @param nanoTime a clock like {@link System#nanoTime()}
     */
    public ProgressBoard(int attempt, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        progress = new Progress(attempt, Stage.MEETING, 0, 0, 0, 0, Double.NaN, 0, -1, null, null);
    }

    /** The last report. */
    public Progress progress() {
        var k = kept;
        return progress.with(k.last(), k.problem(), history, k.keeping(), productive)
                .with(straggler)
                .on(device);
    }

    /** What checkpoints were asked for. */
    public CheckpointRequests requests() {
        return requests;
    }

    /** Notes what the epochs came to, of which the last are reported. */
    void epochs(List<Progress.Epoch> epochs) {
        history = epochs.isEmpty()
                ? null
                : List.copyOf(epochs.subList(Math.max(0, epochs.size() - MOST_EPOCHS), epochs.size()));
    }

    /** Logs what the last epoch came to; of very many, some. */
    void logEpoch() {
        var epoch = history.getLast();
        long now = nanoTime.getAsLong();
        if (epoch.epoch() <= LOGGED_EPOCHS || epoch.epoch() == progress.epochs() || now - lastEpochLog >= LOG_NANOS) {
            lastEpochLog = now;
            LOG.info(line(epoch));
        }
    }

    /** Enters a stage and keeps all else. */
    public void stage(Stage stage) {
        var p = progress;
        progress = new Progress(
                p.attempt(),
                stage,
                p.epoch(),
                p.epochs(),
                p.step(),
                p.steps(),
                p.loss(),
                p.samplesPerSecond(),
                stage.compareTo(Stage.TRAINING) > 0 ? 0 : p.estimatedSecondsRemaining(),
                null,
                null,
                p.compression(),
                p.engine());
    }

    /** Enters training, with all that is to be done and where it starts. */
    void startTraining(Schedule schedule, Position start) {
        totalSamples = (long) schedule.samples() * schedule.epochs();
        samples = (long) schedule.samples() * start.epoch() + schedule.samplesBefore(start.batch());
        lastLog = nanoTime.getAsLong();
        marks.add(new Mark(lastLog, samples));
        progress = new Progress(
                progress.attempt(),
                Stage.TRAINING,
                Math.min(start.epoch() + 1, schedule.epochs()),
                schedule.epochs(),
                start.step(),
                schedule.steps(),
                Double.NaN,
                0,
                -1,
                null,
                null,
                progress.compression(),
                progress.engine());
    }

    /** Ends training, perhaps before its last epoch: what was done is all that there was to do. */
    void endTraining(Position end) {
        var p = progress;
        progress = new Progress(
                p.attempt(),
                p.stage(),
                end.epoch(),
                end.epoch(),
                end.step(),
                end.step(),
                p.loss(),
                p.samplesPerSecond(),
                0,
                null,
                null,
                p.compression(),
                p.engine());
    }

    /** Notes how far a compression is, and what it has found. */
    public void compression(Compression compression) {
        var p = progress;
        progress = new Progress(
                p.attempt(),
                p.stage(),
                p.epoch(),
                p.epochs(),
                p.step(),
                p.steps(),
                p.loss(),
                p.samplesPerSecond(),
                p.estimatedSecondsRemaining(),
                null,
                null,
                compression,
                p.engine());
    }

    /** Notes what computes the training, and why. */
    public void engine(String engine) {
        var p = progress;
        progress = new Progress(
                p.attempt(),
                p.stage(),
                p.epoch(),
                p.epochs(),
                p.step(),
                p.steps(),
                p.loss(),
                p.samplesPerSecond(),
                p.estimatedSecondsRemaining(),
                null,
                null,
                p.compression(),
                engine);
    }

    /** Notes what the engine computes on, as {@link Progress#device} has it. */
    public void device(String name) {
        device = name;
    }

    /** Notes the newest whole checkpoint. Any thread may call it. */
    public synchronized void checkpoint(Progress.Checkpoint checkpoint) {
        kept = new Kept(checkpoint, null, kept.keeping());
    }

    /**
     * Notes that a checkpoint couldn't be written, and why; the newest whole one stays what it was. Any thread may call
     * it.
     */
    public synchronized void noCheckpoint(String problem) {
        kept = new Kept(kept.last(), problem, kept.keeping());
    }

    /** Notes what keeps the work from being saved, until a checkpoint is. */
    public void problem(String problem) {
        noCheckpoint(problem);
    }

    /** Notes what has changed of what it costs to keep the state. Any thread may call it. */
    synchronized void keeping(UnaryOperator<Progress.Keeping> change) {
        var known = kept.keeping() == null ? new Progress.Keeping(0, 0, 0, 0, 0, null) : kept.keeping();
        kept = new Kept(kept.last(), kept.problem(), change.apply(known));
    }

    /** Notes which checkpoints are broken, and passed over. */
    public void broken(List<String> checkpoints) {
        if (!checkpoints.isEmpty()) {
            keeping(known -> new Progress.Keeping(
                    known.everySeconds(),
                    known.stallMillis(),
                    known.writeMillis(),
                    known.bytes(),
                    known.late(),
                    checkpoints));
        }
    }

    /** Notes which rank all others wait for, if there is one. */
    void straggler(Optional<Progress.Straggler> found) {
        var before = straggler;
        straggler = found.orElse(null);
        if (straggler != null && (before == null || before.rank() != straggler.rank())) {
            LOG.warn(String.format(
                    Locale.ROOT,
                    "rank %d takes %.1f times as long to compute as the others, which wait for it",
                    straggler.rank(),
                    straggler.factor()));
        }
    }

    /** Notes how much of the time went into steps that count. */
    void productive(long startStep, double seconds) {
        productive = new Progress.Productive(startStep, seconds);
    }

    /**
     * Notes a step; reports twice a second, and logs every few seconds; for debugging, each.
     *
     * @param epoch counted from 1
     * @param step counted from 1, over all epochs
     * @param batch samples of the step
     * @param loss summed over them
     */
    void step(int epoch, long step, int batch, double loss) {
        LOG.debug("step {} is done", step);
        samples += batch;
        samplesSinceReport += batch;
        lossSinceReport += loss;
        if (!begun) {
            begun = true;
            LOG.info("the first step is done, with a loss of {}", number(loss / batch));
        }
        long now = nanoTime.getAsLong();
        boolean last = samples == totalSamples;
        if (now - marks.getLast().time() < REPORT_NANOS && !last) {
            return;
        }
        marks.add(new Mark(now, samples));
        if (marks.size() > WINDOW + 1) {
            marks.removeFirst();
        }
        var first = marks.getFirst();
        double speed = (samples - first.samples()) / Math.max(1e-9, (now - first.time()) / 1e9);
        progress = new Progress(
                progress.attempt(),
                Stage.TRAINING,
                epoch,
                progress.epochs(),
                step,
                progress.steps(),
                lossSinceReport / samplesSinceReport,
                speed,
                Math.round((totalSamples - samples) / speed),
                null,
                null,
                progress.compression(),
                progress.engine());
        samplesSinceReport = 0;
        lossSinceReport = 0;
        if (now - lastLog >= LOG_NANOS || last) {
            lastLog = now;
            LOG.info(line(progress));
        }
    }

    static String line(Progress.Epoch epoch) {
        return "epoch " + epoch.epoch() + " ended"
                + named(": loss ", epoch.loss())
                + named(", validation loss ", epoch.validationLoss())
                + named(", validation accuracy ", epoch.validationAccuracy())
                + named(", validation rmse ", epoch.validationRmse());
    }

    private static String named(String name, Double value) {
        return value == null ? "" : name + number(value);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    static String line(Progress p) {
        return String.format(
                Locale.ROOT,
                "epoch %d/%d step %d/%d loss %.4f %.0f samples/s %d s left",
                p.epoch(),
                p.epochs(),
                p.step(),
                p.steps(),
                p.loss(),
                p.samplesPerSecond(),
                p.estimatedSecondsRemaining());
    }
}
