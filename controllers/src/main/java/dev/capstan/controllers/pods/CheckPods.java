package dev.capstan.controllers.pods;

import dev.capstan.controllers.plan.Labels;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The pod that checks a job's data: the first worker's, but for its peers, its probes and its devices. */
public final class CheckPods {
    private CheckPods() {}

    /** The pod of an attempt, for the node that it was granted a place on, if it was. */
    public static Pod pod(PodOwner owner, PodSet set, int attempt, Optional<String> node, WorkerSettings settings) {
        int rank = set.firstRank();
        var labels = new HashMap<>(set.workers().labels());
        labels.put(Labels.ATTEMPT, Integer.toString(attempt));
        labels.put(Labels.RANK, Integer.toString(rank));
        labels.put(Labels.POD_SET, set.name());
        var name = owner.names().pod(attempt, set, rank, 0);
        return new PodBuilder()
                .withMetadata(new ObjectMetaBuilder(Owned.metadata(owner, name, Owned.CHECK, labels))
                        .withAnnotations(set.workers().annotations())
                        .build())
                .withSpec(new PodSpecBuilder(spec(owner, set, attempt, settings))
                        .withAffinity(node.map(WorkerPods::only).orElse(null))
                        .build())
                .build();
    }

    /** Its spec but for its node: what admission counts with. */
    public static PodSpec spec(PodOwner owner, PodSet set, int attempt, WorkerSettings settings) {
        var spec = WorkerPods.spec(owner, set, attempt, set.firstRank(), settings);
        return new PodSpecBuilder(spec)
                .withContainers(container(spec.getContainers().getFirst()))
                .build();
    }

    private static Container container(Container worker) {
        return new ContainerBuilder(worker)
                .withPorts()
                .withStartupProbe(null)
                .withLivenessProbe(null)
                .withReadinessProbe(null)
                .withResources(withoutDevices(worker.getResources()))
                .build();
    }

    private static ResourceRequirements withoutDevices(ResourceRequirements resources) {
        return new ResourceRequirementsBuilder()
                .withLimits(withoutDevices(resources.getLimits()))
                .withRequests(withoutDevices(resources.getRequests()))
                .build();
    }

    /** Devices are resources of somebody's domain, such as nvidia.com/gpu. */
    private static Map<String, Quantity> withoutDevices(Map<String, Quantity> amounts) {
        return amounts == null
                ? null
                : amounts.entrySet().stream()
                        .filter(amount -> !amount.getKey().contains("/"))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
