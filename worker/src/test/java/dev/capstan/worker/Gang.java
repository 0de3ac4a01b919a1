package dev.capstan.worker;

import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Wire;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.SecretKey;

/** Workers as threads of one process, joined by real sockets. */
public final class Gang {
    /** What workers of this attempt know. */
    public static final SecretKey KEY = key("the job's secret");

    private Gang() {}

    /** What workers of an attempt of another token know. */
    public static SecretKey key(String token) {
        return JobKeys.ring(token.getBytes(StandardCharsets.UTF_8), "uid-1", 3);
    }

    /** What one worker does with its ring. */
    public interface Work<T> {
        T with(Ring ring) throws Exception;
    }

    /** How one worker came out: a result, or a failure. */
    public record End<T>(T result, Failure failure) {}

    /** Addresses of workers on this machine. */
    public static List<Peer> peers(int size) throws Exception {
        return Peer.list(Fixtures.freePorts(size).stream()
                .map(port -> "localhost:" + port)
                .toList());
    }

    /** Runs the work on every rank and returns the results in rank order. */
    public static <T> List<T> run(int size, Patience patience, Work<T> work) throws Exception {
        return run(size, patience, Wire.DEFAULT, work);
    }

    /** The same, of workers that send in some way. */
    public static <T> List<T> run(int size, Patience patience, Wire wire, Work<T> work) throws Exception {
        var ends = ends(size, patience, wire, work);
        for (var end : ends) {
            if (end.failure() != null) {
                throw end.failure();
            }
        }
        return ends.stream().map(End::result).toList();
    }

    /** Runs the work on every rank, and tells peers of a failure as a worker does. */
    public static <T> List<End<T>> ends(int size, Patience patience, Work<T> work) throws Exception {
        return ends(size, patience, Wire.DEFAULT, work);
    }

    private static <T> List<End<T>> ends(int size, Patience patience, Wire wire, Work<T> work) throws Exception {
        var peers = peers(size);
        var tasks = new ArrayList<Callable<T>>();
        for (int rank = 0; rank < size; rank++) {
            var membership = new Membership("uid-1", 3, rank, peers, KEY, wire);
            tasks.add(() -> {
                try (var ring = Ring.join(membership, patience)) {
                    try {
                        return work.with(ring);
                    } catch (Failure e) {
                        ring.abort(e);
                        throw e;
                    }
                }
            });
        }
        try (var threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            var ends = new ArrayList<End<T>>();
            for (Future<T> future : threads.invokeAll(tasks)) {
                ends.add(end(future));
            }
            return ends;
        }
    }

    private static <T> End<T> end(Future<T> future) throws Exception {
        try {
            return new End<>(future.get(), null);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Failure failure) {
                return new End<>(null, failure);
            }
            throw e;
        }
    }
}
