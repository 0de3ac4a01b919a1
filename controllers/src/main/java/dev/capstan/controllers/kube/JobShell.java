package dev.capstan.controllers.kube;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.job.JobKind;
import dev.capstan.controllers.job.JobPlan;
import dev.capstan.controllers.job.OutputUse;
import dev.capstan.controllers.job.StatusBuilder;
import dev.capstan.controllers.job.StatusNoise;
import dev.capstan.controllers.job.World;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Plan;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
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

    /** Each pod of a gang changes many times while it starts, and a pass looks at all of them. */
    private final Pace passes = new Pace(Duration.ofMillis(200));

    private final JobKind<J> kind;
    private final Applier applier;
    private final JobReaders readers;
    private final WorldReader<J> reader;
    private final WorkerSettings settings;
    private final Clock clock;
    private volatile boolean closed;
    private final SimpleInboundEventSource<J> wakes = new SimpleInboundEventSource<>("wakes");
    private volatile IndexerResourceCache<J> jobs;
    private InformerEventSource<Pod, J> pods;

    public JobShell(JobKind<J> kind, Applier applier, JobReaders readers, WorkerSettings settings, Clock clock) {
        this.kind = kind;
        this.applier = applier;
        this.readers = readers;
        this.settings = settings;
        reader = new WorldReader<>(readers, applier, settings, clock);
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
        var description = kind.describe(job);
        var world = reader.read(job, description, context);
        if (closed) {
            // The caches are being emptied: what isn't in them any more isn't gone.
            return UpdateControl.noUpdate();
        }
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
        reader.forget(jobUid);
    }

    /** The jobs that name something. */
    private Set<ResourceID> named(IndexerResourceCache<J> primary, String index, HasMetadata something) {
        var metadata = something.getMetadata();
        return primary.byIndex(index, key(something.getKind(), metadata.getNamespace(), metadata.getName())).stream()
                .map(ResourceID::fromResource)
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
