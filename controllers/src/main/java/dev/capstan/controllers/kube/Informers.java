package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;

/** Starts informers that never give up. */
final class Informers {
    private Informers() {}

    /** Starts one, which runs {@code changed} whenever something changed. */
    static <T> SharedIndexInformer<T> start(SharedIndexInformer<T> informer, Runnable changed) {
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(T object) {
                changed.run();
            }

            @Override
            public void onUpdate(T before, T after) {
                changed.run();
            }

            @Override
            public void onDelete(T object, boolean finalStateUnknown) {
                changed.run();
            }

            @Override
            public void onNothing() {
                changed.run();
            }
        });
        // The default gives up after a failed start: an API server that is away for a moment would leave us blind.
        informer.exceptionHandler((started, failure) -> true);
        informer.start();
        return informer;
    }
}
