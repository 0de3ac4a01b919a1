package dev.capstan.controllers.plan;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * What to do about the objects that a job owns. Making is idempotent: what is there already stays as it is.
 *
 * @param delete pods to delete; first, because their room may be needed
 * @param trial what to ask before anything is made
 * @param make objects to make, in this order
 * @param peersSecret the secret to make before them, still without its random token: a plan draws no lots
 */
public record Children(List<Pod> delete, Optional<Trial> trial, Optional<Secret> peersSecret, List<HasMetadata> make) {
    /** Nothing to do. */
    public static final Children UNTOUCHED = new Children(List.of(), Optional.empty(), Optional.empty(), List.of());

    /** The same, and these pods deleted too. */
    public Children alsoDelete(List<Pod> pods) {
        var all = new LinkedHashSet<>(delete);
        all.addAll(pods);
        return new Children(List.copyOf(all), trial, peersSecret, make);
    }

    public static Children deleted(List<Pod> pods) {
        return new Children(pods, Optional.empty(), Optional.empty(), List.of());
    }

    /** Asks, and makes nothing. */
    public static Children tried(Trial trial) {
        return new Children(List.of(), Optional.of(trial), Optional.empty(), List.of());
    }

    /** Makes these. */
    public static Children made(Secret peersSecret, List<HasMetadata> objects) {
        return new Children(List.of(), Optional.empty(), Optional.of(peersSecret), objects);
    }
}
