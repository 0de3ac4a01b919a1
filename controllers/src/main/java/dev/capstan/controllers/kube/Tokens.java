package dev.capstan.controllers.kube;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The tokens of jobs' peers, as their secrets have them. When somebody deletes such a secret, the pods that run know
 * the token still, and go by it: the secret that takes its place has the same.
 */
final class Tokens {
    /** By UID of the job, in Base64. */
    private final Map<String, String> known = new ConcurrentHashMap<>();

    void put(String jobUid, String token) {
        known.put(jobUid, token);
    }

    Optional<String> of(String jobUid) {
        return Optional.ofNullable(known.get(jobUid));
    }

    void forget(String jobUid) {
        known.remove(jobUid);
    }
}
