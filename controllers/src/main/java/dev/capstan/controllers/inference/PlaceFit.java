package dev.capstan.controllers.inference;

import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.pods.WorkerPods;
import dev.capstan.crds.WorkerTemplate;
import dev.capstan.crds.inference.InferenceServiceSpec;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether pods of one kind may take the places of other pods: our own container asks for the same, and they may run
 * where those may. What the cluster adds to pods, such as a sidecar, it adds to both.
 *
 * @param workers what they are made by
 * @param sample one of them
 * @param templates how the others may have been made, by the numbers of their revisions
 */
record PlaceFit(WorkerTemplate workers, Pod sample, Map<Integer, InferenceServiceSpec> templates) {
    boolean inPlaceOf(Replica pod) {
        var wanted = Requests.ofContainer(sample.getSpec(), WorkerPods.CONTAINER);
        var there = Requests.ofContainer(pod.pod().getSpec(), WorkerPods.CONTAINER);
        return wanted.thousandths().entrySet().stream()
                        .allMatch(amount -> there.get(amount.getKey()) == amount.getValue())
                && before(pod)
                        .map(before -> before.nodeSelector().equals(workers.nodeSelector())
                                && before.tolerations().equals(workers.tolerations())
                                && resources(before).equals(resources(workers)))
                        .orElse(true);
    }

    /** What a replica was made by, if that is known any more; of a router it isn't. */
    private Optional<WorkerTemplate> before(Replica pod) {
        return pod.revision().matches(ServiceState.REVISION)
                ? Optional.ofNullable(templates.get(Integer.valueOf(pod.revision())))
                        .map(InferenceServiceSpec::workers)
                : Optional.empty();
    }

    /** Which resources it asks for: the place of one that had a device isn't for one that wants none. */
    private static Set<String> resources(WorkerTemplate workers) {
        var resources = workers.resources();
        return Requests.of(resources.getLimits(), resources.getRequests()).keySet();
    }
}
