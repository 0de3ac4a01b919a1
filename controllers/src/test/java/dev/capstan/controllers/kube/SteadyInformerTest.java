package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** When everything has been read, on a real API server. */
class SteadyInformerTest {
    private final ApiServer api = ApiServer.shared();
    private final String namespace = api.newNamespace("informer");
    private final CountDownLatch listening = new CountDownLatch(1);
    private final List<String> told = new CopyOnWriteArrayList<>();

    @Test
    void whatIsInTheStoreHasBeenReadWhenItHasBeenTold() throws InterruptedException {
        for (var name : List.of("a", "b", "c")) {
            api.client().resource(map(name)).create();
        }
        var maps = api.client().configMaps().inNamespace(namespace).withLimit(1L);
        var informer =
                Informers.start(maps.runnableInformer(0), (before, after) -> true, this::slowly, gone -> {}, () -> {});
        try {
            while (informer.store().list().size() < 3) {
                Thread.sleep(20);
            }
            Thread.sleep(500);
            assertFalse(informer.synced());
            listening.countDown();
            Informers.await(informer::synced, "config maps");
            assertEquals(List.of("a", "b", "c"), told);
        } finally {
            listening.countDown();
            informer.stop();
        }
    }

    private void slowly(ConfigMap map) {
        try {
            listening.await();
            told.add(map.getMetadata().getName());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ConfigMap map(String name) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .build();
    }
}
