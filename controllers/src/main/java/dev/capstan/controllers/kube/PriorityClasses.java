package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** The cluster's priority classes: by their values jobs take their turns. */
public final class PriorityClasses implements AutoCloseable {
    private final SteadyInformer<PriorityClass> classes;
    private volatile Consumer<String> listener = name -> {};

    /** Starts reading; {@code changed} is run whenever something changed. */
    public PriorityClasses(KubernetesClient client, Runnable changed) {
        Consumer<PriorityClass> heard = each -> {
            changed.run();
            listener.accept(each.getMetadata().getName());
        };
        classes = Informers.start(
                client.scheduling()
                        .v1()
                        .priorityClasses()
                        .withLimit(Informers.PAGE)
                        .runnableInformer(0),
                (before, after) -> true,
                heard,
                heard,
                changed);
    }

    /** From now on is told of the name of each class that has come, has gone or is another. */
    public void onChange(Consumer<String> listener) {
        this.listener = listener;
    }

    /**
     * Waits until all of them have been read.
     *
     * @throws IllegalStateException when the API server doesn't let us, or takes too long
     */
    public void awaitSync() {
        Informers.await(classes::synced, "priority classes");
    }

    /** The value of the class of that name; nothing if there is no such class. */
    public OptionalInt value(String name) {
        var there = classes.store().getByKey(name);
        return there == null ? OptionalInt.empty() : OptionalInt.of(there.getValue());
    }

    /** The value that counts for a job with this class, or with none; a class that isn't there counts like none. */
    public int priority(Optional<String> name) {
        return name.map(this::value)
                .filter(OptionalInt::isPresent)
                .map(OptionalInt::getAsInt)
                .orElseGet(this::ofNoClass);
    }

    /**
     * As the API server gives to pods without a class: that of the cluster's default class, the lowest if several are.
     */
    private int ofNoClass() {
        return classes.store().list().stream()
                .filter(there -> Boolean.TRUE.equals(there.getGlobalDefault()))
                .mapToInt(PriorityClass::getValue)
                .min()
                .orElse(0);
    }

    @Override
    public void close() {
        classes.stop();
    }
}
