package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Starts informers that never give up. */
public final class Informers {
    /**
     * How many objects are read at a time. More than that comes of it: a list without a limit is taken from whatever an
     * API server has in its cache, and one of several may lag; in pages, it is what is true now.
     */
    public static final long PAGE = 500;

    private static final Duration SYNC = Duration.ofSeconds(60);

    private Informers() {}

    /**
     * Waits until something has been read whole.
     *
     * @throws IllegalStateException when the API server doesn't let us, or takes too long
     */
    static void await(BooleanSupplier synced, String what) {
        var deadline = System.nanoTime() + SYNC.toNanos();
        while (!synced.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "%s couldn't be read within %d s: does the operator's role let it list and watch them?"
                                .formatted(what, SYNC.toSeconds()));
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            if (Thread.interrupted()) {
                throw new IllegalStateException("interrupted while " + what + " are read");
            }
        }
    }

    /** Starts one, which runs {@code changed} whenever something changed. */
    static <T extends HasMetadata> SteadyInformer<T> start(SharedIndexInformer<T> informer, Runnable changed) {
        return start(informer, (before, after) -> true, changed);
    }

    /**
     * Starts one, which runs {@code changed} whenever an object came or went, or became another one.
     *
     * @param differ whether two versions of an object differ in what counts
     */
    static <T extends HasMetadata> SteadyInformer<T> start(
            SharedIndexInformer<T> informer, BiPredicate<T, T> differ, Runnable changed) {
        return start(informer, differ, object -> changed.run(), object -> changed.run(), changed);
    }

    /**
     * Starts one.
     *
     * @param differ whether two versions of an object differ in what counts
     * @param changed is told of each object that is new or other than before
     * @param gone is told of each that is gone, as it was when it was last seen
     * @param none is run when there is nothing at all
     */
    static <T extends HasMetadata> SteadyInformer<T> start(
            SharedIndexInformer<T> informer,
            BiPredicate<T, T> differ,
            Consumer<T> changed,
            Consumer<T> gone,
            Runnable none) {
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(T object) {
                changed.accept(object);
            }

            @Override
            public void onUpdate(T before, T after) {
                if (!uid(before).equals(uid(after))) {
                    // Deleted and created anew between two lists: what nobody watched comes as a change.
                    gone.accept(before);
                    changed.accept(after);
                } else if (differ.test(before, after)) {
                    changed.accept(after);
                }
            }

            @Override
            public void onDelete(T object, boolean finalStateUnknown) {
                gone.accept(object);
            }

            @Override
            public void onNothing() {
                none.run();
            }
        });
        // The default gives up after a failed start: an API server that is away for a moment would leave us blind.
        informer.exceptionHandler((started, failure) -> true);
        return SteadyInformer.start(informer);
    }

    private static String uid(HasMetadata object) {
        return object.getMetadata().getUid();
    }
}
