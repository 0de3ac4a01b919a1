package dev.capstan.worker.ring;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives whoever dials, and keeps the previous rank. Strangers (port scans, probes, a peer of an earlier attempt) are
 * sent away; each gets a thread of its own, so that one who says nothing holds up nobody.
 */
final class Reception {
    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
    private static final int MOST_AT_ONCE = 64;
    private static final int MOST_LOGGED = 20;

    private final Membership membership;
    private final ServerSocketChannel server;
    private final CompletableFuture<Meeting.Met> previous;
    private final Semaphore places = new Semaphore(MOST_AT_ONCE);
    private final Set<String> refused = ConcurrentHashMap.newKeySet();

    Reception(Membership membership, ServerSocketChannel server, CompletableFuture<Meeting.Met> previous) {
        this.membership = membership;
        this.server = server;
        this.previous = previous;
    }

    /** Receives until the server is closed. */
    void open() {
        Thread.ofVirtual().name("capstan-reception").start(this::receive);
    }

    private void receive() {
        while (true) {
            try {
                var channel = server.accept();
                if (places.tryAcquire()) {
                    Thread.startVirtualThread(() -> greet(channel));
                } else {
                    Meeting.close(channel);
                }
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                previous.completeExceptionally(e);
                return;
            }
        }
    }

    private void greet(SocketChannel channel) {
        try {
            Meeting.tune(channel);
            var met = Meeting.Met.with(channel, new Handshake(membership, channel.socket()).receive(), membership);
            if (!previous.complete(met)) {
                replace(met);
            }
        } catch (IOException e) {
            // A peer of an earlier attempt comes again and again; its reason is told once.
            if (refused.size() < MOST_LOGGED && refused.add(String.valueOf(e.getMessage()))) {
                LOG.warn("refused {}: {}", channel.socket().getRemoteSocketAddress(), e.getMessage());
            }
            Meeting.close(channel);
        } finally {
            places.release();
        }
    }

    /** The previous rank dials again only if it gave its first connection up. */
    private void replace(Meeting.Met met) {
        if (previous.isCompletedExceptionally()) {
            Meeting.close(met.socket());
            return;
        }
        Meeting.close(previous.getNow(null).socket());
        previous.obtrudeValue(met);
    }
}
