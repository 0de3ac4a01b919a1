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
 * @param drop an object that isn't needed any more, if it is there and is the job's: by name alone
 * @param dryRuns what to ask before anything is made
 * @param peersSecret the secret to make before them, still without its random token: a plan draws no lots
 * @param make objects to make, in this order
 */
public record Children(
        List<Pod> delete,
        Optional<HasMetadata> drop,
        List<DryRun> dryRuns,
        Optional<Secret> peersSecret,
        List<HasMetadata> make) {
    /** Nothing to do. */
    public static final Children UNTOUCHED =
            new Children(List.of(), Optional.empty(), List.of(), Optional.empty(), List.of());

    /** The same, and these pods deleted too. */
    public Children alsoDelete(List<Pod> pods) {
        var all = new LinkedHashSet<>(delete);
        all.addAll(pods);
        return new Children(List.copyOf(all), drop, dryRuns, peersSecret, make);
    }

    /** Deletes these pods. */
    public static Children deleted(List<Pod> pods) {
        return UNTOUCHED.alsoDelete(pods);
    }

    /** Asks, and makes nothing. */
    public static Children tried(List<DryRun> dryRuns) {
        return new Children(List.of(), Optional.empty(), dryRuns, Optional.empty(), List.of());
    }

    /** Makes these. */
    public static Children made(Secret peersSecret, List<HasMetadata> objects) {
        return UNTOUCHED.making(peersSecret, objects);
    }

    /** The same, and these made. */
    public Children making(Secret secret, List<HasMetadata> objects) {
        return new Children(delete, drop, dryRuns, Optional.of(secret), objects);
    }

    /** The same, and this object deleted, if it is there and is the job's. */
    public Children dropping(HasMetadata object) {
        return new Children(delete, Optional.of(object), dryRuns, peersSecret, make);
    }
}
