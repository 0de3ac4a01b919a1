package dev.capstan.controllers.kube;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.job.JobKind;
import dev.capstan.controllers.job.JobPlan;
import dev.capstan.controllers.job.LastWords;
import dev.capstan.controllers.job.Others;
import dev.capstan.controllers.job.OutputUse;
import dev.capstan.controllers.job.StatusBuilder;
import dev.capstan.controllers.job.StatusNoise;
import dev.capstan.controllers.job.Strays;
import dev.capstan.controllers.job.World;
import dev.capstan.controllers.lineage.ModelCycle;
import dev.capstan.controllers.lineage.References;
import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.Rendezvous;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.JobStatus;
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
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a job and its world, has a plan made, and has it carried out; for jobs of one kind.
 *
 * <p>It sets no finalizer: all that a job owns is in its namespace and goes with it by owner references, and the places
 * of its pods are free when the pods are gone, whoever deleted them.
 */
public final class JobShell<J extends CapstanJob<?, ?>> implements Reconciler<J>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JobShell.class);
    private static final String JOBS_BY_CLAIM = "jobs-by-claim";

    private static final String JOBS_BY_SOURCE = "jobs-by-source";
    private static final String JOBS_BY_PLACE = "jobs-by-place";

    /**
     * What the shell reads the world with.
     *
     * @param sources finds the job whose model another goes on from, whatever its kind
     * @param goesOnFrom the job whose model a job goes on from, whatever its kind
     * @param writers all jobs that write a place, by {@link OutputUse#place}
     */
    public record Readers(
            ClusterCache cluster,
            OwnedPods pods,
            NamedObjects named,
            ClaimReader claims,
            PriorityClasses priorities,
            QuotaCache quotas,
            PendingReasons verdicts,
            ProgressReader progress,
            LastWords lastWords,
            CheckpointRequests requests,
            GangVoices gangs,
            EventReader events,
            Upkeep upkeep,
            Function<JobRef, Optional<? extends CapstanJob<?, ?>>> sources,
            Function<JobRef, Optional<JobRef>> goesOnFrom,
            Function<String, Stream<? extends CapstanJob<?, ?>>> writers) {}

    /** Each pod of a gang changes many times while it starts, and a pass looks at all of them. */
    private final Pace passes = new Pace(Duration.ofMillis(200));

    private final JobKind<J> kind;
    private final Applier applier;
    private final Readers readers;
    private final WaitClock waits = new WaitClock();
    private final WorkerSettings settings;
    private final Clock clock;
    private volatile boolean closed;
    private final SimpleInboundEventSource<J> wakes = new SimpleInboundEventSource<>("wakes");
    private volatile IndexerResourceCache<J> jobs;
    private InformerEventSource<Pod, J> pods;

    public JobShell(JobKind<J> kind, Applier applier, Readers readers, WorkerSettings settings, Clock clock) {
        this.kind = kind;
        this.applier = applier;
        this.readers = readers;
        this.settings = settings;
        this.clock = clock;
    }

    /** Has a job looked at again: something that isn't in the API has changed. */
    public void wake(ResourceID job) {
        wakes.propagateEvent(job);
    }

    /** The same for a job of this shell's kind. */
    public void wake(JobRef job) {
        wake(new ResourceID(job.name(), job.namespace()));
    }

    /** From now on no pass does anything; said before the caches stop. */
    @Override
    public void close() {
        closed = true;
    }

    @Override
    public UpdateControl<J> reconcile(J job, Context<J> context) {
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

    private UpdateControl<J> pass(J job, Context<J> context) {
        var later = passes.later(job.getMetadata().getUid(), clock.instant());
        if (later.isPresent()) {
            return UpdateControl.<J>noUpdate().rescheduleAfter(later.get().plusMillis(1));
        }
        var world = world(job, context);
        if (closed) {
            // The caches are being emptied: what isn't in them any more isn't gone.
            return UpdateControl.noUpdate();
        }
        var description = kind.describe(job);
        applier.askAnew(job, () -> JobPlan.asked(description, world, settings));
        return JobPlan.decide(description, world, settings)
                .map(plan -> carryOut(description, world, plan, job, context))
                .orElseGet(() -> {
                    applier.forget(job);
                    return UpdateControl.noUpdate();
                });
    }

    /** Whoever decides next should know what was made and written, though no watch has told of it yet. */
    private UpdateControl<J> carryOut(
            JobDescription description, World world, Plan<JobStatus> plan, J job, Context<J> context) {
        var primary = context.eventSourceRetriever().getControllerEventSource();
        var refusal =
                applier.make(job, plan, pod -> pods.handleRecentResourceCreate(ResourceID.fromResource(pod), pod));
        if (!world.gone().isEmpty()) {
            readers.upkeep().made(job.getMetadata().getUid());
        }
        var decided = refusal.map(why -> JobPlan.refused(description, world, settings, why))
                .orElse(plan);
        return applier.carryOut(
                job, statusOf(description), decided, new Applier.Shell<>(StatusNoise::alone, written -> {
                    primary.handleRecentResourceUpdate(ResourceID.fromResource(written), written, job);
                    applier.count(job.getKind(), Optional.ofNullable(job.getStatus()), written.getStatus());
                }));
    }

    @Override
    public List<EventSource<?, J>> prepareEventSources(EventSourceContext<J> context) {
        var primary = context.getPrimaryCache();
        primary.addIndexer(JOBS_BY_CLAIM, this::claimKeys);
        primary.addIndexer(JOBS_BY_SOURCE, this::sourceKeys);
        primary.addIndexer(JOBS_BY_PLACE, job -> OutputUse.place(job).stream().toList());
        jobs = primary;
        // Several namespaces have a cache each, and would share the store.
        boolean oneCache =
                context.getControllerConfiguration().getEffectiveNamespaces().size() <= 1;
        var podsOfJobs = InformerEventSourceConfiguration.from(Pod.class, kind.type())
                .withName("pods")
                .withLabelSelector(Labels.MANAGED_BY + "=" + Labels.CAPSTAN)
                .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(kind.type()))
                .withItemStore(oneCache ? Trimmed.workers() : null)
                .withNamespacesInheritedFromController()
                .withInformerListLimit(Informers.PAGE)
                .build();
        // The claim may come after the job: then the jobs that wait for it are woken.
        var claims = InformerEventSourceConfiguration.from(PersistentVolumeClaim.class, kind.type())
                .withName("claims")
                .withSecondaryToPrimaryMapper(claim -> named(primary, JOBS_BY_CLAIM, claim))
                .<J>withPrimaryToSecondaryMapper(job -> kind.describe(job).volumes().claims().stream()
                        .map(claim -> new ResourceID(claim, job.getMetadata().getNamespace()))
                        .collect(Collectors.toSet()))
                .withNamespacesInheritedFromController()
                .withInformerListLimit(Informers.PAGE)
                .build();
        pods = new ListeningEventSource<>(
                podsOfJobs, context, pod -> readers.lastWords().hear(pod, owner(primary, pod)));
        return List.of(pods, new InformerEventSource<>(claims, context), wakes);
    }

    /** The job of this kind that owns a pod, if it is known. */
    private Optional<JobDescription> owner(IndexerResourceCache<J> primary, Pod pod) {
        return pod.getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .flatMap(
                        owner -> primary
                                .get(new ResourceID(
                                        owner.getName(), pod.getMetadata().getNamespace()))
                                .stream()
                                .filter(job ->
                                        owner.getUid().equals(job.getMetadata().getUid())))
                .findFirst()
                .map(kind::describe);
    }

    /** A job of whatever kind has changed: those that go on from its model are looked at again. */
    public void sourceChanged(JobRef source) {
        if (jobs != null) {
            jobs.byIndex(JOBS_BY_SOURCE, key(source.kind(), source.namespace(), source.name())).stream()
                    .map(ResourceID::fromResource)
                    .forEach(this::wake);
        }
    }

    /** The turns of the jobs that write a place may have changed. */
    public void placeChanged(String place) {
        if (jobs != null) {
            jobs.byIndex(JOBS_BY_PLACE, place).stream()
                    .filter(OutputUse::minds)
                    .map(ResourceID::fromResource)
                    .forEach(this::wake);
        }
    }

    /** Forgets the job of a UID, which is gone. */
    public void forget(String jobUid) {
        waits.forget(jobUid);
    }

    /** The jobs that name something. */
    private Set<ResourceID> named(IndexerResourceCache<J> primary, String index, HasMetadata something) {
        var metadata = something.getMetadata();
        return primary.byIndex(index, key(something.getKind(), metadata.getNamespace(), metadata.getName())).stream()
                .map(ResourceID::fromResource)
                .collect(Collectors.toSet());
    }

    private World world(J job, Context<J> context) {
        var uid = job.getMetadata().getUid();
        var description = kind.describe(job);
        var owned = OwnedPods.of(job, context.getSecondaryResourcesAsStream(Pod.class));
        var attempt = job.getStatus() == null ? null : job.getStatus().getAttempt();
        var strays = Map.<Integer, Pod>of();
        if (JobPlan.misses(description, owned)) {
            // A lost pod costs a whole attempt: not on the word of a cache that may lag.
            owned = readers.pods().read(description.owner());
            if (JobPlan.misses(description, owned)) {
                strays = readers.pods().strays(description, attempt, owned);
            }
        }
        var byWork = owned.stream().collect(Collectors.partitioningBy(PodLabels::isCheck));
        var now = clock.instant();
        return new World(
                now,
                byWork.get(false),
                byWork.get(true),
                referents(description, context),
                readers.cluster().readiness(nodes(job, owned)),
                waits.since(job, now),
                attempt == null
                        ? Optional.empty()
                        : readers.verdicts().of(uid, attempt).map(wait -> applier.told(job, wait)),
                readers.quotas().book().drains(job.getMetadata().getNamespace()),
                readers.progress().latest(uid),
                readers.lastWords().of(uid),
                others(description),
                readers.requests().done(uid),
                told(attempt, owned, now),
                strays.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                stray -> Strays.of(description, attempt, stray.getKey(), stray.getValue()))),
                gone(description, owned, byWork.get(true)),
                readers.gangs().of(uid));
    }

    private Map<String, String> told(Integer attempt, List<Pod> owned, Instant now) {
        return attempt == null
                ? Map.of()
                : QuietPods.told(
                        owned.stream().filter(pod -> PodLabels.attempt(pod) == attempt), readers.events(), now);
    }

    private List<HasMetadata> gone(JobDescription description, List<Pod> owned, List<Pod> checks) {
        var job = description.job();
        // Pods of an operator before there were pod sets have a secret of another name.
        boolean known =
                owned.stream().allMatch(pod -> pod.getMetadata().getLabels().containsKey(Labels.POD_SET));
        if (known && JobPlan.needsUpkeep(description, checks)) {
            return readers.upkeep()
                    .gone(
                            job,
                            job.getStatus().getAttempt(),
                            () -> JobPlan.needed(description, settings, modelCopy(description)));
        }
        readers.upkeep().forget(job.getMetadata().getUid());
        return List.of();
    }

    /**
     * The job's own copy of its model's configuration; what it was made from, if it is gone before it was looked at.
     */
    private Optional<String> modelCopy(JobDescription description) {
        var job = description.job();
        return description
                .references()
                .configuration()
                .filter(key -> description.owner().hasModelCopy())
                .flatMap(key -> readers.named()
                        .ownedConfigMap(job, description.owner().names().model())
                        .map(data -> data.get(Rendezvous.MODEL_FILE))
                        .or(() -> readers.named()
                                .configMap(job.getMetadata().getNamespace(), key.getName(), key.getKey())
                                .map(NamedObjects.Value::text)));
    }

    /** Of a job that has begun others' affairs are none of its own. */
    private Others others(JobDescription description) {
        var job = description.job();
        if (!OutputUse.minds(job)) {
            return Others.NONE;
        }
        return new Others(
                description.modelFrom().isPresent() && description.modelFound().isEmpty()
                        ? ModelCycle.of(JobRef.of(job), readers.goesOnFrom())
                        : List.of(),
                OutputUse.place(job)
                        .flatMap(
                                place -> OutputUse.before(job, readers.writers().apply(place))));
    }

    /** The nodes that its pods are on, or have places on: a cluster may have thousands of others. */
    private static Set<String> nodes(CapstanJob<?, ?> job, List<Pod> pods) {
        var names = pods.stream()
                .map(pod -> pod.getSpec().getNodeName())
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
        if (job.getStatus() != null && job.getStatus().getAdmission() != null) {
            job.getStatus().getAdmission().getPlacements().forEach(place -> names.add(place.getNode()));
        }
        return names;
    }

    private Referents referents(JobDescription description, Context<J> context) {
        var namespace = description.job().getMetadata().getNamespace();
        var references = description.references();
        return new Referents(
                missingClaims(description, context),
                claimsOfMode(context, "ReadWriteOncePod"),
                references
                        .priorityClass()
                        .map(name -> readers.priorities().value(name).isPresent())
                        .orElse(true),
                description
                        .modelFrom()
                        .flatMap(ref -> readers.sources().apply(new JobRef(ref.kind(), namespace, ref.name()))),
                JobPlan.needsLookup(description, references)
                        ? Optional.of(lookup(description, references))
                        : Optional.empty(),
                readers.claims()
                        .withoutVolume(
                                context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class),
                                description.volumes().claims(),
                                description.job().getMetadata().getUid()),
                claimsOfMode(context, "ReadOnlyMany"));
    }

    private Referents.Lookup lookup(JobDescription description, References references) {
        var job = description.job();
        var namespace = job.getMetadata().getNamespace();
        var configuration = references.configuration();
        boolean copied = configuration.isPresent()
                && readers.named()
                        .ownedConfigMap(job, description.owner().names().model())
                        .isPresent();
        // An earlier version of the operator made the job's copy under another name: it is copied on.
        var earlierCopy = configuration.isPresent() && !copied
                ? readers.named()
                        .ownedConfigMap(job, description.owner().names().earlierModel())
                        .map(data -> data.get(Rendezvous.MODEL_FILE))
                : Optional.<String>empty();
        var configMap = configuration
                .filter(key -> !copied && earlierCopy.isEmpty())
                .flatMap(key -> readers.named().configMap(namespace, key.getName(), key.getKey()));
        var secrets = new HashMap<String, Set<String>>();
        references
                .secrets()
                .forEach(
                        name -> readers.named().secretKeys(namespace, name).ifPresent(keys -> secrets.put(name, keys)));
        return new Referents.Lookup(
                copied,
                configMap.isPresent(),
                earlierCopy.or(() -> configMap.map(NamedObjects.Value::text)),
                configMap.map(NamedObjects.Value::binary),
                secrets);
    }

    private static <P extends HasMetadata> Set<String> missingClaims(JobDescription description, Context<P> context) {
        var there = context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class)
                .map(claim -> claim.getMetadata().getName())
                .collect(Collectors.toSet());
        var missing = new TreeSet<>(description.volumes().claims());
        missing.removeAll(there);
        return missing;
    }

    /** The claims that can be used in one way and no other. */
    private static <P extends HasMetadata> Set<String> claimsOfMode(Context<P> context, String mode) {
        return context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class)
                .filter(claim -> List.of(mode).equals(claim.getSpec().getAccessModes()))
                .map(claim -> claim.getMetadata().getName())
                .collect(Collectors.toSet());
    }

    private List<String> claimKeys(J job) {
        return kind.describe(job).volumes().claims().stream()
                .map(claim -> key("PersistentVolumeClaim", job.getMetadata().getNamespace(), claim))
                .toList();
    }

    private List<String> sourceKeys(J job) {
        return kind
                .describe(job)
                .modelFrom()
                .map(ref -> key(ref.kind(), job.getMetadata().getNamespace(), ref.name()))
                .stream()
                .toList();
    }

    private static String key(String kind, String namespace, String name) {
        return kind + "/" + namespace + "/" + name;
    }

    /** The status but for the admission, which isn't the shell's to write. */
    private static JobStatus statusOf(JobDescription description) {
        return description.job().getStatus() == null ? null : StatusBuilder.withoutAdmission(description);
    }
}
