package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.DryRun;
import dev.capstan.controllers.plan.Refusal;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Optional;

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
}
