package dev.capstan.worker.ring;

import static dev.capstan.worker.ring.RingTest.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Gang;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Side by side, for most of them wait most of the time; those that seal many bytes do so one after the other. */
@Execution(CONCURRENT)
class RingFailureTest {
    private static final String PROCESSORS = "processors";

    /** For those who are to wait in vain. */
    private static final Patience SHORT =
            new Patience(Duration.ofSeconds(60), Duration.ofSeconds(10), Duration.ofSeconds(10));
    /** For those who are told, however slow the machine. */
    private static final Patience LONG =
            new Patience(Duration.ofSeconds(60), Duration.ofSeconds(120), Duration.ofSeconds(120));

    @ResourceLock(PROCESSORS)
    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {2, 3, 4, 5})
    void aPeerThatDiesIsNamedByAllOthers(int size) throws Exception {
        var ends = Gang.ends(size, LONG, ring -> {
            ring.allReduce(floats(300_000), 0);
            if (ring.rank() == 1) {
                return "closes its connections, as the kernel does for a dead process";
            }
            return ring.allReduce(floats(300_000), 0);
        });
        for (int rank = 0; rank < size; rank++) {
            if (rank != 1) {
                assertNamed(ends.get(rank).failure(), "rank 1 (localhost:");
            }
        }
    }

    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {2, 3, 5})
    void aPeerThatHangsIsNamedByAllOthers(int size) throws Exception {
        var over = new CountDownLatch(size - 1);
        var ends = Gang.ends(size, SHORT, ring -> {
            if (ring.rank() == 1) {
                over.await();
                return 0.0;
            }
            try {
                return ring.allReduce(floats(3_000_000), 0);
            } catch (Failure e) {
                // The others must hear of it while the one that hangs still holds its connections.
                ring.abort(e);
                over.countDown();
                throw e;
            }
        });
        for (int rank = 0; rank < size; rank++) {
            if (rank != 1) {
                assertNamed(ends.get(rank).failure(), "rank 1 (localhost:");
                assertTrue(
                        ends.get(rank).failure().getMessage().contains("within 10 s: it hangs"),
                        ends.get(rank).failure().getMessage());
            }
        }
    }

    @Test
    void whoWaitsForAnotherIsNotTakenForLost() throws Exception {
        // Rank 2 hears nothing of rank 1 for longer than its own patience, but heartbeats: rank 1 waits for rank 0.
        var silences = List.of(Duration.ofSeconds(60), Duration.ofSeconds(14), Duration.ofSeconds(7));
        var patience = new Patience(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(1));
        var ends = Gang.ends(3, patience, ring -> {
            if (ring.rank() == 0) {
                Thread.sleep(8000);
            }
            return ring.allGather(new byte[] {(byte) ring.rank()}, silences.get(ring.rank()))
                    .size();
        });
        for (var end : ends) {
            assertNull(end.failure(), () -> end.failure().getMessage());
            assertEquals(3, end.result());
        }
    }

    @ResourceLock(PROCESSORS)
    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {2, 3})
    void whoComputesForLongerThanSilenceLastsIsNotTakenForLost(int size) throws Exception {
        var patience = new Patience(Duration.ofSeconds(60), Duration.ofSeconds(3), Duration.ofSeconds(60));
        var sums = Gang.run(size, patience, ring -> {
            if (ring.rank() == 1) {
                Thread.sleep(9000);
            }
            // More to each than sockets take in while nobody reads.
            return ring.allReduce(floats(size * 2_700_000), 1);
        });
        sums.forEach(sum -> assertEquals(size, sum));
    }

    @Test
    void aPeerThatDiesWhileAllWaitForStorageIsNoticedAtOnce() throws Exception {
        var noticed = new CountDownLatch(1);
        var ends = Gang.ends(3, Patience.DEFAULT, ring -> {
            ring.allReduce(floats(10), 0);
            if (ring.rank() == 1) {
                return null;
            }
            if (ring.rank() == 0) {
                // Writes until the other has noticed; it would wait for six hours otherwise.
                assertTrue(noticed.await(1, TimeUnit.MINUTES));
            }
            try {
                return ring.allGather(new byte[1], Duration.ofHours(6));
            } catch (Failure e) {
                noticed.countDown();
                throw e;
            }
        });
        assertNamed(ends.get(0).failure(), "rank 1 (localhost:");
        assertNamed(ends.get(2).failure(), "rank 1 (localhost:");
    }

    @Test
    void whatAPeerEndedWithIsToldToAll() throws Exception {
        var ends = Gang.ends(4, LONG, ring -> {
            if (ring.rank() == 2) {
                throw new Failure(Reason.Diverged, "the gradient became NaN");
            }
            return ring.allReduce(floats(1_000_000), 0);
        });
        for (int rank : new int[] {0, 1, 3}) {
            assertEquals(Reason.Diverged, ends.get(rank).failure().reason());
            assertEquals(
                    "rank 2 ended: the gradient became NaN",
                    ends.get(rank).failure().getMessage());
        }
    }

    @Test
    void aPeerThatNeverComesIsNamed() throws Exception {
        var peers = Gang.peers(2);
        var patience = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1));
        var e = assertThrows(Failure.class, () -> Ring.join(new Membership("u", 1, 0, peers, Gang.KEY), patience));
        assertEquals(Reason.PeerLost, e.reason());
        assertTrue(e.getMessage().startsWith(peers.get(1) + " could not be met within 1 s: "), e.getMessage());
    }

    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {3, 4})
    void whoIsMissingIsToldToThoseWhoHaveMetTheirNeighbours(int size) throws Exception {
        var peers = Gang.peers(size);
        var rings = new ArrayList<CompletableFuture<Double>>();
        for (int rank = 0; rank < size - 1; rank++) {
            // Rank 1 waits longest, so that it has to be told.
            var patience = new Patience(
                    Duration.ofSeconds(rank == 1 && size > 3 ? 60 : 10),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60));
            rings.add(joining(new Membership("uid-1", 3, rank, peers, Gang.KEY), patience)
                    .thenApply(ring -> ring.allReduce(floats(5), 1)));
        }
        for (var ring : rings) {
            var e = assertThrows(ExecutionException.class, ring::get);
            assertNamed((Failure) e.getCause(), "rank " + (size - 1) + " (localhost:");
        }
    }

    @Test
    void aNameThatIsUnknownIsTold() throws Exception {
        var peers = List.of(Gang.peers(1).getFirst(), new Peer(1, "no-such-host.invalid", 29400));
        var patience = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1));
        var e = assertThrows(Failure.class, () -> Ring.join(new Membership("u", 1, 0, peers, Gang.KEY), patience));
        assertEquals(
                "rank 1 (no-such-host.invalid:29400) could not be met within 1 s: its name is unknown", e.getMessage());
    }

    @Test
    void aPortThatIsInUseForAMomentIsWaitedForAndOneThatStaysSoIsTold() throws Exception {
        var peers = Gang.peers(2);
        var patience = new Patience(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(30));
        try (var before = new ServerSocket(peers.get(0).port())) {
            var rankZero = new Membership("uid-1", 1, 0, peers, Gang.KEY);
            var zero = joining(() ->
                    new Ring(rankZero, patience, new Meeting(rankZero, patience, patience.meeting()).neighbours()));
            Thread.sleep(300);
            assertTrue(!zero.isDone(), "it waits");
            before.close();
            try (var b = Ring.join(new Membership("uid-1", 1, 1, peers, Gang.KEY), patience);
                    var a = zero.get()) {
                assertTrue(a != b);
            }
        }
        var others = Gang.peers(2);
        try (var forGood = new ServerSocket(others.get(0).port())) {
            var e = assertThrows(
                    Failure.class, () -> Ring.join(new Membership("uid-1", 1, 0, others, Gang.KEY), shortMeeting()));
            assertEquals(Reason.WorkerError, e.reason());
            var sentence = "port " + forGood.getLocalPort() + " can't be listened on";
            assertTrue(e.getMessage().startsWith(sentence), e.getMessage());
        }
    }

    @Test
    void strangersDisturbNobody() throws Exception {
        var peers = Gang.peers(2);
        var patience = new Patience(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(30));
        var zero = joining(new Membership("uid-1", 3, 0, peers, Gang.KEY), patience);
        var port = peers.get(0).port();
        try (var silent = dial(port);
                var http = dial(port)) {
            dial(port).close();
            http.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(9).getBytes(StandardCharsets.UTF_8));
            var others = List.of(
                    joining(new Membership("uid-1", 3, 1, peers, Gang.key("another secret")), shortMeeting()),
                    joining(new Membership("uid-2", 3, 1, Gang.peers(2), Gang.KEY), shortMeeting()));
            for (var other : others) {
                assertThrows(Exception.class, other::get);
            }
            assertTrue(!zero.isDone(), "rank 0 still waits for the right rank 1");
            var one = joining(new Membership("uid-1", 3, 1, peers, Gang.KEY), patience);
            // If it is the right one that fails, its reason is to be told, not that rank 0 waited in vain.
            try (var b = one.get();
                    var a = zero.get()) {
                var sum = CompletableFuture.supplyAsync(() -> a.allReduce(floats(5), 20));
                assertEquals(42.0, b.allReduce(floats(5), 22));
                assertEquals(42.0, sum.get());
            }
            assertTrue(silent.isConnected());
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"another token", "another job", "another attempt", "another size"})
    void whoDoesNotBelongIsRefusedBySentence(String who) throws Exception {
        var peers = Gang.peers(2);
        var patience = shortMeeting();
        var zero = joining(new Membership("uid-1", 3, 0, peers, Gang.KEY), patience);
        var other = switch (who) {
            case "another token" -> new Membership("uid-1", 3, 1, peers, Gang.key("another secret"));
            case "another job" -> new Membership("uid-2", 3, 1, peers, Gang.KEY);
            case "another attempt" -> new Membership("uid-1", 4, 1, peers, Gang.KEY);
            default -> new Membership("uid-1", 3, 1, List.of(peers.get(0), peers.get(1), peers.get(0)), Gang.KEY);
        };
        var one = joining(other, patience);
        for (var each : List.of(zero, one)) {
            var e = assertThrows(ExecutionException.class, each::get);
            assertEquals(Reason.PeerLost, ((Failure) e.getCause()).reason());
        }
    }

    @Test
    void aPeerOutOfStepIsToldAsADefect() throws Exception {
        var ends = Gang.ends(2, LONG, ring -> ring.allReduce(floats(10 + ring.rank()), 0));
        assertTrue(ends.stream()
                .allMatch(end -> end.failure() != null && end.failure().reason() == Reason.WorkerError));
    }

    private static Patience shortMeeting() {
        return new Patience(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(2));
    }

    private static CompletableFuture<Ring> joining(Membership membership, Patience patience) {
        return joining(() -> Ring.join(membership, patience));
    }

    private static CompletableFuture<Ring> joining(Supplier<Ring> join) {
        var ring = new CompletableFuture<Ring>();
        Thread.ofPlatform().start(() -> {
            try {
                ring.complete(join.get());
            } catch (Throwable e) {
                ring.completeExceptionally(e);
            }
        });
        return ring;
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

    private static void assertNamed(Failure failure, String peer) {
        assertEquals(Reason.PeerLost, failure.reason());
        assertTrue(failure.getMessage().startsWith(peer), failure.getMessage());
    }
}
