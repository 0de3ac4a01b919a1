package dev.capstan.controllers;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.job.JobKind;
import dev.capstan.controllers.job.JobWorkloads;
import dev.capstan.controllers.job.OutputUse;
import dev.capstan.controllers.kube.Applier;
import dev.capstan.controllers.kube.Changes;
import dev.capstan.controllers.kube.JobCache;
import dev.capstan.controllers.kube.JobControllerConfiguration;
import dev.capstan.controllers.kube.JobReaders;
import dev.capstan.controllers.kube.JobShell;
import dev.capstan.controllers.kube.WorkloadSource;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.JobStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.retry.Retry;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/** What is at work for one kind of job. */
final class JobController<J extends CapstanJob<?, ?>> {
    private final JobKind<J> kind;
    private final JobCache<J> jobs;
    private JobShell<J> shell;

    JobController(JobKind<J> kind, KubernetesClient client, Set<String> namespaces, Changes changes) {
        this.kind = kind;
        this.jobs = new JobCache<>(client, kind.type(), namespaces, changes, OutputUse::place);
    }

    /** All jobs of the kind. */
    JobCache<J> jobs() {
        return jobs;
    }

    /** The job whose model one of its jobs goes on from, and hasn't found yet. */
    Optional<JobRef> goesOnFrom(JobRef job) {
        return jobs.get(job.namespace(), job.name())
                .map(kind::describe)
                .filter(description -> description.modelFound().isEmpty())
                .flatMap(JobDescription::modelFrom)
                .map(ref -> new JobRef(ref.kind(), job.namespace(), ref.name()));
    }

    /** Decides about its jobs, once it is registered. */
    JobShell<J> shell() {
        return shell;
    }

    void register(
            Operator operator,
            Set<String> namespaces,
            Applier applier,
            JobReaders readers,
            WorkerSettings settings,
            Clock clock,
            Retry retry) {
        shell = new JobShell<>(kind, applier, readers, settings, clock);
        operator.register(
                shell,
                new JobControllerConfiguration<>(
                        kind.type(), JobShell.class, namespaces, operator.getConfigurationService(), retry));
    }

    /** Has the jobs of some namespaces looked at again. */
    void wakeAll(Predicate<String> namespace) {
        wake(job -> namespace.test(job.getMetadata().getNamespace()));
    }

    /** Has the jobs looked at again that have a place on a node. */
    void wakePlacedOn(String node) {
        wake(job -> Optional.ofNullable(job.getStatus())
                .map(JobStatus::getAdmission)
                .filter(admission -> admission.getPlacements().stream().anyMatch(place -> node.equals(place.getNode())))
                .isPresent());
    }

    /** Has the jobs looked at again that name a priority class and have no places: they may have waited for it. */
    void wakeOfClass(String priorityClass) {
        wake(job -> (job.getStatus() == null || job.getStatus().getAdmission() == null)
                && job.getSpec()
                        .scheduling()
                        .priorityClassName()
                        .filter(priorityClass::equals)
                        .isPresent());
    }

    private void wake(Predicate<J> which) {
        jobs.list().stream().filter(which).map(ResourceID::fromResource).forEach(shell::wake);
    }

    /** Its jobs as admission sees them. */
    WorkloadSource<J> workloads(
            WorkerSettings settings,
            ToIntFunction<Optional<String>> priority,
            BiFunction<String, String, Optional<Claim>> claims) {
        return new WorkloadSource<>(
                kind.type(),
                job -> JobWorkloads.waiting(kind.describe(job), settings, priority, claims),
                job -> JobWorkloads.grant(kind.describe(job), settings, priority),
                job -> Optional.ofNullable(job.getStatus()).map(JobStatus::getAdmission),
                JobWorkloads::givenBack,
                job -> JobWorkloads.isFirst(kind.describe(job)),
                shell::wake);
    }
}
