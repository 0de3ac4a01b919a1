package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Labels;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.stream.Stream;

/** The pods that a job owns. */
public final class OwnedPods {
    private final KubernetesClient client;

    public OwnedPods(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Those of them that this very job owns: an earlier job's of the same name are on their way out, and none of ours.
     */
    public static List<Pod> of(HasMetadata job, Stream<Pod> pods) {
        var uid = job.getMetadata().getUid();
        return pods.filter(pod ->
                        pod.getMetadata().getOwnerReferences().stream().anyMatch(owner -> uid.equals(owner.getUid())))
                .toList();
    }

    /** Reads them past every cache. */
    public List<Pod> read(HasMetadata job) {
        var pods = client.pods()
                .inNamespace(job.getMetadata().getNamespace())
                .withLabel(Labels.MANAGED_BY, Labels.CAPSTAN)
                .list();
        return of(job, pods.getItems().stream());
    }
}
