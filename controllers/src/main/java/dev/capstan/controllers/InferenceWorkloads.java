package dev.capstan.controllers;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.inference.ServiceWorkloads;
import dev.capstan.controllers.kube.WorkloadSource;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.inference.InferenceService;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** Services as admission sees them. */
final class InferenceWorkloads {
    private InferenceWorkloads() {}

    /**
     * For the admission loop.
     *
     * @param priority the value of a priority class; of no name, the value of those that name none
     * @param claims a volume claim by namespace and name
     * @param decided is told of each service about which something new was decided
     */
    static WorkloadSource<InferenceService> source(
            WorkerSettings settings,
            ToIntFunction<Optional<String>> priority,
            BiFunction<String, String, Optional<Claim>> claims,
            Consumer<JobRef> decided) {
        return new WorkloadSource<>(
                InferenceService.class,
                service -> ServiceWorkloads.waiting(service, settings, priority, claims),
                service -> ServiceWorkloads.grant(service, settings, priority),
                ServiceWorkloads::admission,
                ServiceWorkloads::givenBack,
                ServiceWorkloads::startsFirst,
                decided);
    }
}
