package dev.capstan.controllers.training;

import dev.capstan.controllers.kube.Applier;
import dev.capstan.controllers.kube.CheckpointRequests;
import dev.capstan.controllers.kube.ClusterCache;
import dev.capstan.controllers.kube.Informers;
import dev.capstan.controllers.kube.ListeningEventSource;
import dev.capstan.controllers.kube.NamedObjects;
import dev.capstan.controllers.kube.OwnedPods;
import dev.capstan.controllers.kube.Pace;
import dev.capstan.controllers.kube.PriorityClasses;
import dev.capstan.controllers.kube.ProgressReader;
import dev.capstan.controllers.kube.QuotaCache;
import dev.capstan.controllers.kube.Trimmed;
import dev.capstan.controllers.kube.Verdicts;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a training job and its world, has a plan made, and has it carried out.
 *
 * <p>It sets no finalizer: all that a job owns is in its namespace and goes with it by owner references, and the places
 * of its pods are free when the pods are gone, whoever deleted them.
 */
public final class TrainingShell implements Reconciler<TrainingJob>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingShell.class);
    private static final String JOBS_BY_CLAIM = "jobs-by-claim";

    private static final String JOBS_BY_SOURCE = "jobs-by-source";

    /** What the shell reads the world with. */
    public record Readers(
            ClusterCache cluster,
            OwnedPods pods,
            NamedObjects named,
            PriorityClasses priorities,
            QuotaCache quotas,
            Verdicts verdicts,
            ProgressReader progress,
            LastWords lastWords,
            CheckpointRequests requests) {}

    /** Each pod of a gang changes many times while it starts, and a pass looks at all of them. */
    private final Pace passes = new Pace(Duration.ofMillis(200));

    private final Applier applier;
    private final Readers readers;
    private final WorkerSettings settings;
    private final Clock clock;
    private volatile boolean closed;
    private final SimpleInboundEventSource<TrainingJob> wakes = new SimpleInboundEventSource<>("wakes");
    private InformerEventSource<TrainingJob, TrainingJob> sources;
    private InformerEventSource<Pod, TrainingJob> pods;

    public TrainingShell(Applier applier, Readers readers, WorkerSettings settings, Clock clock) {
        this.applier = applier;
        this.readers = readers;
        this.settings = settings;
        this.clock = clock;
    }

    /** Has a job looked at again: something that isn't in the API has changed. */
    public void wake(ResourceID job) {
        wakes.propagateEvent(job);
    }

    /** From now on no pass does anything; said before the caches stop. */
    @Override
    public void close() {
        closed = true;
    }

    @Override
    public UpdateControl<TrainingJob> reconcile(TrainingJob job, Context<TrainingJob> context) {
        try {
            return pass(job, context);
        } catch (KubernetesClientException e) {
            // Thrown on, and tried again after a growing while.
            LOG.warn(
                    "{}/{}: the API server didn't do as asked: {}",
                    job.getMetadata().getNamespace(),
                    job.getMetadata().getName(),
                    e.getMessage());
            throw e;
        } catch (RuntimeException e) {
            // A bug of ours. It is tried again without end, and what the framework says of that isn't logged.
            LOG.error(
                    "{}/{}: a pass failed",
                    job.getMetadata().getNamespace(),
                    job.getMetadata().getName(),
                    e);
            throw e;
        }
    }

    private UpdateControl<TrainingJob> pass(TrainingJob job, Context<TrainingJob> context) {
        var later = passes.later(job.getMetadata().getUid(), clock.instant());
        if (later.isPresent()) {
            return UpdateControl.<TrainingJob>noUpdate()
                    .rescheduleAfter(later.get().plusMillis(1));
        }
        var world = world(job, context);
        if (closed) {
            // The caches are being emptied: what isn't in them any more isn't gone.
            return UpdateControl.noUpdate();
        }
        return TrainingPlan.decide(job, world, settings)
                .map(plan -> applier.carryOut(job, statusOf(job), plan, says(job, world, context)))
                .orElseGet(() -> {
                    applier.forget(job);
                    return UpdateControl.noUpdate();
                });
    }

    /** Whoever decides next should know what was written, though no watch has told of it yet. */
    private Applier.Shell<TrainingJob, TrainingJobStatus> says(
            TrainingJob job, World world, Context<TrainingJob> context) {
        var jobs = context.eventSourceRetriever().getControllerEventSource();
        return new Applier.Shell<>(
                refusal -> TrainingPlan.refused(job, world, refusal),
                Numbers::alone,
                pod -> pods.handleRecentResourceCreate(ResourceID.fromResource(pod), pod),
                written -> jobs.handleRecentResourceUpdate(ResourceID.fromResource(written), written, job));
    }

    @Override
    public List<EventSource<?, TrainingJob>> prepareEventSources(EventSourceContext<TrainingJob> context) {
        var jobs = context.getPrimaryCache();
        jobs.addIndexer(JOBS_BY_CLAIM, TrainingShell::claimKeys);
        jobs.addIndexer(JOBS_BY_SOURCE, TrainingShell::sourceKeys);
        // Several namespaces have a cache each, and would share the store.
        boolean oneCache =
                context.getControllerConfiguration().getEffectiveNamespaces().size() <= 1;
        var podsOfJobs = InformerEventSourceConfiguration.from(Pod.class, TrainingJob.class)
                .withName("pods")
                .withLabelSelector(Labels.MANAGED_BY + "=" + Labels.CAPSTAN)
                .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(TrainingJob.class))
                .withItemStore(oneCache ? Trimmed.workers() : null)
                .withNamespacesInheritedFromController()
                .withInformerListLimit(Informers.PAGE)
                .build();
        // The claim may come after the job: then the jobs that wait for it are woken.
        var claims = InformerEventSourceConfiguration.from(PersistentVolumeClaim.class, TrainingJob.class)
                .withName("claims")
                .withSecondaryToPrimaryMapper(claim -> named(jobs, JOBS_BY_CLAIM, claim))
                .<TrainingJob>withPrimaryToSecondaryMapper(job -> Volumes.claims(job).stream()
                        .map(claim -> new ResourceID(claim, job.getMetadata().getNamespace()))
                        .collect(Collectors.toSet()))
                .withNamespacesInheritedFromController()
                .withInformerListLimit(Informers.PAGE)
                .build();
        // A job that goes on from another's model is woken by what happens to that one.
        var sourceJobs = InformerEventSourceConfiguration.from(TrainingJob.class, TrainingJob.class)
                .withName("sources")
                .withSecondaryToPrimaryMapper(source -> named(jobs, JOBS_BY_SOURCE, source))
                .<TrainingJob>withPrimaryToSecondaryMapper(job -> EarlierJob.name(job).stream()
                        .map(name -> new ResourceID(name, job.getMetadata().getNamespace()))
                        .collect(Collectors.toSet()))
                .withNamespacesInheritedFromController()
                .withInformerListLimit(Informers.PAGE)
                .build();
        sources = new InformerEventSource<>(sourceJobs, context);
        pods = new ListeningEventSource<>(podsOfJobs, context, readers.lastWords()::hear);
        return List.of(pods, new InformerEventSource<>(claims, context), sources, wakes);
    }

    /** The jobs that name something. */
    private static Set<ResourceID> named(IndexerResourceCache<TrainingJob> jobs, String index, HasMetadata something) {
        var metadata = something.getMetadata();
        return jobs.byIndex(index, key(metadata.getNamespace(), metadata.getName())).stream()
                .map(ResourceID::fromResource)
                .collect(Collectors.toSet());
    }

    private World world(TrainingJob job, Context<TrainingJob> context) {
        var uid = job.getMetadata().getUid();
        var pods = OwnedPods.of(job, context.getSecondaryResourcesAsStream(Pod.class));
        if (TrainingPlan.misses(job, pods)) {
            // A lost pod costs a whole attempt: not on the word of a cache that may lag.
            pods = readers.pods().read(job);
        }
        var attempt = job.getStatus() == null ? null : job.getStatus().getAttempt();
        var byWork = pods.stream().collect(Collectors.partitioningBy(CheckPods::is));
        return new World(
                clock.instant(),
                byWork.get(false),
                byWork.get(true),
                referents(job, context),
                readers.cluster().readiness(nodes(job, pods)),
                attempt == null ? Optional.empty() : readers.verdicts().of(uid, attempt),
                readers.quotas().book().drains(job.getMetadata().getNamespace()),
                readers.progress().latest(uid),
                readers.lastWords().of(uid),
                readers.requests().taken(uid));
    }

    /** The nodes that its pods are on, or have places on: a cluster may have thousands of others. */
    private static Set<String> nodes(TrainingJob job, List<Pod> pods) {
        var names = pods.stream()
                .map(pod -> pod.getSpec().getNodeName())
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
        if (job.getStatus() != null && job.getStatus().getAdmission() != null) {
            job.getStatus().getAdmission().getPlacements().forEach(place -> names.add(place.getNode()));
        }
        return names;
    }

    private Referents referents(TrainingJob job, Context<TrainingJob> context) {
        var namespace = job.getMetadata().getNamespace();
        return new Referents(
                missingClaims(job, context),
                claimsOfOnePod(context),
                TrainingDefaults.priorityClassName(job.getSpec())
                        .map(name -> readers.priorities().value(name).isPresent())
                        .orElse(true),
                EarlierJob.name(job).flatMap(name -> sources.get(new ResourceID(name, namespace))),
                References.wanted(job) ? Optional.of(lookup(job)) : Optional.empty());
    }

    private Referents.Lookup lookup(TrainingJob job) {
        var namespace = job.getMetadata().getNamespace();
        var configuration = References.configuration(job);
        boolean copied = configuration.isPresent()
                && readers.named()
                        .ownedConfigMap(
                                job, Names.of(job.getMetadata().getName()).model());
        var configMap = configuration
                .filter(key -> !copied)
                .flatMap(key -> readers.named().configMap(namespace, key.getName()));
        var secrets = new HashMap<String, Set<String>>();
        References.secrets(job)
                .forEach(
                        name -> readers.named().secretKeys(namespace, name).ifPresent(keys -> secrets.put(name, keys)));
        return new Referents.Lookup(copied, configMap, secrets);
    }

    private static Set<String> missingClaims(TrainingJob job, Context<TrainingJob> context) {
        var there = context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class)
                .map(claim -> claim.getMetadata().getName())
                .collect(Collectors.toSet());
        var missing = new TreeSet<>(Volumes.claims(job));
        missing.removeAll(there);
        return missing;
    }

    private static Set<String> claimsOfOnePod(Context<TrainingJob> context) {
        return context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class)
                .filter(claim ->
                        List.of("ReadWriteOncePod").equals(claim.getSpec().getAccessModes()))
                .map(claim -> claim.getMetadata().getName())
                .collect(Collectors.toSet());
    }

    private static List<String> claimKeys(TrainingJob job) {
        return Volumes.claims(job).stream()
                .map(claim -> key(job.getMetadata().getNamespace(), claim))
                .toList();
    }

    private static List<String> sourceKeys(TrainingJob job) {
        return EarlierJob.name(job).map(name -> key(job.getMetadata().getNamespace(), name)).stream()
                .toList();
    }

    private static String key(String namespace, String name) {
        return namespace + "/" + name;
    }

    /** The status but for the admission, which isn't the shell's to write. */
    private static TrainingJobStatus statusOf(TrainingJob job) {
        return job.getStatus() == null ? null : new Draft(job, null).unchanged().status();
    }
}
