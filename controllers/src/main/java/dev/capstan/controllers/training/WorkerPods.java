package dev.capstan.controllers.training;

import dev.capstan.controllers.gang.Requests;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
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

/** The pod of one worker. Passes Pod Security's restricted level, and has no credentials for the API. */
final class WorkerPods {
    static final String CONTAINER = "worker";
    private static final long USER = 65532;

    private WorkerPods() {}

    /** The pod of a rank, for the node that it was granted a place on, if it was. */
    static Pod pod(TrainingJob job, int attempt, int rank, Optional<String> node, WorkerSettings settings) {
        var names = Names.of(job.getMetadata().getName());
        var name = names.pod(attempt, rank, 0);
        var labels = new HashMap<>(TrainingDefaults.labels(job.getSpec()));
        labels.put(Labels.ATTEMPT, Integer.toString(attempt));
        labels.put(Labels.RANK, Integer.toString(rank));
        return new PodBuilder()
                .withMetadata(new ObjectMetaBuilder(Owned.metadata(job, name, labels))
                        .withAnnotations(TrainingDefaults.annotations(job.getSpec()))
                        .build())
                .withSpec(new PodSpecBuilder(spec(job, attempt, rank, settings))
                        .withHostname(name)
                        .withSubdomain(names.service())
                        .withAffinity(node.map(WorkerPods::only).orElse(null))
                        .build())
                .build();
    }

    /** A worker's spec but for its place: what the gang counts with. */
    static PodSpec spec(TrainingJob job, int attempt, int rank, WorkerSettings settings) {
        var volumes = PodVolumes.of(job, attempt);
        var workers = job.getSpec().getWorkers();
        return new PodSpecBuilder()
                .withRestartPolicy("Never")
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withTerminationGracePeriodSeconds((long) TrainingDefaults.terminationGracePeriodSeconds(job.getSpec()))
                .withImagePullSecrets(pullSecrets(job))
                .withPriorityClassName(settings.priorityClass().isEmpty() ? null : settings.priorityClass())
                .withNodeSelector(workers == null ? null : workers.getNodeSelector())
                .withTolerations(workers == null ? null : workers.getTolerations())
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
                .withContainers(container(job, rank, volumes, settings))
                .withVolumes(volumes.stream().map(PodVolumes.Mounted::volume).toList())
                .build();
    }

    private static Container container(
            TrainingJob job, int rank, List<PodVolumes.Mounted> volumes, WorkerSettings settings) {
        return new ContainerBuilder()
                .withName(CONTAINER)
                .withImage(TrainingDefaults.image(job.getSpec(), settings.image()))
                .withArgs(Contract.TRAIN)
                .withEnv(environment(job, rank))
                .addNewPort()
                .withName("peers")
                .withContainerPort(Contract.PEER_PORT)
                .endPort()
                .addNewPort()
                .withName("http")
                .withContainerPort(Contract.HTTP_PORT)
                .endPort()
                .withResources(resources(job, settings))
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .withVolumeMounts(
                        volumes.stream().map(PodVolumes.Mounted::mount).toList())
                // A JVM with native libraries to unpack may take minutes on a busy machine.
                .withStartupProbe(probe(Contract.LIVE_PATH, 2, 2, 150))
                .withLivenessProbe(probe(Contract.LIVE_PATH, 10, 5, 6))
                .withReadinessProbe(probe(Contract.READY_PATH, 2, 2, 3))
                .build();
    }

    /** What the job says first: of two variables of one name the last counts. */
    private static List<EnvVar> environment(TrainingJob job, int rank) {
        var environment = new ArrayList<EnvVar>();
        for (var variable : TrainingDefaults.env(job.getSpec())) {
            environment.add(new EnvVar(variable.getName(), TrainingDefaults.value(variable), null));
        }
        environment.add(new EnvVar(Contract.RANK, Integer.toString(rank), null));
        environment.add(new EnvVar(
                Contract.GRACE, Integer.toString(TrainingDefaults.terminationGracePeriodSeconds(job.getSpec())), null));
        // When they have waited long enough for each other is the operator's to decide.
        environment.add(new EnvVar(Contract.MEETING, Integer.toString(TrainingDefaults.MAX_TIMEOUT_SECONDS), null));
        // Threads that share out a sum change its rounding: one thread makes the result a function of the job alone.
        environment.add(new EnvVar("OMP_NUM_THREADS", "1", null));
        return environment;
    }

    private static List<LocalObjectReference> pullSecrets(TrainingJob job) {
        return TrainingDefaults.imagePullSecrets(job.getSpec()).stream()
                .map(reference -> new LocalObjectReference(reference.getName()))
                .toList();
    }

    /** What the job says, and the installation's requests for what it says nothing about. */
    private static ResourceRequirements resources(TrainingJob job, WorkerSettings settings) {
        var workers = job.getSpec().getWorkers();
        var asked = workers == null ? null : workers.getResources();
        Map<String, Quantity> limits = asked == null ? null : asked.getLimits();
        var requests = new HashMap<>(settings.requests());
        requests.putAll(Requests.of(limits, asked == null ? null : asked.getRequests()));
        return new ResourceRequirementsBuilder()
                .withLimits(limits)
                .withRequests(requests)
                .build();
    }

    private static Probe probe(String path, int periodSeconds, int timeoutSeconds, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withNewPort(Contract.HTTP_PORT)
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
    private static Affinity only(String node) {
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
