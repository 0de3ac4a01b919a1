package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
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
        for (int term = 0; term < 20; term++) {
            var working = new CountDownLatch(1);
            var leadership = lead(namespace, "lease-" + term, client -> {
                working.countDown();
                return () -> {
                    Thread.sleep(5);
                    endedInPeace.incrementAndGet();
                };
            });
            assertTrue(working.await(30, TimeUnit.SECONDS));
            Thread.sleep(20);
            leadership.close();
            awaitGivenUp(namespace, "lease-" + term);
        }
        assertEquals(20, endedInPeace.get());
    }

    @Test
    void aLeaderThatIsToldToEndWhileItBeginsGivesTheLeaseUpToo() throws InterruptedException {
        var namespace = api.newNamespace("leadership");
        var beginning = new CountDownLatch(1);
        var leadership = lead(namespace, "lease", client -> {
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
        awaitGivenUp(namespace, "lease");
    }

    private static Leadership lead(String namespace, String name, Function<KubernetesClient, AutoCloseable> term) {
        var lease = new Leadership.Lease(
                namespace, name, "a", Duration.ofHours(1), Duration.ofMinutes(30), Duration.ofMillis(100));
        var leadership = new Leadership(api.client(), lease, term);
        leadership.start();
        return leadership;
    }

    /** Closing waits for it only so long, and another thread may do it; by itself the lease would end in an hour. */
    private static void awaitGivenUp(String namespace, String name) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (holder(namespace, name) != null) {
            assertTrue(System.nanoTime() < deadline, name + " is given up");
            Thread.sleep(20);
        }
    }

    private static String holder(String namespace, String name) {
        return api.client()
                .leases()
                .inNamespace(namespace)
                .withName(name)
                .get()
                .getSpec()
                .getHolderIdentity();
    }
}
