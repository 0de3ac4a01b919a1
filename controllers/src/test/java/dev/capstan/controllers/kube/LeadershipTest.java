package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How a replica stops leading, on a real API server. */
class LeadershipTest {
    private static ApiServer api;

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
    }

    @Test
    void aLeaderThatIsToldToEndEndsItsWorkInPeaceAndGivesTheLeaseUp() throws InterruptedException {
        var namespace = api.newNamespace("leadership");
        var endedInPeace = new AtomicInteger();
        // Several times, for ending goes on in two threads: what one does may come before or after what the other does.
        for (int term = 0; term < 10; term++) {
            var working = new CountDownLatch(1);
            var leadership = lead(namespace, () -> {
                working.countDown();
                return () -> {
                    Thread.sleep(5);
                    endedInPeace.incrementAndGet();
                };
            });
            assertTrue(working.await(30, TimeUnit.SECONDS));
            while (!leadership.leading()) {
                Thread.onSpinWait();
            }
            leadership.close();
            assertNull(holder(namespace));
        }
        assertEquals(10, endedInPeace.get());
    }

    @Test
    void aLeaderThatIsToldToEndWhileItBeginsGivesTheLeaseUpToo() throws InterruptedException {
        var namespace = api.newNamespace("leadership");
        var beginning = new CountDownLatch(1);
        var leadership = lead(namespace, () -> {
            beginning.countDown();
            try {
                Thread.sleep(Duration.ofHours(1));
            } catch (InterruptedException e) {
                // As libraries do.
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("interrupted while caches fill");
        });
        assertTrue(beginning.await(30, TimeUnit.SECONDS));
        leadership.close();
        assertNull(holder(namespace));
    }

    private static Leadership lead(String namespace, Supplier<AutoCloseable> term) {
        var lease = new Leadership.Lease(
                namespace, "lease", "a", Duration.ofHours(1), Duration.ofMinutes(30), Duration.ofMillis(100));
        var leadership = new Leadership(api.client(), lease, term);
        leadership.start();
        return leadership;
    }

    private static String holder(String namespace) {
        return api.client()
                .leases()
                .inNamespace(namespace)
                .withName("lease")
                .get()
                .getSpec()
                .getHolderIdentity();
    }
}
