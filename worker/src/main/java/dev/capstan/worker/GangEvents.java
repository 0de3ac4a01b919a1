package dev.capstan.worker;

import dev.capstan.protocol.Events.Event;
import dev.capstan.protocol.Events.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What has happened to this worker, for whoever asks and for whoever waits for it. Any thread may use it. */
final class GangEvents {
    /** Of more, the operator takes none. */
    private static final int MOST = 100;

    private static final int LONGEST_MESSAGE = 400;

    private final List<Event> events = new ArrayList<>();
    private long last;
    private long released;

    /** Notes something; arguments as of {@link Event}. */
    synchronized void add(int term, Kind kind, List<Integer> ranks, long operation, double seconds, String message) {
        var words = message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE) + "…";
        events.add(new Event(++last, term, kind, ranks, operation, seconds, words));
        if (events.size() > MOST) {
            events.removeFirst();
        }
        notifyAll();
    }

    /** Whoever waits for an event is answered at once, without one: what is told beside the events is another now. */
    synchronized void release() {
        released++;
        notifyAll();
    }

    /** The last of those that are later than a number, in their order; waits so long for one if there is none. */
    synchronized List<Event> after(long number, Duration patience) throws InterruptedException {
        long before = released;
        long deadline = System.nanoTime() + patience.toNanos();
        for (long left = patience.toMillis(); last <= number && released == before && left > 0; ) {
            wait(left);
            left = (deadline - System.nanoTime()) / 1_000_000;
        }
        return events.stream().filter(each -> each.number() > number).toList();
    }
}
