package dev.capstan.controllers.pods;

import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.WorkerTemplate;
import dev.capstan.protocol.Contract;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** The pod of one worker. Passes Pod Security's restricted level, and has no credentials for the API. */
public final class WorkerPods {
    public static final String CONTAINER = "worker";
    /** How long a JVM takes to listen, on a machine that has other things to do. */
    private static final int JVM_SECONDS = 3;
    /** A worker listens before it can answer, and lets the kubelet wait. */
    private static final int START_TIMEOUT = 15;
    /** No node has more. */
    private static final int MOST_CORES = 1024;

    private static final long USER = 65532;
    /** The domain of NVIDIA's devices: GPUs, and parts of them. */
    private static final String NVIDIA = "nvidia.com/";

    private WorkerPods() {}

    /** The first pod of a number in an attempt, for the node that it was granted a place on, if it was. */
    public static Pod pod(
            PodOwner owner, PodSet set, int attempt, int rank, Optional<String> node, WorkerSettings settings) {
        return pod(owner, set, attempt, rank, 0, node, settings);
    }

    /**
     * The pod of a number, which is its worker's rank, unless it stands by.
     *
     * @param incarnation how many pods of the number there were in this attempt before; one that isn't the first takes
     *     the place of a worker that was lost
     */
    public static Pod pod(
            PodOwner owner,
            PodSet set,
            int attempt,
            int rank,
            int incarnation,
            Optional<String> node,
            WorkerSettings settings) {
        var names = owner.names();
        var name = names.pod(attempt, set, rank, incarnation);
        var labels = new HashMap<>(set.workers().labels());
        labels.put(Labels.ATTEMPT, Integer.toString(attempt));
        labels.put(Labels.RANK, Integer.toString(rank));
        labels.put(Labels.POD_SET, set.name());
        var spec = spec(owner, set, attempt, rank, settings);
        if (incarnation > 0) {
            spec.getContainers()
                    .getFirst()
                    .getEnv()
                    .add(new EnvVar(Contract.INCARNATION, Integer.toString(incarnation), null));
        }
        return new PodBuilder()
                .withMetadata(new ObjectMetaBuilder(Owned.metadata(owner, name, labels))
                        .withAnnotations(set.workers().annotations())
                        .build())
                .withSpec(new PodSpecBuilder(spec)
                        .withHostname(name)
                        .withSubdomain(names.service())
                        .withAffinity(node.map(WorkerPods::only).orElse(null))
                        .build())
                .build();
    }

    /** The same pod, whose worker has this rank: that of a seat that a spare had taken it with. It may be changed. */
    public static Pod holding(Pod pod, int rank) {
        pod.getSpec().getContainers().getFirst().getEnv().stream()
                .filter(variable -> variable.getName().equals(Contract.RANK))
                .forEach(variable -> variable.setValue(Integer.toString(rank)));
        return pod;
    }

    /** The same pod, whose worker has no rank and takes that of one that is lost. It may be changed. */
    public static Pod standingBy(Pod pod) {
        pod.getSpec()
                .getContainers()
                .getFirst()
                .getEnv()
                .add(new EnvVar(Contract.SPARE, pod.getMetadata().getName(), null));
        return pod;
    }

    /** A pod's spec but for its node: what admission counts with. */
    public static PodSpec spec(PodOwner owner, PodSet set, int attempt, int rank, WorkerSettings settings) {
        var volumes = PodVolumes.of(owner, attempt, scratch(set.workers(), settings));
        return frame(set.workers(), volumes, settings)
                .withRestartPolicy("Never")
                .withContainers(container(set, rank, volumes, settings))
                .build();
    }

    /** What all pods of ours have in common, but for their containers. */
    static PodSpecBuilder frame(WorkerTemplate workers, List<PodVolumes.Mounted> volumes, WorkerSettings settings) {
        return new PodSpecBuilder()
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withTerminationGracePeriodSeconds((long) workers.terminationGracePeriodSeconds())
                .withImagePullSecrets(pullSecrets(workers))
                .withPriorityClassName(settings.priorityClass().isEmpty() ? null : settings.priorityClass())
                .withNodeSelector(workers.nodeSelector())
                .withTolerations(workers.tolerations())
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(USER)
                .withRunAsGroup(USER)
                .withFsGroup(USER)
                // A data set of a million files must not be walked through each time that a pod starts.
                .withFsGroupChangePolicy("OnRootMismatch")
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .withVolumes(volumes.stream().map(PodVolumes.Mounted::volume).toList());
    }

    /** What a job limits its pods' ephemeral storage to holds for scratch as well: the kubelet counts both as one. */
    static Quantity scratch(WorkerTemplate workers, WorkerSettings settings) {
        return Optional.ofNullable(workers.getResources())
                .map(WorkerResources::getLimits)
                .map(limits -> limits.get("ephemeral-storage"))
                .orElse(settings.scratch());
    }

    private static Container container(
            PodSet set, int rank, List<PodVolumes.Mounted> volumes, WorkerSettings settings) {
        return container(set, volumes, settings)
                .withEnv(environment(set.workers(), rank))
                .addNewPort()
                .withName("peers")
                .withContainerPort(Contract.PEER_PORT)
                .endPort()
                .addNewPort()
                .withName("http")
                .withContainerPort(Contract.HTTP_PORT)
                .endPort()
                // A JVM with native libraries to unpack may take minutes on a busy machine.
                .withStartupProbe(startup(probe(Contract.LIVE_PATH, Contract.HTTP_PORT, 1, START_TIMEOUT, 300)))
                .withLivenessProbe(probe(Contract.LIVE_PATH, Contract.HTTP_PORT, 10, 5, 6))
                // One that isn't ready answers after READY_SECONDS, so that no answer at all is one too many already:
                // of a worker that is frozen three would be known after 36 s.
                .withReadinessProbe(probe(Contract.READY_PATH, Contract.HTTP_PORT, 2, Contract.READY_SECONDS + 2, 1))
                .build();
    }

    /** What all containers of ours have in common. */
    static ContainerBuilder container(PodSet set, List<PodVolumes.Mounted> volumes, WorkerSettings settings) {
        return new ContainerBuilder()
                .withName(CONTAINER)
                .withImage(image(set.workers(), settings))
                .withArgs(set.role())
                .withResources(resources(set.workers(), settings))
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .withVolumeMounts(
                        volumes.stream().map(PodVolumes.Mounted::mount).toList());
    }

    private static List<EnvVar> environment(WorkerTemplate workers, int rank) {
        var environment = environment(workers);
        environment.add(workers.env().size(), new EnvVar(Contract.RANK, Integer.toString(rank), null));
        // When they have waited long enough for each other is the operator's to decide.
        environment.add(new EnvVar(Contract.MEETING, Integer.toString(Scheduling.MAX_TIMEOUT_SECONDS), null));
        // A native library's own threads round as the machine has cores, and get in the way of each other's.
        environment.add(new EnvVar("OMP_NUM_THREADS", "1", null));
        int cores = cores(workers.resources());
        if (cores > 1) {
            environment.add(new EnvVar(Contract.CORES, Integer.toString(cores), null));
        }
        return environment;
    }

    /** Whole cores that a worker gets whatever else runs on its node; the machine's own number is of no matter. */
    private static int cores(WorkerResources asked) {
        var cpu = Requests.of(asked.getLimits(), asked.getRequests()).get("cpu");
        return cpu == null ? 1 : Math.clamp(cpu.getNumericalAmount().longValue(), 1, MOST_CORES);
    }

    /** A service's pods name their image: that of their revision. */
    private static String image(WorkerTemplate workers, WorkerSettings settings) {
        var cuda = settings.cudaImage().filter(image -> asksFor(workers, name -> name.startsWith(NVIDIA)));
        return workers.image(cuda.orElse(settings.image()));
    }

    /** What the spec says first: of two variables of one name the last counts. */
    static List<EnvVar> environment(WorkerTemplate workers) {
        var environment = new ArrayList<EnvVar>();
        for (var variable : workers.env()) {
            environment.add(new EnvVar(variable.getName(), variable.value(), null));
        }
        if (!asksFor(workers, Resources::isDevice)) {
            // An image may say "all" itself, as those with CUDA do, and a node give that to whoever doesn't say
            // otherwise.
            environment.add(new EnvVar("NVIDIA_VISIBLE_DEVICES", "void", null));
        }
        environment.add(new EnvVar(Contract.GRACE, Integer.toString(workers.terminationGracePeriodSeconds()), null));
        return environment;
    }

    private static boolean asksFor(WorkerTemplate workers, Predicate<String> resource) {
        var limits = workers.resources().getLimits();
        return limits != null
                && limits.entrySet().stream()
                        .anyMatch(limit -> resource.test(limit.getKey())
                                && limit.getValue().getNumericalAmount().signum() > 0);
    }

    private static List<LocalObjectReference> pullSecrets(WorkerTemplate workers) {
        return workers.imagePullSecrets().stream()
                .map(reference -> new LocalObjectReference(reference.getName()))
                .toList();
    }

    /** What the job says, and the installation's requests for what it says nothing about. */
    private static ResourceRequirements resources(WorkerTemplate workers, WorkerSettings settings) {
        var asked = workers.resources();
        Map<String, Quantity> limits = asked.getLimits();
        var requests = new HashMap<>(settings.requests());
        requests.putAll(Requests.of(limits, asked.getRequests()));
        return new ResourceRequirementsBuilder()
                .withLimits(limits)
                .withRequests(requests)
                .build();
    }

    /** Asked before it can listen, the kubelet would write a warning for every healthy start. */
    static Probe startup(Probe probe) {
        return new ProbeBuilder(probe).withInitialDelaySeconds(JVM_SECONDS).build();
    }

    static Probe probe(String path, int port, int periodSeconds, int timeoutSeconds, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withNewPort(port)
                .endHttpGet()
                .withPeriodSeconds(periodSeconds)
                .withTimeoutSeconds(timeoutSeconds)
                .withFailureThreshold(failures)
                .build();
    }

    /**
     * Leaves the scheduler one node to bind to, so that taints, volumes and device plugins keep their say; setting
     * nodeName would go round them.
     */
    static Affinity only(String node) {
        return new AffinityBuilder()
                .withNewNodeAffinity()
                .withNewRequiredDuringSchedulingIgnoredDuringExecution()
                .addNewNodeSelectorTerm()
                .addNewMatchField()
                .withKey("metadata.name")
                .withOperator("In")
                .withValues(node)
                .endMatchField()
                .endNodeSelectorTerm()
                .endRequiredDuringSchedulingIgnoredDuringExecution()
                .endNodeAffinity()
                .build();
    }
}
