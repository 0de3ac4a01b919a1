package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What a job names and needs: whether it is all there, and if not, what its user has to do. */
final class References {
    /** How soon to look again for what nobody watches. */
    static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    static final String ACCESS_KEY_ID = "accessKeyId";
    static final String SECRET_ACCESS_KEY = "secretAccessKey";
    static final String SESSION_TOKEN = "sessionToken";

    private References() {}

    /** The key with the configuration of the job's model, if it has one. */
    static Optional<KeyReference> configuration(TrainingJob job) {
        return Optional.ofNullable(job.getSpec().getModel().getDl4j()).map(dl4j -> dl4j.getConfigMapKeyRef());
    }

    /** Secrets that the job names. */
    static SortedSet<String> secrets(TrainingJob job) {
        var names = new TreeSet<>(Volumes.credentials(job));
        names.addAll(pullSecrets(job));
        return names;
    }

    /**
     * Whether the next plan needs to know what is there of that which nobody watches: before the job queues, and when
     * its pods are made.
     */
    static boolean wanted(TrainingJob job) {
        boolean any = configuration(job).isPresent() || !secrets(job).isEmpty();
        boolean queues = Standing.queues(job) && !Standing.granted(job);
        return any
                && !Standing.finished(job)
                && !(Standing.toSuspend(job) || Standing.suspending(job))
                && !queues
                && !Standing.allMade(job);
    }

    /** Why the job has to wait, if something is missing. */
    static Optional<Wait> missing(TrainingJob job, Referents referents) {
        var sentences = new ArrayList<String>();
        if (!referents.missingClaims().isEmpty()) {
            sentences.add(claims(referents.missingClaims()));
        }
        if (!referents.priorityClassThere()) {
            sentences.add("PriorityClass %s does not exist: create it, or name another in scheduling.priorityClassName"
                    .formatted(TrainingDefaults.priorityClassName(job.getSpec()).orElseThrow()));
        }
        referents.lookup().ifPresent(lookup -> {
            configuration(job).ifPresent(key -> sentences.addAll(configMap(key, lookup)));
            Volumes.credentials(job).forEach(name -> sentences.addAll(credentials(name, lookup.secretKeys())));
            pullSecrets(job).stream()
                    .filter(name -> !lookup.secretKeys().containsKey(name))
                    .forEach(name -> sentences.add(
                            "secret %s of workers.imagePullSecrets does not exist in the namespace: create it, of type kubernetes.io/dockerconfigjson"
                                    .formatted(name)));
        });
        return sentences.isEmpty()
                ? Optional.empty()
                : Optional.of(new Wait(Reasons.MISSING_REFERENCE, String.join("; ", sentences)));
    }

    /** Why the job can never be whole, if it needs a claim for more pods than can mount it. */
    static Optional<Wait> unshareable(TrainingJob job, Referents referents) {
        int replicas = TrainingDefaults.replicas(job.getSpec());
        return replicas == 1
                ? Optional.empty()
                : referents.claimsOfOnePod().stream()
                        .sorted()
                        .findFirst()
                        .map(claim -> new Wait(
                                Reasons.CLAIM_NOT_SHAREABLE,
                                "persistent volume claim %s can be mounted by one pod only, and the job has %d workers: name one with ReadWriteMany instead of ReadWriteOncePod, or set workers.replicas to 1"
                                        .formatted(claim, replicas)));
    }

    private static String claims(Set<String> claims) {
        var names = claims.stream().sorted().collect(Collectors.joining(", "));
        return claims.size() == 1
                ? "persistent volume claim " + names + " does not exist in the namespace: create it"
                : "persistent volume claims " + names + " do not exist in the namespace: create them";
    }

    private static List<String> configMap(KeyReference reference, Referents.Lookup lookup) {
        if (lookup.modelCopied()) {
            return List.of();
        }
        if (lookup.configMap().isEmpty()) {
            return List.of(
                    "config map %s does not exist in the namespace: create it, with the model's JSON under the key %s"
                            .formatted(reference.getName(), reference.getKey()));
        }
        return lookup.configMap().get().containsKey(reference.getKey())
                ? List.of()
                : List.of("config map %s has no key %s: add it, with the model's JSON"
                        .formatted(reference.getName(), reference.getKey()));
    }

    private static List<String> credentials(String name, Map<String, Set<String>> secretKeys) {
        if (!secretKeys.containsKey(name)) {
            return List.of("secret %s does not exist in the namespace: create it, with the keys %s and %s"
                    .formatted(name, ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        }
        return List.of(ACCESS_KEY_ID, SECRET_ACCESS_KEY).stream()
                .filter(key -> !secretKeys.get(name).contains(key))
                .map(key -> "secret %s has no key %s: add it".formatted(name, key))
                .toList();
    }

    private static List<String> pullSecrets(TrainingJob job) {
        return TrainingDefaults.imagePullSecrets(job.getSpec()).stream()
                .map(LocalReference::getName)
                .distinct()
                .toList();
    }
}
