package dev.capstan.controllers;

import dev.capstan.controllers.job.JobWorkloads;
import dev.capstan.controllers.job.LastWords;
import dev.capstan.controllers.kube.AdmissionLoop;
import dev.capstan.controllers.kube.Applier;
import dev.capstan.controllers.kube.Changes;
import dev.capstan.controllers.kube.CheckpointRequests;
import dev.capstan.controllers.kube.ClusterCache;
import dev.capstan.controllers.kube.Informers;
import dev.capstan.controllers.kube.JobCache;
import dev.capstan.controllers.kube.JobControllerConfiguration;
import dev.capstan.controllers.kube.JobShell;
import dev.capstan.controllers.kube.NamedObjects;
import dev.capstan.controllers.kube.OwnedPods;
import dev.capstan.controllers.kube.PendingReasons;
import dev.capstan.controllers.kube.PriorityClasses;
import dev.capstan.controllers.kube.ProgressReader;
import dev.capstan.controllers.kube.QuotaCache;
import dev.capstan.controllers.kube.QuotaShell;
import dev.capstan.controllers.kube.QuotaUsages;
import dev.capstan.controllers.kube.VolumeCache;
import dev.capstan.controllers.kube.WorkerHttp;
import dev.capstan.controllers.kube.WorkloadSource;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.JobStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.OperatorException;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** All controllers at work, for as long as one replica leads. */
public final class Controllers implements AutoCloseable {
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);
    /** How long passes that are under way may take to end; longer than that and the process wouldn't end in time. */
    private static final Duration LAST_PASSES = Duration.ofSeconds(2);

    /**
     * @param namespaces where jobs are watched; empty for all
     * @param workers what the installation sets for all workers
     * @param progressInterval how often each running job is asked for its progress
     * @param instance name of this replica, for events
     */
    public record Settings(
            Set<String> namespaces, WorkerSettings workers, Duration progressInterval, String instance) {}

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    private Controllers() {}

    /**
     * Starts all of them. The client stays open when they are closed.
     *
     * @param died is told when one of them can't go on: the process has to end, for nothing else shows it
     */
    public static Controllers start(
            KubernetesClient client, Settings settings, Meters meters, Clock clock, Consumer<Throwable> died) {
        var controllers = new Controllers();
        try {
            controllers.startAll(client, settings, meters, clock, died);
            return controllers;
        } catch (RuntimeException e) {
            controllers.close();
            throw e;
        }
    }

    private void startAll(
            KubernetesClient client, Settings settings, Meters meters, Clock clock, Consumer<Throwable> died) {
        var kind = new TrainingKind();
        var changes = new Changes();
        var cluster = opened(new ClusterCache(client, settings.namespaces(), changes));
        var volumes = opened(new VolumeCache(client, settings.namespaces(), changes));
        var jobs = opened(new JobCache<>(client, kind.type(), settings.namespaces(), changes));
        var priorities = opened(new PriorityClasses(client, changes::allJobs));
        var quotas = opened(new QuotaCache(client, changes::allJobs));
        var usages = new QuotaUsages();
        var reasons = new PendingReasons(clock);
        var http = opened(new WorkerHttp(client));
        var progress = opened(new ProgressReader(http, settings.progressInterval(), meters));
        var requests = opened(new CheckpointRequests(http, settings.progressInterval()));
        var applier = new Applier(client, progress, requests, meters, clock, settings.instance());
        var lastWords = new LastWords(jobs::has);
        var readers = new JobShell.Readers(
                cluster,
                new OwnedPods(client),
                new NamedObjects(client),
                priorities,
                quotas,
                reasons,
                progress,
                lastWords,
                requests,
                ref -> jobs.get(ref.namespace(), ref.name()).map(job -> job));
        var shell = new JobShell<>(kind, applier, readers, settings.workers(), clock);
        progress.onProgress(shell::wake);
        requests.onTaken(shell::wake);
        progress.followOnly(jobs::has);
        requests.askOnly(jobs::has);
        jobs.onGone(uid -> {
            applier.forget(uid);
            lastWords.forget(uid);
            shell.forget(uid);
        });
        jobs.onChange(shell::sourceChanged);
        cluster.awaitSync();
        priorities.awaitSync();
        quotas.awaitSync();

        var operator = new Operator(configuration -> configuration
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withReconciliationTerminationTimeout(LAST_PASSES));
        operator.register(
                shell,
                new JobControllerConfiguration<>(
                        kind.type(), settings.namespaces(), operator.getConfigurationService(), retry()));
        var quotaShell = new QuotaShell(client, quotas, usages, settings.namespaces(), meters, clock);
        operator.register(
                quotaShell,
                controller -> controller
                        .withInformerListLimit(Informers.PAGE)
                        .withReconciliationMaxInterval(Applier.AT_LEAST_EVERY)
                        .withRetry(retry()));
        parts.push(operator::stop);
        opened(shell);
        opened(quotaShell);
        start(operator, settings.namespaces());
        // Now: the operator has said before if a role lacks, and in the API server's words.
        jobs.awaitSync();
        volumes.awaitSync();
        quotas.onChange(() -> {
            quotaShell.wakeAll();
            // A job with places hears of nothing else when its quota begins to drain.
            jobs.list().stream()
                    .filter(job -> quotas.book()
                            .drains(job.getMetadata().getNamespace())
                            .isPresent())
                    .map(ResourceID::fromResource)
                    .forEach(shell::wake);
        });
        usages.onChange(quotaShell::wake);

        var workloads = new WorkloadSource<>(
                kind.type(),
                job -> JobWorkloads.waiting(
                        kind.describe(job), settings.workers(), priorities::priority, volumes::claim),
                job -> JobWorkloads.grant(kind.describe(job), settings.workers(), priorities::priority),
                job -> Optional.ofNullable(job.getStatus()).map(JobStatus::getAdmission),
                shell::wake);
        var sources = new AdmissionLoop.Sources(
                changes,
                List.of(workloads),
                quotas::book,
                () -> cluster.synced() && volumes.synced() && jobs.synced() && quotas.synced());
        var findings = new AdmissionLoop.Findings(reasons, usages, died);
        opened(new AdmissionLoop(client, sources, findings, meters, clock)).start();
    }

    private static GenericRetry retry() {
        return new GenericRetry()
                .withoutMaxAttempts()
                .setInitialInterval(Duration.ofSeconds(1))
                .setIntervalMultiplier(2)
                .setMaxInterval(LONGEST_RETRY.toMillis());
    }

    /**
     * What a role lacks lies at the end of a chain of causes, each of which says that something couldn't be started.
     */
    private static void start(Operator operator, Set<String> namespaces) {
        try {
            operator.start();
        } catch (OperatorException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            var where = namespaces.isEmpty() ? "all namespaces" : String.join(", ", namespaces);
            var why = cause instanceof KubernetesClientException refusal && refusal.getStatus() != null
                    ? refusal.getStatus().getMessage()
                    : cause.toString();
            throw new IllegalStateException(
                    "jobs, pods and claims couldn't be read in %s: %s".formatted(where, why), e);
        }
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    /** Stops all of them, the last started first. */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                System.getLogger(Controllers.class.getName())
                        .log(System.Logger.Level.WARNING, "a controller didn't stop cleanly", e);
            }
        }
    }
}
