package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A replica that wakes up when its lease has ended, on a real API server. */
class FenceTest {
    private static ApiServer api;

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
    }

    @Test
    void withoutTheLeaseItReadsAndWatchesAndWritesNothing() throws Exception {
        var namespace = api.newNamespace("fence");
        var held = new AtomicBoolean(true);
        try (var client = Fence.around(api.client(), held::get)) {
            var map = client.resource(map(namespace, "a")).create();
            held.set(false);
            assertEquals(map, client.resource(map).get());
            var seen = new CompletableFuture<ConfigMap>();
            try (var informer = client.configMaps().inNamespace(namespace).inform(new FirstSeen(seen))) {
                assertEquals("a", seen.get(10, TimeUnit.SECONDS).getMetadata().getName());
            }
            assertThrows(
                    KubernetesClientException.class,
                    () -> client.resource(map(namespace, "b")).create());
            assertThrows(
                    KubernetesClientException.class, () -> client.resource(map).delete());
            assertThrows(
                    KubernetesClientException.class,
                    () -> client.resource(map)
                            .edit(now -> new ConfigMapBuilder(now)
                                    .addToData("key", "value")
                                    .build()));
        }
        var maps = api.client().configMaps().inNamespace(namespace);
        assertNull(maps.withName("b").get());
        assertNotNull(maps.withName("a").get());
        assertEquals(Map.of(), maps.withName("a").get().getData());
    }

    @Test
    void theLeaseIsHeldFromARenewalUntilItsDurationIsOver() {
        var namespace = api.newNamespace("fence");
        var clock = new AtomicLong(Long.MAX_VALUE - 1);
        var duration = Duration.ofSeconds(9);
        var lease =
                new Leadership.Lease(namespace, "lease", "a", duration, Duration.ofSeconds(6), Duration.ofSeconds(1));
        var lock = new SteadyLock(lease, clock::get);
        assertFalse(lock.held());
        lock.create(api.client(), record("a", duration));
        clock.addAndGet(duration.toNanos() - 1);
        assertTrue(lock.held());
        clock.addAndGet(1);
        assertFalse(lock.held());
        lock.update(api.client(), record("a", duration));
        assertTrue(lock.held());
        lock.update(api.client(), record(null, duration));
        assertFalse(lock.held());
    }

    @Test
    void theLeaseIsNotHeldFromTheMomentOnThatItIsSeenToBeAnothers() {
        var namespace = api.newNamespace("fence");
        var duration = Duration.ofSeconds(9);
        var lock = lock(namespace, "a", duration);
        lock.create(api.client(), record("a", duration));
        lock.get(api.client());
        assertTrue(lock.held());
        // Its clock is fast, and so it takes what isn't over yet.
        var other = lock(namespace, "b", duration);
        other.get(api.client());
        other.update(api.client(), record("b", duration));
        assertTrue(other.held());
        lock.get(api.client());
        assertFalse(lock.held());
    }

    @Test
    void aLeaseThatWasDeletedIsNotHeld() {
        var namespace = api.newNamespace("fence");
        var duration = Duration.ofSeconds(9);
        var lock = lock(namespace, "a", duration);
        lock.create(api.client(), record("a", duration));
        api.client().leases().inNamespace(namespace).withName("lease").delete();
        assertNull(lock.get(api.client()));
        assertFalse(lock.held());
    }

    private static SteadyLock lock(String namespace, String identity, Duration duration) {
        return new SteadyLock(new Leadership.Lease(
                namespace, "lease", identity, duration, Duration.ofSeconds(6), Duration.ofSeconds(1)));
    }

    private static LeaderElectionRecord record(String holder, Duration duration) {
        var now = ZonedDateTime.now(ZoneOffset.UTC);
        return new LeaderElectionRecord(holder, duration, now, now, 0);
    }

    private static ConfigMap map(String namespace, String name) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .build();
    }

    private record FirstSeen(CompletableFuture<ConfigMap> seen) implements ResourceEventHandler<ConfigMap> {
        @Override
        public void onAdd(ConfigMap map) {
            seen.complete(map);
        }

        @Override
        public void onUpdate(ConfigMap before, ConfigMap map) {}

        @Override
        public void onDelete(ConfigMap map, boolean unseen) {}
    }
}
