package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What those who listen to informers are told; the test plays the informer. */
class InformersTest {
    private final List<String> told = new ArrayList<>();

    @Test
    void anObjectThatWasCreatedAnewUnseenIsGoneAndNew() {
        var handler = start();
        handler.onUpdate(map("a", "1"), map("b", "1"));
        assertEquals(List.of("gone a", "changed b"), told);
    }

    @Test
    void anObjectThatChangedIsToldOfIfTheChangeCounts() {
        var handler = start();
        handler.onUpdate(map("a", "1"), map("a", "1"));
        assertEquals(List.of(), told);
        handler.onUpdate(map("a", "1"), map("a", "2"));
        assertEquals(List.of("changed a"), told);
    }

    /** Starts listening, and answers what the informer would call. */
    private ResourceEventHandler<ConfigMap> start() {
        var handler = new AtomicReference<ResourceEventHandler<ConfigMap>>();
        Informers.start(
                informer(handler),
                (before, after) -> !before.getData().equals(after.getData()),
                map -> told.add("changed " + map.getMetadata().getUid()),
                map -> told.add("gone " + map.getMetadata().getUid()),
                () -> told.add("nothing"));
        return handler.get();
    }

    @SuppressWarnings("unchecked")
    private static SharedIndexInformer<ConfigMap> informer(AtomicReference<ResourceEventHandler<ConfigMap>> handler) {
        return (SharedIndexInformer<ConfigMap>) Proxy.newProxyInstance(
                InformersTest.class.getClassLoader(),
                new Class<?>[] {SharedIndexInformer.class},
                (informer, method, arguments) -> switch (method.getName()) {
                    case "addEventHandler" -> {
                        handler.set((ResourceEventHandler<ConfigMap>) arguments[0]);
                        yield informer;
                    }
                    case "exceptionHandler", "initialState" -> informer;
                    case "start" -> new CompletableFuture<Void>();
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static ConfigMap map(String uid, String value) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName("map")
                .withUid(uid)
                .endMetadata()
                .addToData("key", value)
                .build();
    }
}
