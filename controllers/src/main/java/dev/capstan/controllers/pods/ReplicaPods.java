package dev.capstan.controllers.pods;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.inference.Access;
import dev.capstan.protocol.Contract;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;

/**
 * The pod of one replica or router of a service: as a worker's, but that it is there for good, and that clients reach
 * it on ports that are apart from what the kubelet and the operator ask.
 */
public final class ReplicaPods {
    /** A service has one attempt for life. */
    public static final int ATTEMPT = 1;

    private ReplicaPods() {}

    /**
     * What tells pods of a service apart.
     *
     * @param set replicas or routers; its name is their component
     * @param revision what the pod is made by, see {@link Labels#REVISION}
     * @param config name of the config map with the service file
     * @param access which secrets of the user's it needs
     */
    public record Kind(PodSet set, String revision, String config, Access access) {}

    /** The pod of a rank, for the node that it was granted a place on, if it was. */
    public static Pod pod(
            PodOwner owner, Kind kind, int rank, int incarnation, Optional<String> node, WorkerSettings settings) {
        var set = kind.set();
        var labels = new HashMap<>(set.workers().labels());
        labels.put(Labels.ATTEMPT, Integer.toString(ATTEMPT));
        labels.put(Labels.RANK, Integer.toString(rank));
        labels.put(Labels.POD_SET, set.name());
        labels.put(Labels.REVISION, kind.revision());
        var name = owner.names().pod(kind.revision(), set.name(), rank, incarnation);
        return new PodBuilder()
                .withMetadata(new ObjectMetaBuilder(Owned.metadata(owner, name, set.name(), labels))
                        .withAnnotations(set.workers().annotations())
                        .build())
                .withSpec(new PodSpecBuilder(spec(owner, kind, settings))
                        .withAffinity(node.map(WorkerPods::only).orElse(null))
                        .build())
                .build();
    }

    /** A pod's spec but for its node. */
    static PodSpec spec(PodOwner owner, Kind kind, WorkerSettings settings) {
        var workers = kind.set().workers();
        var volumes = PodVolumes.of(owner, kind.config(), kind.access(), WorkerPods.scratch(workers, settings));
        return WorkerPods.frame(workers, volumes, settings)
                .withRestartPolicy("Always")
                .withContainers(container(kind.set(), volumes, settings))
                .build();
    }

    private static Container container(PodSet set, List<PodVolumes.Mounted> volumes, WorkerSettings settings) {
        var environment = WorkerPods.environment(set.workers());
        // Requests are computed beside each other, each by one thread: more would only be in each other's way.
        environment.add(new EnvVar("OMP_NUM_THREADS", "1", null));
        return WorkerPods.container(set, volumes, settings)
                .withEnv(environment)
                .addNewPort()
                .withName("http")
                .withContainerPort(Contract.REST_PORT)
                .endPort()
                .addNewPort()
                .withName("grpc")
                .withContainerPort(Contract.GRPC_PORT)
                .endPort()
                .addNewPort()
                .withName("management")
                .withContainerPort(Contract.MANAGEMENT_PORT)
                .endPort()
                // Often, so that a replica answers as soon as it can.
                .withStartupProbe(WorkerPods.startup(WorkerPods.probe(
                        Contract.START_PATH, Contract.MANAGEMENT_PORT, 1, Contract.START_SECONDS + 2, 300)))
                .withLivenessProbe(WorkerPods.probe(Contract.LIVE_PATH, Contract.MANAGEMENT_PORT, 10, 5, 6))
                .withReadinessProbe(WorkerPods.probe(Contract.READY_PATH, Contract.MANAGEMENT_PORT, 1, 2, 2))
                .build();
    }
}
