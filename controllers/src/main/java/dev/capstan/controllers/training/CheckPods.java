package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The pod that checks a job's data: rank 0's, but for its peers, its probes and its devices. */
final class CheckPods {
    private CheckPods() {}

    /** The pod of a try, with the job file of an attempt. */
    static Pod pod(TrainingJob job, int attempt, int number, WorkerSettings settings) {
        var name = Names.of(job.getMetadata().getName()).check(number);
        var labels = new HashMap<>(TrainingDefaults.labels(job.getSpec()));
        labels.put(Labels.TRY, Integer.toString(number));
        var spec = WorkerPods.spec(job, attempt, 0, settings);
        return new PodBuilder()
                .withMetadata(new ObjectMetaBuilder(Owned.metadata(job, name, Owned.CHECK, labels))
                        .withAnnotations(TrainingDefaults.annotations(job.getSpec()))
                        .build())
                .withSpec(new PodSpecBuilder(spec)
                        .withContainers(container(spec.getContainers().getFirst()))
                        .build())
                .build();
    }

    /** Whether a pod checks data rather than trains. */
    static boolean is(Pod pod) {
        var labels = pod.getMetadata().getLabels();
        return labels != null && Owned.CHECK.equals(labels.get(Labels.COMPONENT));
    }

    /** The try that a pod was made for. */
    static int number(Pod pod) {
        return WorkerStates.number(pod, Labels.TRY, 0);
    }

    private static Container container(Container worker) {
        return new ContainerBuilder(worker)
                .withArgs(Contract.CHECK)
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
