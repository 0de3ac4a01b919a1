package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import java.util.Set;

/** Tells the API server's no apart from its trouble. */
final class Denials {
    /** Answers by which the API server says that it will not take an object as it is. */
    private static final Set<Integer> CODES = Set.of(400, 403, 413, 422);

    /**
     * What it says, with a 500 as for its own trouble, when an admission webhook without which it takes nothing is
     * away.
     */
    private static final String NO_WEBHOOK = "failed calling webhook";

    private Denials() {}

    /** The words with which it won't take an object; empty if it may take the same a moment later. */
    static Optional<String> words(KubernetesClientException e) {
        var words = e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getStatus().getMessage()
                : e.getMessage();
        return CODES.contains(e.getCode()) || words.contains(NO_WEBHOOK) ? Optional.of(words) : Optional.empty();
    }
}
