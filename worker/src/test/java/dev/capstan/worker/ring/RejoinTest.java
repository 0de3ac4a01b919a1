package dev.capstan.worker.ring;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.outcome.Failure;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Ranks that meet again, in a term that may be over before they do. */
class RejoinTest {
    /** Its kernel takes connections still, and nobody says anything on them, as of a process that is stopped. */
    @Test
    void aFrozenPeerDoesntKeepOthersFromANewerTerm() throws Exception {
        try (var frozen = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var peers = List.of(
                    new Peer(0, "localhost", Fixtures.freePorts(1).getFirst()),
                    new Peer(1, "localhost", frozen.getLocalPort()));
            var membership = new Membership("uid-1", 2, 0, peers, Gang.KEY);
            var newer = new Failure(Reason.PeerLost, "the gang goes on in term 3");
            var looks = new AtomicInteger();
            long began = System.nanoTime();
            var thrown = assertThrows(
                    Failure.class,
                    () -> Ring.joinAgain(membership, Patience.DEFAULT, () -> {
                        if (looks.incrementAndGet() == 2) {
                            throw newer;
                        }
                    }));
            assertSame(newer, thrown);
            // The other end may take as long as that to say who it is.
            assertTrue(System.nanoTime() - began < Handshake.TIME.toNanos() / 2);
        }
    }
}
