package dev.capstan.worker;

import dev.capstan.protocol.Outcome;
import dev.capstan.worker.outcome.TerminationMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one end of the worker: whichever outcome comes first is written and counts, whatever comes after it. */
final class Ending {
    private static final Logger LOG = LoggerFactory.getLogger(Ending.class);

    private final Path file;
    private Outcome outcome;

    /** @param file where the outcome is written */
    Ending(Path file) {
        this.file = file;
    }

    /**
     * Ends with this outcome, unless another came before it.
     *
     * @return the process's exit code, of the outcome that counts
     */
    synchronized int with(Outcome latest) {
        if (outcome == null) {
            outcome = latest;
            LOG.info("{}: {}", latest.reason(), latest.message());
            try {
                TerminationMessage.write(file, latest);
            } catch (IOException e) {
                LOG.error("the outcome could not be written to {}", file, e);
            }
            notifyAll();
        }
        return outcome.reason().exitCode();
    }

    /** Whether there is an outcome; waits for one as long as that. */
    synchronized boolean within(Duration time) {
        long deadline = System.nanoTime() + time.toNanos();
        try {
            for (long left = time.toMillis(); outcome == null && left > 0; ) {
                wait(left);
                left = (deadline - System.nanoTime()) / 1_000_000;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return outcome != null;
    }
}
