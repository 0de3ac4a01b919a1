package dev.capstan.worker.ring;

import static dev.capstan.worker.ring.RingTest.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Wire;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody between two peers, who lets them meet and then changes what one sends to the other. */
class RelayTest {
    private static final Patience PATIENCE =
            new Patience(Duration.ofSeconds(20), Duration.ofSeconds(30), Duration.ofSeconds(30));
    /** Bytes of the handshake that the dialler sends: its hello and its proof. */
    private static final int HELLO = 56;

    private static final int PROOF = 32;
    private static final int TAG = 16;

    @ParameterizedTest(name = "byte {0} {1}")
    @CsvSource({
        "36, changed, a wish in the header",
        "60, changed, a gradient",
        "0, left out, the first message",
        "0, repeated, the first message"
    })
    void whatARelayDoesToAMessageIsNoticed(int offset, String how) throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var threads = Executors.newCachedThreadPool()) {
            var ports = Fixtures.freePorts(2);
            var direct = List.of(new Peer(0, "localhost", ports.get(0)), new Peer(1, "localhost", ports.get(1)));
            var byRelay = List.of(direct.get(0), new Peer(1, "localhost", server.getLocalPort()));
            threads.submit(() -> relay(server, ports.get(1), offset, how));
            threads.submit(rank(0, byRelay));
            var deceived = threads.submit(rank(1, direct));
            var failure = failure(deceived);
            assertEquals(Reason.PeerLost, failure.reason());
            assertTrue(failure.getMessage().contains("sent a message whose seal is broken"), failure.getMessage());
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource
    void aMessageOfAnotherTermIsRefused(Wire.Frames frames) throws Exception {
        var key = new SecretKeySpec(new byte[16], "AES");
        try (var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                var sender = SocketChannel.open(server.getLocalAddress());
                var receiver = server.accept()) {
            var outbox = new Outbox(new Link<>(sender, key, frames));
            var inbox = new Inbox(new Link<>(receiver, key, frames), 4);
            for (int term : new int[] {4, 5}) {
                outbox.start(
                        new Header(Header.Kind.HEARTBEAT, term, 0, 1, 0, 0, 0, Header.Rider.NONE),
                        ByteBuffer.allocate(0));
                while (!outbox.idle()) {
                    outbox.push();
                }
                if (term == 4) {
                    receive(inbox);
                    inbox.next();
                }
            }
            var e = assertThrows(IOException.class, () -> receive(inbox));
            assertEquals("sent a message of term 5, this is term 4", e.getMessage());
        }
    }

    private static void receive(Inbox inbox) throws IOException {
        while (!inbox.complete()) {
            inbox.pull(Inbox.Landing.NONE);
        }
        inbox.open();
    }

    private static Callable<Float> rank(int rank, List<Peer> peers) {
        return () -> {
            try (var ring = Ring.join(new Membership("uid-1", 3, rank, peers, Gang.KEY), PATIENCE)) {
                // One message of 128 bytes each way an operation; the second operation follows a repeated one.
                var numbers = floats(32);
                ring.allReduce(numbers, 1);
                ring.allReduce(numbers, 1);
                return numbers.getFloat(0);
            }
        };
    }

    private static Failure failure(Future<Float> rank) {
        return (Failure) assertThrows(ExecutionException.class, rank::get).getCause();
    }

    /** Passes on what comes from the dialler, but for one message, and all that goes back. */
    private static Void relay(ServerSocket server, int port, int offset, String how) throws Exception {
        try (var dialler = server.accept();
                var listener = dial(port)) {
            Thread.startVirtualThread(() -> copy(listener, dialler));
            var in = dialler.getInputStream();
            var out = listener.getOutputStream();
            out.write(in.readNBytes(HELLO));
            out.write(in.readNBytes(PROOF));
            var message = in.readNBytes(Header.BYTES + 128 + TAG);
            switch (how) {
                case "changed" -> {
                    message[offset] ^= 1;
                    out.write(message);
                }
                case "repeated" -> {
                    out.write(message);
                    out.write(message);
                }
                case "left out" -> {}
                default -> throw new IllegalArgumentException(how);
            }
            in.transferTo(out);
        }
        return null;
    }

    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One of the two has ended.
        }
    }

    private static Socket dial(int port) throws Exception {
        while (true) {
            try {
                return new Socket(InetAddress.getLoopbackAddress(), port);
            } catch (IOException e) {
                Thread.sleep(20);
            }
        }
    }
}
