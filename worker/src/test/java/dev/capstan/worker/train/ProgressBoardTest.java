package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.worker.step.Position;
import org.junit.jupiter.api.Test;

class ProgressBoardTest {
    private long now = 1_000;
    private final ProgressBoard board = new ProgressBoard(2, () -> now);

    @Test
    void beforeTrainingNothingIsKnown() {
        var progress = board.progress();
        assertEquals(Stage.MEETING, progress.stage());
        assertEquals(-1, progress.estimatedSecondsRemaining());
        assertTrue(Double.isNaN(progress.loss()));
    }

    @Test
    void lossIsTheMeanASampleSinceTheLastReport() {
        board.startTraining(new Schedule(1000, 100, 1), Position.START);
        step(1, 0.1, 100, 50);
        assertEquals(0, board.progress().step());
        step(2, 0.5, 100, 150);
        assertEquals(2, board.progress().step());
        assertEquals(1.0, board.progress().loss());
        step(3, 1, 100, 30);
        assertEquals(0.3, board.progress().loss());
    }

    @Test
    void speedAndRemainingTimeFollowTheLastSeconds() {
        board.startTraining(new Schedule(10_000, 100, 1), Position.START);
        for (int i = 1; i <= 20; i++) {
            step(i, 1, 100, 1);
        }
        assertEquals(100, board.progress().samplesPerSecond(), 1e-6);
        assertEquals(80, board.progress().estimatedSecondsRemaining());
        for (int i = 21; i <= 40; i++) {
            step(i, 2, 100, 1);
        }
        assertEquals(50, board.progress().samplesPerSecond(), 1e-6);
        assertEquals(120, board.progress().estimatedSecondsRemaining());
    }

    @Test
    void aCheckpointThatFailsIsToldUntilOneDoesNot() {
        var whole = new Progress.Checkpoint(1, "pvc://x/step-1", "sha256:1", "2026-01-01T00:00:00Z");
        board.startTraining(new Schedule(1000, 100, 1), Position.START);
        board.checkpoint(whole);
        board.noCheckpoint("the volume is full");
        step(1, 1, 100, 50);
        board.stage(Stage.EVALUATING);
        assertEquals("the volume is full", board.progress().checkpointProblem());
        assertEquals(whole, board.progress().lastCheckpoint());
        board.checkpoint(whole);
        assertNull(board.progress().checkpointProblem());
    }

    @Test
    void theLastStepIsAlwaysReported() {
        board.startTraining(new Schedule(150, 100, 1), Position.START);
        step(1, 0.001, 100, 1);
        step(2, 0.001, 50, 1);
        assertEquals(2, board.progress().step());
        assertEquals(0, board.progress().estimatedSecondsRemaining());
        board.stage(Stage.EVALUATING);
        assertEquals(Stage.EVALUATING, board.progress().stage());
        assertEquals(2, board.progress().step());
    }

    @Test
    void whatComputesStaysKnown() {
        assertNull(board.progress().device());
        board.device("cuda:0 (NVIDIA H200)");
        board.startTraining(new Schedule(150, 100, 1), Position.START);
        step(1, 0.001, 100, 1);
        board.stage(Stage.DONE);
        assertEquals("cuda:0 (NVIDIA H200)", board.progress().device());
    }

    @Test
    void aLineSaysItAll() {
        assertEquals(
                "epoch 2/5 step 4120/9375 loss 0.0912 20100 samples/s 14 s left",
                ProgressBoard.line(
                        new Progress(1, Stage.TRAINING, 2, 5, 4120, 9375, 0.09123, 20100.4, 14, null, null)));
    }

    private void step(long step, double seconds, int samples, double loss) {
        now += (long) (seconds * 1e9);
        board.step(1, step, samples, loss);
    }
}
