package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * How a rank takes a lost one's place, done once before it counts: by two ranks of this process, over connections with
 * itself. What is first done in earnest while all others wait takes seconds otherwise, in which classes are loaded and
 * compiled, ciphers above all.
 */
public final class Rehearsal {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int SUMS = 40;
    private static final int SUM_BYTES = Ring.PIECE_BYTES / 4;
    private static final int KEY_BYTES = 32;

    /** Nobody is lost here. */
    private static final Terms NO_OTHER = new Terms() {
        @Override
        public Ring next(Failure found, long operation) {
            throw found;
        }

        @Override
        public void recovered(long operation) {
            // It was only tried.
        }
    };

    private Rehearsal() {}

    /**
     * @param giver writes the state
     * @param taker takes it over; that may be the very state that is written
     * @throws Failure if it can't be done
     */
    public static void of(Held giver, Held taker) {
        var peers = List.of(new Peer(0, host(), freePort()), new Peer(1, host(), freePort()));
        var bytes = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        var key = new SecretKeySpec(bytes, "Generic");
        var other = CompletableFuture.runAsync(
                () -> {
                    try (var ring = join(0, peers, key)) {
                        sum(Recovering.settled(ring, NO_OTHER, giver, History.ofTheFirst()));
                    }
                },
                task -> Thread.ofPlatform().name("capstan-rehearsal").daemon().start(task));
        try (var ring = join(1, peers, key)) {
            sum(Recovering.come(ring, NO_OTHER, taker));
        }
        try {
            other.join();
        } catch (CompletionException e) {
            throw Failure.of(e);
        }
    }

    private static Ring join(int rank, List<Peer> peers, SecretKey key) {
        var membership = new Membership("rehearsal", 1, rank, peers, key);
        return Ring.joinAgain(membership, new Patience(PATIENCE, PATIENCE, PATIENCE), () -> {});
    }

    private static void sum(Recovering all) {
        var floats = ByteBuffer.allocateDirect(SUM_BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < SUMS; i++) {
            all.allReduce(floats, 0);
            all.edge();
        }
    }

    private static String host() {
        return InetAddress.getLoopbackAddress().getHostAddress();
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "no port is free: " + e, e);
        }
    }
}
