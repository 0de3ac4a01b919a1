package dev.capstan.controllers.plan;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What to do about the objects that a job or service owns. Making is idempotent: what is there already stays as it is.
 *
 * @param delete pods to delete; first, because their room may be needed
 * @param drop objects that aren't needed any more, if they are there and are the owner's: by name alone
 * @param dryRuns what to ask before anything is made
 * @param names objects under whose names nothing of anybody else's may lie: that is looked at before anything is made
 * @param peersSecret the secret to make before them, still without its random token: a plan draws no lots
 * @param apply objects that follow the spec, whether they are there or not: what they say is so afterwards, and what
 *     others have added stays
 * @param make objects to make, in this order
 */
public record Children(
        List<Pod> delete,
        List<HasMetadata> drop,
        List<DryRun> dryRuns,
        List<HasMetadata> names,
        Optional<Secret> peersSecret,
        List<HasMetadata> apply,
        List<HasMetadata> make) {
    /** Nothing to do. */
    public static final Children UNTOUCHED =
            new Children(List.of(), List.of(), List.of(), List.of(), Optional.empty(), List.of(), List.of());

    /** The same, and these pods deleted too. */
    public Children alsoDelete(List<Pod> pods) {
        var all = new LinkedHashSet<>(delete);
        all.addAll(pods);
        return new Children(List.copyOf(all), drop, dryRuns, names, peersSecret, apply, make);
    }

    /** Deletes these pods. */
    public static Children deleted(List<Pod> pods) {
        return UNTOUCHED.alsoDelete(pods);
    }

    /** Asks, and makes nothing. */
    public static Children tried(List<DryRun> dryRuns) {
        return UNTOUCHED.trying(dryRuns);
    }

    /** The same, and this asked before anything is made. */
    public Children trying(List<DryRun> questions) {
        return new Children(delete, drop, questions, names, peersSecret, apply, make);
    }

    /** The same, if nothing of anybody else's lies under the names of these. */
    public Children ifFree(List<HasMetadata> objects) {
        return new Children(delete, drop, dryRuns, objects, peersSecret, apply, make);
    }

    /** Makes these. */
    public static Children made(Secret peersSecret, List<HasMetadata> objects) {
        return UNTOUCHED.making(peersSecret, objects);
    }

    /** The same, and these made. */
    public Children making(Secret secret, List<HasMetadata> objects) {
        return new Children(delete, drop, dryRuns, names, Optional.of(secret), apply, objects);
    }

    /** The same, and what is gone of the secret and the rest made. */
    public Children remaking(Optional<Secret> secret, List<HasMetadata> objects) {
        return new Children(delete, drop, dryRuns, names, secret, apply, objects);
    }

    /** The same, and these applied. */
    public Children applying(List<HasMetadata> objects) {
        return new Children(delete, drop, dryRuns, names, peersSecret, objects, make);
    }

    /** The same, and this object deleted, if it is there and is the owner's. */
    public Children dropping(HasMetadata object) {
        return new Children(
                delete,
                Stream.concat(drop.stream(), Stream.of(object)).toList(),
                dryRuns,
                names,
                peersSecret,
                apply,
                make);
    }
}
