package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;

/** Starts informers that never give up. */
public final class Informers {
    /**
     * How many objects are read at a time. More than that comes of it: a list without a limit is taken from whatever an
     * API server has in its cache, and one of several may lag; in pages, it is what is true now.
     */
    public static final long PAGE = 500;

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
