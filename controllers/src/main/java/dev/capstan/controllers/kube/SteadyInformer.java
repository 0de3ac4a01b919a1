package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Store;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Fabric8's informer, once it was started, with one of its corners rounded. It says that it has synced when its store
 * is full, and calls its handlers later, by an executor: here, it has when they have been called.
 */
final class SteadyInformer<T> {
    private final SharedIndexInformer<T> informer;
    private final CompletableFuture<Void> watching;

    private SteadyInformer(SharedIndexInformer<T> informer) {
        this.informer = informer;
        // With a state to begin with, if only an empty one, it begins to watch after it has told of all that it lists;
        // without, at the same time.
        this.watching = informer.initialState(Stream.empty()).start().toCompletableFuture();
    }

    static <T> SteadyInformer<T> start(SharedIndexInformer<T> informer) {
        return new SteadyInformer<>(informer);
    }

    /** Whether everything that there was has been read, and told. */
    boolean synced() {
        return watching.isDone() && !watching.isCompletedExceptionally();
    }

    Store<T> store() {
        return informer.getStore();
    }

    /** Those that an index has under a key. */
    List<T> byIndex(String index, String key) {
        return informer.getIndexer().byIndex(index, key);
    }

    void stop() {
        informer.stop();
    }
}
