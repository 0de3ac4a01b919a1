package dev.capstan.controllers.kube;

import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodOwner;
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

    /** Reads them past every cache, by the job's own labels: a namespace may have thousands of others. */
    public List<Pod> read(PodOwner owner) {
        var job = owner.object();
        var pods = client.pods()
                .inNamespace(job.getMetadata().getNamespace())
                .withLabels(Owned.pods(owner))
                .list();
        return of(job, pods.getItems().stream());
    }
}
