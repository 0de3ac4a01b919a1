package dev.capstan.controllers.lineage;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.Volumes;
import dev.capstan.crds.KeyReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a job names and needs to be there, beside its volume claims: whether it is, and if not, what its user has to do.
 *
 * @param configuration the key of a config map with the model's configuration, if the job names one
 * @param credentials secrets with S3 credentials
 * @param pullSecrets secrets to pull images with
 * @param priorityClass name of the priority class, if it names one
 */
public record References(
        Optional<KeyReference> configuration,
        SortedSet<String> credentials,
        SortedSet<String> pullSecrets,
        Optional<String> priorityClass) {

    /** All secrets that the job names. */
    public SortedSet<String> secrets() {
        var names = new TreeSet<>(credentials);
        names.addAll(pullSecrets);
        return names;
    }

    /** Whether the job names anything that nobody watches, and that has to be read by name. */
    public boolean needsLookup() {
        return configuration.isPresent() || !secrets().isEmpty();
    }

    /** Why the job has to wait, if something is missing. */
    public Optional<Wait> missing(Referents referents) {
        var sentences = new ArrayList<String>();
        if (!referents.missingClaims().isEmpty()) {
            sentences.add(claims(referents.missingClaims()));
        }
        if (priorityClass.isPresent() && !referents.priorityClassThere()) {
            sentences.add("PriorityClass %s does not exist: create it, or name another in scheduling.priorityClassName"
                    .formatted(priorityClass.get()));
        }
        sentences.addAll(notFound(referents));
        return sentences.isEmpty()
                ? Optional.empty()
                : Optional.of(new Wait(WaitReason.MISSING_REFERENCE, String.join("; ", sentences)));
    }

    /** Why no pod can mount all of the claims so far, if one has no volume. */
    public static Optional<Wait> withoutVolume(Referents referents) {
        var sentences = referents.claimsWithoutVolume().entrySet().stream()
                .map(claim -> "persistent volume claim %s %s".formatted(claim.getKey(), claim.getValue()))
                .collect(Collectors.joining("; "));
        return sentences.isEmpty() ? Optional.empty() : Optional.of(new Wait(WaitReason.CLAIM_PENDING, sentences));
    }

    /** Whether something is missing that nobody watches, so that it has to be looked for again. */
    public boolean hasUnwatchedMissing(Referents referents) {
        return !notFound(referents).isEmpty();
    }

    private List<String> notFound(Referents referents) {
        return referents
                .lookup()
                .map(lookup -> Stream.of(
                                configuration.stream().flatMap(key -> configMap(key, lookup).stream()),
                                credentials.stream().flatMap(name -> credentials(name, lookup.secretKeys()).stream()),
                                pullSecrets.stream()
                                        .filter(name -> !lookup.secretKeys().containsKey(name))
                                        .map(
                                                "secret %s of workers.imagePullSecrets does not exist in the namespace: create it, of type kubernetes.io/dockerconfigjson"
                                                        ::formatted))
                        .flatMap(sentences -> sentences)
                        .toList())
                .orElse(List.of());
    }

    /** Why the job can never have all of its pods, if it needs a claim for more pods than can mount it. */
    public static Optional<Wait> unshareable(int replicas, Referents referents) {
        return replicas == 1
                ? Optional.empty()
                : referents.claimsOfOnePod().stream()
                        .sorted()
                        .findFirst()
                        .map(claim -> new Wait(
                                WaitReason.CLAIM_NOT_SHAREABLE,
                                "persistent volume claim %s can be mounted by one pod only, and the job has %d workers: name one with ReadWriteMany instead of ReadWriteOncePod, or set workers.replicas to 1"
                                        .formatted(claim, replicas)));
    }

    /** Why the job can never write what it makes, if a claim that it writes to may only be read. */
    public static Optional<Wait> unwritable(Volumes volumes, Referents referents) {
        return volumes.readOnlyByClaim().entrySet().stream()
                .filter(claim -> !claim.getValue() && referents.claimsOnlyRead().contains(claim.getKey()))
                .findFirst()
                .map(claim -> new Wait(
                        WaitReason.CLAIM_READ_ONLY,
                        "persistent volume claim %s may only be read (ReadOnlyMany), and the job writes its checkpoints or its output there: name one with ReadWriteMany, or with ReadWriteOnce for pods of one node"
                                .formatted(claim.getKey())));
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
        if (lookup.model().isPresent()) {
            return List.of();
        }
        if (!lookup.configMapThere()) {
            return List.of(
                    "config map %s does not exist in the namespace: create it, with the model's JSON under the key %s"
                            .formatted(reference.getName(), reference.getKey()));
        }
        if (lookup.binary().isPresent()) {
            return List.of("config map %s has %s under the key %s: the model's JSON must be text in UTF-8"
                    .formatted(reference.getName(), lookup.binary().get(), reference.getKey()));
        }
        return List.of("config map %s has no key %s: add it, with the model's JSON"
                .formatted(reference.getName(), reference.getKey()));
    }

    private static List<String> credentials(String name, Map<String, Set<String>> secretKeys) {
        if (!secretKeys.containsKey(name)) {
            return List.of("secret %s does not exist in the namespace: create it, with the keys %s and %s"
                    .formatted(name, Volumes.ACCESS_KEY_ID, Volumes.SECRET_ACCESS_KEY));
        }
        return Stream.of(Volumes.ACCESS_KEY_ID, Volumes.SECRET_ACCESS_KEY)
                .filter(key -> !secretKeys.get(name).contains(key))
                .map(key -> "secret %s has no key %s: add it".formatted(name, key))
                .toList();
    }
}
