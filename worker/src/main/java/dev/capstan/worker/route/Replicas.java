package dev.capstan.worker.route;

import dev.capstan.protocol.Endpoints;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The replicas that there are, and which of them gets the next request. */
final class Replicas {
    private static final Logger LOG = LoggerFactory.getLogger(Replicas.class);

    /** Who wants to know of changes. Called one at a time, in the order of the changes. */
    interface Listener {
        /** It is new, and has to be probed. */
        void joined(Replica replica);

        /** It is to be probed at once. */
        void doubted(Replica replica);

        /** It is ready. */
        void ready(Replica replica);

        /**
         * It says nothing any more, or isn't one of us: connections to it are to be closed, now or when they are idle.
         */
        void left(Replica replica);
    }

    private final Listener listener;
    private final Map<String, Replica> known = new LinkedHashMap<>();
    private long version = Long.MIN_VALUE;
    private boolean told;
    private boolean lookedUp;
    private volatile Replica[] ready = {};
    private volatile int count;
    private volatile String waiting;

    Replicas(Listener listener) {
        this.listener = listener;
    }

    /**
     * The operator has told who they are. What is older than what it has told before is left aside.
     *
     * @return the version that counts now
     */
    synchronized long tell(Endpoints endpoints) {
        if (told && endpoints.version() < version) {
            return version;
        }
        told = true;
        version = endpoints.version();
        waiting = endpoints.waiting();
        replace(endpoints.replicas().stream().map(Endpoints.Replica::address).toList());
        return version;
    }

    /** Their name was looked up; nothing comes of it once the operator has told them. */
    synchronized void found(Collection<String> addresses) {
        lookedUp = true;
        if (!told) {
            replace(addresses);
        }
    }

    /**
     * Nobody knows their name now. Those that are known stay: the name server may be away, and a replica that is gone
     * is noticed by itself.
     */
    synchronized void notFound() {
        lookedUp = true;
    }

    /** Whether the operator has told them. */
    synchronized boolean told() {
        return told;
    }

    /** Whether they are known, be it that there are none. */
    synchronized boolean known() {
        return told || lookedUp;
    }

    int count() {
        return count;
    }

    int readyCount() {
        return ready.length;
    }

    /** Requests that are under way at those that are known. */
    synchronized int outstanding() {
        return known.values().stream().mapToInt(Replica::outstanding).sum();
    }

    /** What a request waits for while none is ready, for people. */
    String waiting() {
        var text = waiting;
        return text == null || text.isBlank()
                ? "no replica is ready, of " + count
                : "no replica is ready, of " + count + ": " + text;
    }

    /**
     * The one that should get a request: of two that are picked by chance, the one with fewer requests under way. That
     * is nearly as good as the least loaded of all, and routers that know nothing of each other don't all pick the
     * same.
     *
     * @param tried those that had the request before: they get it only if there is no other
     * @return null while none is ready
     */
    Replica choose(List<Replica> tried) {
        var all = ready;
        if (!tried.isEmpty()) {
            var others =
                    Arrays.stream(all).filter(Predicate.not(tried::contains)).toArray(Replica[]::new);
            all = others.length == 0 ? all : others;
        }
        if (all.length <= 1) {
            return all.length == 0 ? null : all[0];
        }
        var random = ThreadLocalRandom.current();
        int first = random.nextInt(all.length);
        int second = random.nextInt(all.length - 1);
        var one = all[first];
        var other = all[second < first ? second : second + 1];
        return other.outstanding() < one.outstanding() ? other : one;
    }

    /** Whether there is one with fewer requests under way than that. */
    boolean anyBelow(int outstanding) {
        for (var replica : ready) {
            if (replica.outstanding() < outstanding) {
                return true;
            }
        }
        return false;
    }

    /** A connection to it was refused or broke: it gets no request until a probe says otherwise. */
    synchronized void failed(Replica replica, String why) {
        replica.failed(replica.ready());
        if (set(replica, false)) {
            LOG.info("replica {} gets no requests until it is ready again: {}", replica, why);
        }
        listener.doubted(replica);
    }

    /** It said that it doesn't take requests, so it may not be ready. */
    synchronized void doubt(Replica replica) {
        listener.doubted(replica);
    }

    /** A probe found it ready; it began when the replica had had that many failures. */
    synchronized void found(Replica replica, int failures) {
        if (!replica.retired() && replica.failures() == failures && set(replica, true)) {
            LOG.info("replica {} is ready, {} of {} are", replica, ready.length, count);
            listener.ready(replica);
        }
    }

    /** A probe found it not ready. */
    synchronized void notReady(Replica replica, String why) {
        if (set(replica, false)) {
            LOG.info("replica {} isn't ready, {} of {} are: {}", replica, ready.length, count, why);
        }
    }

    /** Nothing comes from it any more: what is under way there is given up. */
    synchronized void lost(Replica replica, String why) {
        notReady(replica, why);
        listener.left(replica);
    }

    private boolean set(Replica replica, boolean is) {
        if (replica.ready() == is) {
            return false;
        }
        replica.ready(is);
        published();
        return true;
    }

    private void replace(Collection<String> addresses) {
        var wanted = new LinkedHashSet<>(addresses);
        var gone = new ArrayList<Replica>();
        known.values().removeIf(replica -> !wanted.contains(replica.address()) && gone.add(replica));
        var added = new ArrayList<Replica>();
        for (var address : wanted) {
            known.computeIfAbsent(address, each -> {
                var replica = new Replica(each);
                added.add(replica);
                return replica;
            });
        }
        if (gone.isEmpty() && added.isEmpty()) {
            return;
        }
        gone.forEach(Replica::retire);
        gone.forEach(replica -> replica.ready(false));
        published();
        LOG.info("{} replicas: {} new, {} gone", count, added, gone);
        added.forEach(listener::joined);
        gone.forEach(listener::left);
    }

    private void published() {
        ready = known.values().stream().filter(Replica::ready).toArray(Replica[]::new);
        count = known.size();
    }
}
