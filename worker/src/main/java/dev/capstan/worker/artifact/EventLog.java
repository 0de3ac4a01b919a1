package dev.capstan.worker.artifact;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows a training that goes on: its epochs' events, in a file of this attempt. On a thread of its own, because no
 * training waits for that, and none fails by it; the whole file is written with the model.
 */
public final class EventLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
    /** As often as TensorBoard looks. */
    private static final Duration PACE = Duration.ofSeconds(5);
    /** How long storage may take when the training is over. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final OutputStore store;
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("events").factory());
    private final AtomicReference<List<EndedEpoch>> waiting = new AtomicReference<>();
    private long written;
    private int last;
    private boolean gaveUp;

    EventLog(OutputStore store) {
        this.store = store;
        written = System.nanoTime() - PACE.toNanos();
    }

    /** Takes what the epochs came to so far, all of them that are kept. */
    public void show(List<EndedEpoch> epochs) {
        if (waiting.getAndSet(epochs) == null) {
            writer.execute(this::whenItIsTime);
        }
    }

    private void whenItIsTime() {
        writer.schedule(this::write, written + PACE.toNanos() - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void write() {
        var epochs = waiting.getAndSet(null);
        if (epochs == null || gaveUp) {
            return;
        }
        var fresh = epochs.stream().filter(each -> each.epoch().epoch() > last).toList();
        if (fresh.isEmpty()) {
            return;
        }
        try {
            // From its beginning on where another process of this attempt has written before; it knows all that counts.
            Files.write(
                    store.temporary(OutputFolder.EVENTS),
                    events(fresh),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    last == 0 ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND);
            last = fresh.getLast().epoch().epoch();
            store.show(OutputFolder.EVENTS);
            written = System.nanoTime();
        } catch (IOException e) {
            // Half a record may be there, so nothing can follow it.
            gaveUp = true;
            LOG.warn("no more of the training is shown before its end: {}", e.toString());
        }
    }

    private byte[] events(List<EndedEpoch> epochs) throws IOException {
        var bytes = new ByteArrayOutputStream();
        if (last == 0) {
            EventFile.begin(epochs.getFirst(), bytes);
        }
        for (var each : epochs) {
            EventFile.epoch(each, bytes);
        }
        return bytes.toByteArray();
    }

    /** Shows what is left to be shown. */
    @Override
    public void close() {
        try {
            writer.submit(this::write).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.warn("the end of the training isn't shown before the model is there: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            writer.shutdownNow();
        }
    }
}
