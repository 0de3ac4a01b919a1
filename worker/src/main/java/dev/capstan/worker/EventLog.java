package dev.capstan.worker;

import dev.capstan.protocol.Events.Event;
import dev.capstan.protocol.Events.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What has happened to this worker, for whoever asks and for whoever waits for it. Any thread may use it. */
final class EventLog {
    private final List<Event> events = new ArrayList<>();

    /** Notes something; arguments as of {@link Event}. */
    synchronized void add(int term, Kind kind, List<Integer> ranks, long operation, double seconds, String message) {
        events.add(new Event(events.size() + 1, term, kind, ranks, operation, seconds, message));
        notifyAll();
    }

    /** Those that are later than a number, in their order; waits so long for one if there is none. */
    synchronized List<Event> after(long number, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        for (long left = patience.toMillis(); events.size() <= number && left > 0; ) {
            wait(left);
            left = (deadline - System.nanoTime()) / 1_000_000;
        }
        return List.copyOf(events.subList((int) Math.min(Math.max(number, 0), events.size()), events.size()));
    }
}
