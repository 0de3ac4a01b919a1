package dev.capstan.controllers.kube;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodOwner;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The pods that a job owns. */
public final class OwnedPods {
    /** One tells enough, and each is read by itself. */
    private static final int MOST_STRAYS = 8;

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

    /**
     * The pods that ranks of an attempt have and that aren't found as the job's, though they are there: somebody has
     * changed their owner or labels. By their numbers.
     *
     * @param found those of the job's pods that are
     */
    public Map<Integer, Pod> strays(JobDescription description, int attempt, List<Pod> found) {
        var names = found.stream()
                .filter(pod -> PodLabels.attempt(pod) == attempt && PodLabels.rank(pod) >= 0)
                .map(pod -> pod.getMetadata().getName())
                .collect(Collectors.toSet());
        var strays = new TreeMap<Integer, Pod>();
        description.workingPods().stream()
                .filter(number -> !names.contains(description.podName(attempt, number)))
                .limit(MOST_STRAYS)
                .forEach(number -> Optional.ofNullable(client.pods()
                                .inNamespace(description.job().getMetadata().getNamespace())
                                .withName(description.podName(attempt, number))
                                .get())
                        .ifPresent(pod -> strays.put(number, pod)));
        return strays;
    }

    /** Reads them past every cache, by the job's own labels: a namespace may have thousands of others. */
    public List<Pod> read(PodOwner owner) {
        var job = owner.object();
        var pods = client.pods()
                .inNamespace(job.getMetadata().getNamespace())
                .withLabels(Owned.pods(owner))
                // As those that watch them look for them: what they can't see might go on, and nobody would hear of it.
                .withLabel(Labels.MANAGED_BY, Labels.CAPSTAN)
                .list();
        return of(job, pods.getItems().stream());
    }
}
