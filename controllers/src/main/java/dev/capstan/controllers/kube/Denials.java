package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.pods.Owned;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
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

    private static final String OVER_QUOTA = "exceeded quota";
    private static final int TOO_MANY_REQUESTS = 429;

    private Denials() {}

    /** The words with which it won't take an object; empty if it may take the same a moment later. */
    static Optional<String> words(KubernetesClientException e) {
        return CODES.contains(e.getCode()) || saidBy(e).contains(NO_WEBHOOK)
                ? Optional.of(saidBy(e))
                : Optional.empty();
    }

    /**
     * That it won't take an object.
     *
     * @throws KubernetesClientException if it may take the same a moment later
     */
    static Refusal refusal(HasMetadata object, KubernetesClientException e) {
        var words = words(e).orElseThrow(() -> e);
        return words.contains(OVER_QUOTA) ? new Refusal.OverQuota(words) : new Refusal.Denied(Owned.key(object), words);
    }

    /** The words with which it says that a write didn't happen; empty if it may have, or may yet. */
    static Optional<String> definite(KubernetesClientException e) {
        boolean inTime = e.getCode() != HttpURLConnection.HTTP_CLIENT_TIMEOUT && e.getCode() != TOO_MANY_REQUESTS;
        boolean refused = e.getCode() >= 400 && e.getCode() < 500 && inTime;
        return refused || saidBy(e).contains(NO_WEBHOOK) ? Optional.of(saidBy(e)) : Optional.empty();
    }

    private static String saidBy(KubernetesClientException e) {
        return e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getStatus().getMessage()
                : String.valueOf(e.getMessage());
    }
}
