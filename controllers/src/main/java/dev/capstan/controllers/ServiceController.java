package dev.capstan.controllers;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.inference.ServiceWorkloads;
import dev.capstan.controllers.kube.Applier;
import dev.capstan.controllers.kube.Changes;
import dev.capstan.controllers.kube.JobCache;
import dev.capstan.controllers.kube.JobControllerConfiguration;
import dev.capstan.controllers.kube.ServiceShell;
import dev.capstan.controllers.kube.WorkloadSource;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.inference.InferenceService;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.processing.retry.Retry;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;

/** What is at work for services. */
final class ServiceController {
    private final JobCache<InferenceService> services;
    private ServiceShell shell;

    ServiceController(KubernetesClient client, Set<String> namespaces, Changes changes) {
        this.services = new JobCache<>(client, InferenceService.class, namespaces, changes);
    }

    /** All services. */
    JobCache<InferenceService> services() {
        return services;
    }

    /** Decides about them, once it is registered. */
    ServiceShell shell() {
        return shell;
    }

    void register(
            Operator operator,
            Set<String> namespaces,
            Applier applier,
            ServiceShell.Readers readers,
            WorkerSettings settings,
            Clock clock,
            Retry retry) {
        shell = new ServiceShell(applier, readers, settings, clock);
        operator.register(
                shell,
                new JobControllerConfiguration<>(
                        InferenceService.class,
                        ServiceShell.class,
                        namespaces,
                        operator.getConfigurationService(),
                        retry));
    }

    /** Its services as admission sees them. */
    WorkloadSource<InferenceService> workloads(
            WorkerSettings settings,
            ToIntFunction<Optional<String>> priority,
            BiFunction<String, String, Optional<Claim>> claims) {
        return new WorkloadSource<>(
                InferenceService.class,
                service -> ServiceWorkloads.waiting(service, settings, priority, claims),
                service -> ServiceWorkloads.grant(service, settings, priority),
                ServiceWorkloads::admission,
                ServiceWorkloads::givenBack,
                ServiceWorkloads::startsFirst,
                shell::wake);
    }
}
