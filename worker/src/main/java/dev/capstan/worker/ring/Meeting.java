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
import javax.crypto.SecretKey;
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
    /** Those who meet again have been told where the others are, and lose time together. */
    private static final Duration RETRY_AGAIN = Duration.ofMillis(20);

    private static final Duration CONNECT_AGAIN = Duration.ofSeconds(1);
    /** Keeps a step's messages flowing while the peer is busy; the kernel may give less. */
    static final int SOCKET_BUFFER = 4 << 20;

    /**
     * How long a port may be in use that this process has listened on before: its close is through only when the thread
     * that waits for connections has noticed.
     */
    private static final Duration STILL_IN_USE = Duration.ofSeconds(1);

    /** A peer that has proved who it is, and its socket. */
    record Met(SocketChannel socket, Link<SocketChannel> link) {
        static Met with(SocketChannel socket, SecretKey key, Membership membership) {
            return new Met(socket, new Link<>(socket, key, membership.wire().protection()));
        }
    }

    private final Membership membership;
    private final Patience patience;
    private final Duration stillInUse;
    private final Duration retry;
    private final Duration connect;
    private final Runnable look;
    private final long deadline;

    /** @param stillInUse how long the port may be in use */
    Meeting(Membership membership, Patience patience, Duration stillInUse) {
        this(membership, patience, stillInUse, RETRY, Handshake.TIME, () -> {});
    }

    private Meeting(
            Membership membership,
            Patience patience,
            Duration stillInUse,
            Duration retry,
            Duration connect,
            Runnable look) {
        this.membership = membership;
        this.patience = patience;
        this.stillInUse = stillInUse;
        this.retry = retry;
        this.connect = connect;
        this.look = look;
        deadline = System.nanoTime() + patience.meeting().toNanos();
    }

    /**
     * Of a gang that hasn't met before.
     *
     * @param look called again and again; what it throws ends the meeting
     */
    static Meeting first(Membership membership, Patience patience, Runnable look) {
        return new Meeting(membership, patience, STILL_IN_USE, RETRY, Handshake.TIME, look);
    }

    /**
     * Of a gang that met before.
     *
     * @param look called again and again; what it throws ends the meeting
     */
    static Meeting again(Membership membership, Patience patience, Runnable look) {
        return new Meeting(membership, patience, STILL_IN_USE, RETRY_AGAIN, CONNECT_AGAIN, look);
    }

    /**
     * Connections with both neighbours, each of which has proved that it belongs to the job.
     *
     * @throws Failure PeerLost, naming the peer that didn't come in time
     */
    Neighbours neighbours() {
        Met next = null;
        var previous = new CompletableFuture<Met>();
        try (var server = listen()) {
            new Reception(membership, server, previous).open();
            next = dial();
            var last = await(previous);
            var sockets = new Sockets(next.socket(), last.socket());
            return new Neighbours(membership, patience, next.link(), last.link(), sockets).alive();
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "the connections to the peers could not be set up: " + e, e);
        } catch (Failure e) {
            if (next != null) {
                // It waits for us already, and would name us as the one that is missing.
                new Aborts(membership, new Outbox(next.link()), null).send(e, () -> {});
                close(next.socket());
            }
            // Whoever has come, or still comes, isn't waited for any more.
            if (!previous.completeExceptionally(e) && !previous.isCompletedExceptionally()) {
                close(previous.join().socket());
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

    private Met await(CompletableFuture<Met> previous) {
        while (true) {
            try {
                return previous.get(retry.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                look.run();
                if (System.nanoTime() > deadline) {
                    throw Failure.lost(
                            membership.previous().rank(),
                            membership.previous() + " has not come within "
                                    + patience.meeting().toSeconds() + " s");
                }
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
    }

    private Met dial() {
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
            if (System.nanoTime() + retry.toNanos() > deadline) {
                throw Failure.lost(
                        membership.next().rank(),
                        membership.next() + " could not be met within "
                                + patience.meeting().toSeconds() + " s: " + problem);
            }
            pause();
        }
    }

    private void pause() {
        look.run();
        try {
            Thread.sleep(retry);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while dialling " + membership.next(), e);
        }
    }

    private Met dial(InetSocketAddress address) throws IOException {
        var channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
            channel.socket().connect(address, (int) connect.toMillis());
            tune(channel);
            return Met.with(channel, new Handshake(membership, channel.socket(), look).dial(), membership);
        } catch (IOException | Failure e) {
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
