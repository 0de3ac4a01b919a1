package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the ring comes about: every worker listens for the rank before it and dials the rank after it, by name and again
 * and again, because pods and their DNS records appear in any order.
 */
final class Meeting {
    private static final Logger LOG = LoggerFactory.getLogger(Meeting.class);
    private static final Duration RETRY = Duration.ofMillis(200);
    /** Keeps a step's messages flowing while the peer is busy; the kernel may give less. */
    static final int SOCKET_BUFFER = 4 << 20;

    /**
     * How long a port may be in use that this process has listened on before: its close is through only when the thread
     * that waits for connections has noticed.
     */
    private static final Duration STILL_IN_USE = Duration.ofSeconds(1);

    private final Membership membership;
    private final Patience patience;
    private final Duration stillInUse;
    private final long deadline;

    Meeting(Membership membership, Patience patience) {
        this(membership, patience, STILL_IN_USE);
    }

    /** @param stillInUse how long the port may be in use */
    Meeting(Membership membership, Patience patience, Duration stillInUse) {
        this.membership = membership;
        this.patience = patience;
        this.stillInUse = stillInUse;
        deadline = System.nanoTime() + patience.meeting().toNanos();
    }

    /**
     * Connections with both neighbours, each of which has proved that it belongs to the job.
     *
     * @throws Failure PeerLost, naming the peer that didn't come in time
     */
    Neighbours neighbours() {
        Link next = null;
        try (var server = listen()) {
            var previous = new CompletableFuture<Link>();
            new Reception(membership, server, previous).open();
            next = dial();
            return new Neighbours(membership, patience, next, await(previous));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "the connections to the peers could not be set up: " + e, e);
        } catch (Failure e) {
            if (next != null) {
                // It waits for us already, and would name us as the one that is missing.
                new Aborts(membership, new Outbox(next), null).send(e, () -> {});
                close(next.channel());
            }
            throw e;
        }
    }

    private ServerSocketChannel listen() {
        int port = membership.self().port();
        long enough = System.nanoTime() + stillInUse.toNanos();
        while (true) {
            try {
                return listen(port);
            } catch (BindException e) {
                if (System.nanoTime() > enough) {
                    throw cantListen(port, e);
                }
                pause();
            } catch (IOException e) {
                throw cantListen(port, e);
            }
        }
    }

    private static ServerSocketChannel listen(int port) throws IOException {
        var server = ServerSocketChannel.open();
        try {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
            return server.bind(new InetSocketAddress(port));
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private static Failure cantListen(int port, IOException e) {
        return new Failure(Reason.WorkerError, "port " + port + " can't be listened on for the peers: " + e, e);
    }

    private Link await(CompletableFuture<Link> previous) {
        try {
            return previous.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new Failure(
                    Reason.PeerLost,
                    membership.previous() + " has not come within "
                            + patience.meeting().toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while waiting for " + membership.previous(), e);
        } catch (ExecutionException e) {
            throw new Failure(
                    Reason.WorkerError,
                    "waiting for " + membership.previous() + " failed: " + e.getCause(),
                    e.getCause());
        }
    }

    private Link dial() {
        var told = "";
        while (true) {
            var problem = "";
            try {
                // Resolved anew each time: the name appears late, and a pod made anew has another address.
                for (var address : InetAddress.getAllByName(membership.next().host())) {
                    try {
                        return dial(
                                new InetSocketAddress(address, membership.next().port()));
                    } catch (IOException e) {
                        problem = String.valueOf(e.getMessage());
                    }
                }
            } catch (UnknownHostException e) {
                problem = "its name is unknown";
            }
            if (!problem.equals(told)) {
                LOG.info("{} not met yet: {}", membership.next(), problem);
                told = problem;
            }
            if (System.nanoTime() + RETRY.toNanos() > deadline) {
                throw new Failure(
                        Reason.PeerLost,
                        membership.next() + " could not be met within "
                                + patience.meeting().toSeconds() + " s: " + problem);
            }
            pause();
        }
    }

    private void pause() {
        try {
            Thread.sleep(RETRY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while dialling " + membership.next(), e);
        }
    }

    private Link dial(InetSocketAddress address) throws IOException {
        var channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
            channel.socket().connect(address, (int) Handshake.TIME.toMillis());
            tune(channel);
            return new Link(channel, new Handshake(membership, channel.socket()).dial());
        } catch (IOException e) {
            close(channel);
            throw e;
        }
    }

    /** No delay for small messages, and probes that find out about a host that vanished while nothing is sent. */
    static void tune(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 10);
        channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 5);
        channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 4);
    }

    static void close(SocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("closing a connection failed", e);
            }
        }
    }
}
