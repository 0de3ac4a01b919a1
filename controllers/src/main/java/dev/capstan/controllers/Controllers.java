package dev.capstan.controllers;

import dev.capstan.controllers.compression.CompressionKind;
import dev.capstan.controllers.job.JobKind;
import dev.capstan.controllers.job.LastWords;
import dev.capstan.controllers.kube.AddedRequests;
import dev.capstan.controllers.kube.AdmissionLoop;
import dev.capstan.controllers.kube.Applier;
import dev.capstan.controllers.kube.Changes;
import dev.capstan.controllers.kube.CheckpointRequests;
import dev.capstan.controllers.kube.ClaimReader;
import dev.capstan.controllers.kube.ClusterCache;
import dev.capstan.controllers.kube.EndpointWriter;
import dev.capstan.controllers.kube.EventReader;
import dev.capstan.controllers.kube.GangVoices;
import dev.capstan.controllers.kube.HeldOwners;
import dev.capstan.controllers.kube.Informers;
import dev.capstan.controllers.kube.JobReaders;
import dev.capstan.controllers.kube.NamedObjects;
import dev.capstan.controllers.kube.OwnedPods;
import dev.capstan.controllers.kube.PendingReasons;
import dev.capstan.controllers.kube.PriorityClasses;
import dev.capstan.controllers.kube.ProgressReader;
import dev.capstan.controllers.kube.QuotaCache;
import dev.capstan.controllers.kube.QuotaShell;
import dev.capstan.controllers.kube.QuotaUsages;
import dev.capstan.controllers.kube.ServiceShell;
import dev.capstan.controllers.kube.ServingReader;
import dev.capstan.controllers.kube.Upkeep;
import dev.capstan.controllers.kube.VolumeCache;
import dev.capstan.controllers.kube.WorkerHttp;
import dev.capstan.controllers.kube.WorkloadSource;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.training.TrainingKind;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.OperatorException;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** All controllers at work, for as long as one replica leads. */
public final class Controllers implements AutoCloseable {
    /** How soon a router that couldn't be told of its replicas is told again. */
    private static final Duration TELL_AGAIN = Duration.ofMillis(200);

    /** How often routers that know their replicas are told again: one that starts anew knows nothing. */
    private static final Duration TELL_ALL = Duration.ofSeconds(5);

    /** How soon a replica that isn't ready is asked again how far it is. */
    private static final Duration ASK_REPLICAS = Duration.ofSeconds(1);

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);
    /** How long passes that are under way may take to end; longer than that and the process wouldn't end in time. */
    private static final Duration LAST_PASSES = Duration.ofSeconds(2);

    /** All kinds of jobs that there are. A new one is added here. */
    public static final List<JobKind<?>> KINDS = List.of(new TrainingKind(), new CompressionKind());

    /**
     * @param kinds of jobs that are looked after
     * @param namespaces where jobs are watched; empty for all
     * @param workers what the installation sets for all workers
     * @param progressInterval how often each running job is asked for its progress
     * @param instance name of this replica, for events
     */
    public record Settings(
            List<JobKind<?>> kinds,
            Set<String> namespaces,
            WorkerSettings workers,
            Duration progressInterval,
            String instance) {}

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
        var namespaces = settings.namespaces();
        var changes = new Changes();
        var cluster = opened(new ClusterCache(client, namespaces, changes));
        var volumes = opened(new VolumeCache(client, namespaces, changes));
        var kinds = new LinkedHashMap<String, JobController<?>>();
        for (var kind : settings.kinds()) {
            var controller = new JobController<>(kind, client, namespaces, changes);
            opened(controller.jobs());
            kinds.put(HasMetadata.getKind(kind.type()), controller);
        }
        var services = new ServiceController(client, namespaces, changes);
        opened(services.services());
        var priorities = opened(new PriorityClasses(client, changes::allJobs));
        var quotas = opened(new QuotaCache(client, changes::allJobs));
        var usages = new QuotaUsages();
        var reasons = new PendingReasons(clock);
        var http = opened(new WorkerHttp(client));
        var progress = opened(new ProgressReader(http, settings.progressInterval(), meters));
        var requests = opened(new CheckpointRequests(http, settings.progressInterval()));
        var gangs = opened(new GangVoices(http, clock));
        var management = opened(WorkerHttp.ofServices(client));
        var serving = opened(new ServingReader(management, ASK_REPLICAS, meters));
        var endpoints = opened(new EndpointWriter(management, TELL_AGAIN, TELL_ALL));
        var added = new AddedRequests(changes, clock);
        var applier = new Applier(client, added, progress, requests, gangs, meters, clock, settings.instance());
        Predicate<String> isThere =
                uid -> kinds.values().stream().anyMatch(kind -> kind.jobs().has(uid));
        var lastWords = new LastWords(isThere);
        var named = new NamedObjects(client);
        var events = new EventReader(client, clock);
        var claims = new ClaimReader(client, events);
        var upkeep = opened(new Upkeep(client, namespaces));
        var readers = new JobReaders(
                cluster,
                new OwnedPods(client),
                named,
                claims,
                priorities,
                quotas,
                reasons,
                progress,
                lastWords,
                requests,
                gangs,
                events,
                upkeep,
                ref -> Optional.ofNullable(kinds.get(ref.kind()))
                        .flatMap(kind -> kind.jobs().get(ref.namespace(), ref.name())),
                ref -> Optional.ofNullable(kinds.get(ref.kind())).flatMap(kind -> kind.goesOnFrom(ref)),
                place -> kinds.values().stream().flatMap(kind -> kind.jobs().writers(place)));
        cluster.awaitSync();
        priorities.awaitSync();
        quotas.awaitSync();

        var operator = new Operator(configuration -> configuration
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withReconciliationTerminationTimeout(LAST_PASSES));
        kinds.values()
                .forEach(kind ->
                        kind.register(operator, namespaces, applier, readers, settings.workers(), clock, retry()));
        services.register(
                operator,
                namespaces,
                applier,
                new ServiceShell.Readers(
                        cluster,
                        named,
                        claims,
                        priorities,
                        reasons,
                        serving,
                        endpoints,
                        events,
                        upkeep,
                        readers.sources(),
                        meters),
                settings.workers(),
                clock,
                retry());
        serving.onAnswer(services.shell()::wake);
        serving.askOnly(services.services()::has);
        endpoints.tellOnly(services.services()::has);
        var held = opened(new HeldOwners(client));
        services.services().endHeld(held);
        services.services().onGone(uid -> {
            held.forget(uid);
            services.shell().forget(uid);
            added.forget(uid);
        });
        cluster.onNode(services.shell()::nodeChanged);
        // Of a job's pods on it nobody may say anything for minutes.
        cluster.onNodeGone(node -> kinds.values().forEach(kind -> kind.wakePlacedOn(node)));
        priorities.onChange(name -> kinds.values().forEach(kind -> kind.wakeOfClass(name)));
        Consumer<JobRef> wake = job -> kinds.get(job.kind()).shell().wake(job);
        progress.onProgress(wake);
        requests.onDone(wake);
        gangs.onNews(wake);
        upkeep.onGone(owner -> Optional.ofNullable(kinds.get(owner.kind()))
                .ifPresentOrElse(
                        kind -> kind.shell().wake(owner), () -> services.shell().wake(owner)));
        progress.followOnly(isThere);
        requests.askOnly(isThere);
        gangs.followOnly(isThere);
        for (var kind : kinds.values()) {
            kind.jobs().endHeld(held);
            kind.jobs().onGone(uid -> {
                held.forget(uid);
                applier.forget(uid);
                lastWords.forget(uid);
                upkeep.forget(uid);
                kind.shell().forget(uid);
            });
            // A job of any kind may go on from the model of this one, and a service may serve it.
            kind.jobs().onChange(source -> {
                kinds.values().forEach(other -> other.shell().sourceChanged(source));
                services.shell().sourceChanged(source);
            });
            kind.jobs()
                    .onPlace(place ->
                            kinds.values().forEach(other -> other.shell().placeChanged(place)));
        }
        var quotaShell = new QuotaShell(client, quotas, usages, namespaces, meters, clock);
        operator.register(
                quotaShell,
                controller -> controller
                        .withInformerListLimit(Informers.PAGE)
                        .withReconciliationMaxInterval(Applier.AT_LEAST_EVERY)
                        .withRetry(retry()));
        // The framework stops all of its pools but this one.
        parts.push(() -> scheduled(operator).ifPresent(ExecutorService::shutdownNow));
        parts.push(operator::stop);
        kinds.values().forEach(kind -> opened(kind.shell()));
        opened(services.shell());
        opened(quotaShell);
        start(operator, namespaces);
        // Now: the operator has said before if a role lacks, and in the API server's words.
        kinds.values().forEach(kind -> kind.jobs().awaitSync());
        services.services().awaitSync();
        volumes.awaitSync();
        quotas.onChange(() -> {
            quotaShell.wakeAll();
            // A job with places hears of nothing else when its quota begins to drain.
            kinds.values()
                    .forEach(kind -> kind.wakeAll(
                            namespace -> quotas.book().drains(namespace).isPresent()));
        });
        usages.onChange(quotaShell::wake);

        var workloads = new ArrayList<WorkloadSource<?>>();
        kinds.values()
                .forEach(kind -> workloads.add(kind.workloads(settings.workers(), priorities::priority, volumes::claim)
                        .counting(added)));
        workloads.add(services.workloads(settings.workers(), priorities::priority, volumes::claim)
                .counting(added));
        var sources = new AdmissionLoop.Sources(
                changes,
                workloads,
                quotas::book,
                () -> cluster.synced()
                        && volumes.synced()
                        && kinds.values().stream().allMatch(kind -> kind.jobs().synced())
                        && services.services().synced()
                        && quotas.synced());
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
            letThreadsRest(operator);
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

    /**
     * The framework's pool for what is scheduled has a core of no thread (JOSDK 5.3.2); the JDK has one of it wake up a
     * hundred times a second then, for as long as anything is scheduled.
     */
    private static void letThreadsRest(Operator operator) {
        scheduled(operator).ifPresent(pool -> pool.setCorePoolSize(1));
    }

    /** Empty before its start. */
    private static Optional<ScheduledThreadPoolExecutor> scheduled(Operator operator) {
        var pool =
                operator.getConfigurationService().getExecutorServiceManager().scheduledExecutorService();
        return pool instanceof ScheduledThreadPoolExecutor itself ? Optional.of(itself) : Optional.empty();
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
