package dev.capstan.controllers.kube;

import dev.capstan.controllers.inference.ServicePlan;
import dev.capstan.controllers.inference.ServiceReferences;
import dev.capstan.controllers.inference.ServiceStatus;
import dev.capstan.controllers.inference.ServiceTrials;
import dev.capstan.controllers.inference.ServiceWorld;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.pods.Names;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.protocol.Endpoints;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
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
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a service and its world, has a plan made, and has it carried out.
 *
 * <p>It sets no finalizer: all that a service owns is in its namespace and goes with it by owner references.
 */
public final class ServiceShell implements Reconciler<InferenceService>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceShell.class);
    private static final String BY_SOURCE = "services-by-source";
    private static final String BY_CLAIM = "services-by-claim";
    private static final String BY_NODE = "services-by-node";
    /** What all objects of services have, and no others. */
    private static final String OURS =
            Labels.MANAGED_BY + "=" + Labels.CAPSTAN + "," + Labels.NAME + "=inferenceservice";

    /**
     * What the shell reads the world with.
     *
     * @param sources finds the job whose model a service has
     */
    public record Readers(
            ClusterCache cluster,
            NamedObjects named,
            ClaimReader claims,
            PriorityClasses priorities,
            PendingReasons verdicts,
            ServingReader serving,
            EndpointWriter endpoints,
            EventReader events,
            Upkeep upkeep,
            Function<JobRef, Optional<? extends CapstanJob<?, ?>>> sources,
            Meters meters) {}

    /** The pods of a service change many times while they start, and a pass looks at all of them. */
    private final Pace passes = new Pace(Duration.ofMillis(100));

    private final Applier applier;
    private final Readers readers;
    private final ServiceWorlds worlds;
    private final WorkerSettings settings;
    private final Clock clock;
    /** What the routers of each service are told, by its UID. */
    private final Map<String, Endpoints> routed = new ConcurrentHashMap<>();

    private volatile boolean closed;
    private final SimpleInboundEventSource<InferenceService> wakes = new SimpleInboundEventSource<>("wakes");
    private volatile IndexerResourceCache<InferenceService> services;
    private InformerEventSource<Pod, InferenceService> pods;

    public ServiceShell(Applier applier, Readers readers, WorkerSettings settings, Clock clock) {
        this.applier = applier;
        this.readers = readers;
        this.worlds = new ServiceWorlds(applier, readers, clock);
        this.settings = settings;
        this.clock = clock;
    }

    /** Has a service looked at again: something that isn't in the API has changed. */
    public void wake(JobRef service) {
        wakes.propagateEvent(new ResourceID(service.name(), service.namespace()));
    }

    /** From now on no pass does anything; said before the caches stop. */
    @Override
    public void close() {
        closed = true;
    }

    @Override
    public UpdateControl<InferenceService> reconcile(InferenceService service, Context<InferenceService> context) {
        try {
            return pass(service, context);
        } catch (KubernetesClientException e) {
            // Thrown on, and tried again after a growing while.
            LOG.warn("{}: the API server didn't do as asked: {}", ChildWriter.of(service), e.getMessage());
            throw e;
        } catch (RuntimeException e) {
            // A bug of ours. It is tried again without end, and what the framework says of that isn't logged.
            LOG.error("{}: a pass failed", ChildWriter.of(service), e);
            throw e;
        }
    }

    private UpdateControl<InferenceService> pass(InferenceService service, Context<InferenceService> context) {
        var later = passes.later(service.getMetadata().getUid(), clock.instant());
        if (later.isPresent()) {
            return UpdateControl.<InferenceService>noUpdate()
                    .rescheduleAfter(later.get().plusMillis(1));
        }
        var world = worlds.of(service, context);
        if (closed) {
            // The caches are being emptied: what isn't in them any more isn't gone.
            return UpdateControl.noUpdate();
        }
        applier.askAnew(service, () -> ServiceTrials.asked(service, world, settings));
        return ServicePlan.decide(service, world, settings)
                .map(plan -> carryOut(service, world, plan, context))
                .orElseGet(() -> {
                    forget(service.getMetadata().getUid());
                    return UpdateControl.noUpdate();
                });
    }

    /** Whoever decides next should know what was made and written, though no watch has told of it yet. */
    private UpdateControl<InferenceService> carryOut(
            InferenceService service, ServiceWorld world, ServicePlan plan, Context<InferenceService> context) {
        var primary = context.eventSourceRetriever().getControllerEventSource();
        var refusal = applier.make(
                service, plan.plan(), pod -> pods.handleRecentResourceCreate(ResourceID.fromResource(pod), pod));
        if (refusal.isEmpty() && !world.gone().isEmpty()) {
            readers.upkeep().made(service.getMetadata().getUid());
        }
        var decided = refusal.map(why -> ServicePlan.refused(service, world, settings, why))
                .orElse(plan);
        readers.serving()
                .ask(
                        service,
                        decided.ask(),
                        world.pods().stream()
                                .map(pod -> pod.getMetadata().getUid())
                                .toList());
        tellRouters(service, decided);
        var status = decided.plan().status();
        readers.meters()
                .service(
                        service.getMetadata().getUid(),
                        ServiceStatus.standing(status),
                        service.getSpec().replicas(),
                        status.getReadyReplicas());
        return applier.carryOut(
                service,
                service.getStatus() == null ? null : ServiceStatus.withoutAdmission(service),
                decided.plan(),
                new Applier.Shell<>(
                        ServiceStatus::sameButNumbers,
                        written -> primary.handleRecentResourceUpdate(
                                ResourceID.fromResource(written), written, service)));
    }

    /** Routers learn of their replicas from whoever sees these first: name servers are too slow. */
    private void tellRouters(InferenceService service, ServicePlan plan) {
        var uid = service.getMetadata().getUid();
        if (plan.routing().isEmpty()) {
            routed.remove(uid);
            readers.endpoints().forget(uid);
            return;
        }
        var routing = plan.routing().get();
        var endpoints = routed.compute(
                uid,
                (same, last) -> last != null
                                && last.replicas().equals(routing.replicas())
                                && Objects.equals(last.waiting(), routing.waiting())
                        ? last
                        : new Endpoints(
                                Math.max(clock.millis(), last == null ? 0 : last.version() + 1),
                                routing.replicas(),
                                routing.waiting()));
        readers.endpoints()
                .tell(
                        service,
                        Names.of(ServiceReferences.SHORT_NAME, service.getMetadata())
                                .secret(),
                        routing.routers(),
                        endpoints);
    }

    @Override
    public List<EventSource<?, InferenceService>> prepareEventSources(EventSourceContext<InferenceService> context) {
        var primary = context.getPrimaryCache();
        primary.addIndexer(
                BY_SOURCE,
                service -> ServiceReferences.source(service).map(ref -> key(ref.kind(), service, ref.name())).stream()
                        .toList());
        primary.addIndexer(
                BY_CLAIM,
                service -> ServiceReferences.claims(service).stream()
                        .map(claim -> key("PersistentVolumeClaim", service, claim))
                        .toList());
        primary.addIndexer(BY_NODE, service -> List.copyOf(ServiceWorlds.nodes(service, List.of())));
        services = primary;
        // Several namespaces have a cache each, and would share the store.
        boolean oneCache =
                context.getControllerConfiguration().getEffectiveNamespaces().size() <= 1;
        pods = new InformerEventSource<>(
                ours(Pod.class)
                        .withItemStore(oneCache ? Trimmed.workers() : null)
                        .build(),
                context);
        // The claim may come after the service: then the services that wait for it are woken.
        var claims = InformerEventSourceConfiguration.from(PersistentVolumeClaim.class, InferenceService.class)
                .withName("claims")
                .withSecondaryToPrimaryMapper(claim ->
                        primary
                                .byIndex(
                                        BY_CLAIM,
                                        key(
                                                claim.getKind(),
                                                claim,
                                                claim.getMetadata().getName()))
                                .stream()
                                .map(ResourceID::fromResource)
                                .collect(Collectors.toSet()))
                .<InferenceService>withPrimaryToSecondaryMapper(service -> ServiceReferences.claims(service).stream()
                        .map(claim ->
                                new ResourceID(claim, service.getMetadata().getNamespace()))
                        .collect(Collectors.toSet()))
                .withNamespacesInheritedFromController()
                .withInformerListLimit(Informers.PAGE)
                .build();
        return List.of(
                pods,
                new InformerEventSource<>(claims, context),
                new InformerEventSource<>(ours(Service.class).build(), context),
                new InformerEventSource<>(ours(PodDisruptionBudget.class).build(), context),
                new InformerEventSource<>(ours(NetworkPolicy.class).build(), context),
                wakes);
    }

    private static <R extends HasMetadata> InformerEventSourceConfiguration.Builder<R> ours(Class<R> type) {
        return InformerEventSourceConfiguration.from(type, InferenceService.class)
                .withName(HasMetadata.getPlural(type))
                .withLabelSelector(OURS)
                .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(InferenceService.class))
                .withNamespacesInheritedFromController()
                .withInformerListLimit(Informers.PAGE);
    }

    /** A job of whatever kind has changed: the services that have its model are looked at again. */
    public void sourceChanged(JobRef source) {
        wakeAll(BY_SOURCE, source.kind() + "/" + source.namespace() + "/" + source.name());
    }

    /** A node has changed, or is gone: the services that have places there are looked at again. */
    public void nodeChanged(String node) {
        wakeAll(BY_NODE, node);
    }

    private void wakeAll(String index, String key) {
        if (services != null) {
            services.byIndex(index, key).stream().map(ResourceID::fromResource).forEach(wakes::propagateEvent);
        }
    }

    /** Forgets the service of a UID, which is gone. */
    public void forget(String uid) {
        applier.forget(uid);
        worlds.forget(uid);
        readers.upkeep().forget(uid);
        readers.serving().forget(uid);
        routed.remove(uid);
        readers.endpoints().forget(uid);
        readers.meters().serviceGone(uid);
    }

    private static String key(String kind, HasMetadata beside, String name) {
        return kind + "/" + beside.getMetadata().getNamespace() + "/" + name;
    }
}
