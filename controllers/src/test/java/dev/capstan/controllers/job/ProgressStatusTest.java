package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.capstan.crds.EpochProgress;
import dev.capstan.crds.Progress;
import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Compression.Position;
import dev.capstan.protocol.Progress.Epoch;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How far the work is, in percent: of a training by its steps, of a compression by the steps of its spec. */
class ProgressStatusTest {
    @Test
    void partsOfAStepCount() {
        assertEquals(0, percent(null));
        assertEquals(0, percent(new Position(1, 2, 0, 0)));
        assertEquals(25, percent(new Position(1, 2, 6, 12)));
        assertEquals(50, percent(new Position(2, 2, 0, 12)));
        assertEquals(99, percent(new Position(2, 2, 999, 1000)));
        assertEquals(100, percent(new Position(2, 2, 12, 12)));
    }

    @Test
    void whateverAProgramTellsIsWithinBounds() {
        assertEquals(100, percent(new Position(9, 2, 99, 12)));
        assertEquals(0, percent(new Position(-5, 2, -1, 12)));
        assertEquals(0, percent(new Position(1, 0, 1, 1)));
    }

    /** One that fine-tunes nothing has no training steps. */
    @Test
    void aCompleteCompressionIsWhole() {
        var done = ProgressStatus.done(status(new Position(2, 2, 11, 12)));
        assertEquals(100, done.getPercent());
        assertEquals("100%", done.getSummary());
        assertNull(done.getEpoch(), "rather than epoch 0 of 0");
        assertNull(done.getSteps());
        assertNull(done.getSamplesPerSecond());
    }

    @Test
    void workThatWasOverBeforeAnybodyAskedIsWholeToo() {
        assertEquals("100%", ProgressStatus.done(null).getSummary());
    }

    @Test
    void epochsAreCountedAndAllElseIsMeasured() {
        assertEquals("30", ProgressStatus.metric("epochs", 30));
        assertEquals("7", ProgressStatus.metric("bestEpoch", 7));
        assertEquals("1.0000", ProgressStatus.metric("accuracy", 1));
    }

    @Test
    void workThatWasOverBeforeItToldAnythingIsWholeAndNoStepsAreMadeUp() {
        var done = ProgressStatus.done(new Progress().setPercent(0).setSteps(0L));
        assertEquals(100, done.getPercent());
        assertEquals(0, done.getSteps());
    }

    @Test
    void aSmallShareIsReadAsANumber() {
        assertEquals("-0.0001", ProgressStatus.share(-0.0001));
        assertEquals("0.000040", ProgressStatus.share(0.00004));
        assertEquals("0.0000", ProgressStatus.share(0));
    }

    @Test
    void whatComputesIsToldToTheEnd() {
        var running = ProgressStatus.of(
                new dev.capstan.protocol.Progress(
                                1,
                                dev.capstan.protocol.Progress.Stage.TRAINING,
                                1,
                                2,
                                3,
                                4,
                                0.5,
                                6,
                                7,
                                null,
                                null,
                                null,
                                "libtorch 2: it saves".repeat(100))
                        .on("cuda:0 (" + "NVIDIA".repeat(100) + ")"),
                null,
                Instant.EPOCH);
        assertEquals(256, running.getEngine().length(), "what the schema accepts");
        assertEquals(running.getEngine(), ProgressStatus.done(running).getEngine());
        assertEquals(128, running.getDevice().length(), "what the schema accepts");
        assertEquals(running.getDevice(), ProgressStatus.done(running).getDevice());
    }

    @Test
    void theLastEpochsAreToldAsFarAsTheyAreNumbersAndStayUntilAnotherAttemptHasReadThem() {
        var epochs = IntStream.rangeClosed(1, 12)
                .mapToObj(epoch -> new Epoch(epoch, 0.5 / epoch, epoch == 12 ? Double.NaN : 2e-5, null, 7.0))
                .toList();
        var last = ProgressStatus.of(training(4).with(epochs), null, Instant.EPOCH);
        assertEquals(
                List.of(3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
                last.getHistory().stream().map(EpochProgress::getEpoch).toList());
        assertEquals(
                new EpochProgress()
                        .setEpoch(11)
                        .setLoss("0.0455")
                        .setValidationLoss("2.0000e-05")
                        .setValidationRmse("7.0000"),
                last.getHistory().get(8));
        assertNull(last.getHistory().getLast().getValidationLoss(), "which the schema takes no NaN for");

        assertEquals(
                last.getHistory(),
                ProgressStatus.of(training(0), last, Instant.EPOCH).getHistory(),
                "while the next attempt reads its data");
        assertNull(ProgressStatus.of(training(4), last, Instant.EPOCH).getHistory(), "one that begins anew");
        assertEquals(last.getHistory(), ProgressStatus.done(last).getHistory());
        assertEquals(last.getHistory(), ProgressStatus.stopped(last).getHistory());
    }

    private static dev.capstan.protocol.Progress training(int steps) {
        return new dev.capstan.protocol.Progress(
                1, dev.capstan.protocol.Progress.Stage.TRAINING, 0, 2, 0, steps, 0.5, 6, 7, null, null);
    }

    private static int percent(Position at) {
        return status(at).getPercent();
    }

    private static Progress status(Position at) {
        var report = new dev.capstan.protocol.Progress(
                1,
                dev.capstan.protocol.Progress.Stage.QUANTIZING,
                0,
                0,
                0,
                0,
                Double.NaN,
                0,
                -1,
                null,
                null,
                new Compression(at, 0, null, null, null, null, null));
        return ProgressStatus.of(report, null, Instant.EPOCH);
    }
}
