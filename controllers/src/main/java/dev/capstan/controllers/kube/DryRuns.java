package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.DryRun;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.pods.Owned;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Asks the API server whether it would take a gang, before the gang queues: by a dry run of one pod, which
 * ResourceQuota, LimitRange, Pod Security, policies and webhooks see, and by what the namespace's ResourceQuotas have
 * left for all.
 */
final class DryRuns {
    private final KubernetesClient client;
    private final AddedRequests added;

    /** @param added is told of what the cluster adds to the pods that it would take */
    DryRuns(KubernetesClient client, AddedRequests added) {
        this.client = client;
        this.added = added;
    }

    /** Why it wouldn't; empty if it would, as things are now. */
    Optional<Refusal> refusal(DryRun trial) {
        var pod = trial.pod();
        Optional<Refusal> overQuota = Optional.empty();
        try {
            // What comes back has the defaults of LimitRanges and of webhooks.
            pod = client.resource(pod).dryRun().create();
            added.learn(trial.pod(), pod);
            var relabelled = relabelled(trial.pod(), pod);
            if (relabelled.isPresent()) {
                return relabelled;
            }
        } catch (KubernetesClientException e) {
            // The name is taken by a pod that ends: everybody who might say no was asked before that was found.
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                var refusal = Denials.refusal(pod, e);
                if (refusal instanceof Refusal.Denied) {
                    return Optional.of(refusal);
                }
                overQuota = Optional.of(refusal);
            }
        }
        var byItself = overQuota;
        var quotas = client.resourceQuotas()
                .inNamespace(pod.getMetadata().getNamespace())
                .list()
                .getItems();
        // Our words have the numbers of the whole gang, the API server's those of one pod.
        return ResourceQuotas.shortage(quotas, pod, trial.count())
                .<Refusal>map(Refusal.OverQuota::new)
                .or(() -> byItself);
    }

    /** Nobody would find a pod again, or hear of it, that comes without the labels that it is looked for by. */
    private static Optional<Refusal> relabelled(Pod wanted, Pod made) {
        var there = made.getMetadata().getLabels() == null
                ? Map.<String, String>of()
                : made.getMetadata().getLabels();
        var changed = new TreeMap<>(wanted.getMetadata().getLabels());
        changed.entrySet()
                .removeIf(label ->
                        !isLookedForBy(label.getKey()) || label.getValue().equals(there.get(label.getKey())));
        return changed.isEmpty()
                ? Optional.empty()
                : Optional.of(new Refusal.Denied(
                        Owned.key(wanted),
                        "a webhook or policy of the cluster changes labels by which it is looked for: "
                                + changed.keySet().stream()
                                        .map(key -> key + " to " + there.getOrDefault(key, "nothing"))
                                        .collect(Collectors.joining(", "))
                                + "; it must leave these as they are"));
    }

    private static boolean isLookedForBy(String label) {
        return label.startsWith("capstan.dev/") || label.equals(Labels.NAME) || label.equals(Labels.MANAGED_BY);
    }
}
