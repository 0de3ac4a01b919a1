package dev.capstan.controllers.kube;

import dev.capstan.controllers.inference.HttpRoutes;
import dev.capstan.controllers.inference.ServicePlan;
import dev.capstan.controllers.inference.ServiceReferences;
import dev.capstan.controllers.inference.ServiceUpkeep;
import dev.capstan.controllers.inference.ServiceWorld;
import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.pods.Names;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.ReplicaPods;
import dev.capstan.crds.Admission;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the world of a service, once a pass. */
final class ServiceWorlds {
    /** The minor version of Kubernetes from which on a Service may prefer the client's own node. */
    private static final int SAME_NODE = 34;

    private final Applier applier;
    private final ServiceShell.Readers readers;
    private final RevisionTemplates templates;
    private final Clock clock;

    ServiceWorlds(Applier applier, ServiceShell.Readers readers, Clock clock) {
        this.applier = applier;
        this.readers = readers;
        this.templates = new RevisionTemplates(readers.named());
        this.clock = clock;
    }

    /** Forgets the service of a UID, which is gone. */
    void forget(String uid) {
        templates.forget(uid);
    }

    ServiceWorld of(InferenceService service, Context<InferenceService> context) {
        var uid = service.getMetadata().getUid();
        var names = Names.of(ServiceReferences.SHORT_NAME, service.getMetadata());
        var owned = OwnedPods.of(service, context.getSecondaryResourcesAsStream(Pod.class));
        var now = clock.instant();
        boolean gatewayApi = service.getSpec().gateway().isPresent()
                && readers.named().knows(HttpRoutes.API_VERSION, HttpRoutes.KIND);
        return new ServiceWorld(
                now,
                owned,
                readers.cluster().health(nodes(service, owned)),
                referents(service, context),
                readOnly(context),
                templates.of(service, names),
                readers.serving().latest(uid),
                readers.verdicts().of(uid, ReplicaPods.ATTEMPT).map(wait -> applier.told(service, wait)),
                objects(service, names, context),
                gatewayApi,
                readers.named().isAtLeast(SAME_NODE),
                QuietPods.told(owned.stream(), readers.events(), now),
                gone(service, owned));
    }

    private Set<String> gone(InferenceService service, List<Pod> owned) {
        var needed = ServiceUpkeep.needed(service, owned);
        if (needed.isEmpty()) {
            readers.upkeep().forget(service.getMetadata().getUid());
            return Set.of();
        }
        // Other pods need other things.
        int which = needed.stream().map(Owned::key).toList().hashCode();
        return readers.upkeep().gone(service, which, () -> needed).stream()
                .map(Owned::key)
                .collect(Collectors.toSet());
    }

    private List<HasMetadata> objects(InferenceService service, Names names, Context<InferenceService> context) {
        var objects = new ArrayList<HasMetadata>();
        context.getSecondaryResourcesAsStream(Service.class).forEach(objects::add);
        context.getSecondaryResourcesAsStream(PodDisruptionBudget.class).forEach(objects::add);
        context.getSecondaryResourcesAsStream(NetworkPolicy.class).forEach(objects::add);
        if (readers.named().knows(HttpRoutes.API_VERSION, HttpRoutes.KIND)) {
            readers.named()
                    .generic(
                            HttpRoutes.API_VERSION,
                            HttpRoutes.KIND,
                            service.getMetadata().getNamespace(),
                            names.clients())
                    .ifPresent(objects::add);
        }
        var uid = service.getMetadata().getUid();
        objects.removeIf(object -> !object.hasOwnerReferenceFor(uid));
        return objects;
    }

    /** The nodes that its pods are on, or have places on: a cluster may have thousands of others. */
    static Set<String> nodes(InferenceService service, List<Pod> pods) {
        var names = pods.stream()
                .map(pod -> pod.getSpec().getNodeName())
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
        Optional.ofNullable(service.getStatus())
                .map(InferenceServiceStatus::getAdmission)
                .map(Admission::getPlacements)
                .ifPresent(places -> places.forEach(place -> names.add(place.getNode())));
        return names;
    }

    private Referents referents(InferenceService service, Context<InferenceService> context) {
        var namespace = service.getMetadata().getNamespace();
        var source = ServiceReferences.source(service)
                .<CapstanJob<?, ?>>flatMap(
                        ref -> readers.sources().apply(new JobRef(ref.kind(), namespace, ref.name())));
        var there = claims(context).map(claim -> claim.getMetadata().getName()).collect(Collectors.toSet());
        var missing = new TreeSet<>(ServiceReferences.claims(service));
        missing.removeAll(there);
        return new Referents(
                missing,
                claims(context)
                        .filter(claim -> modes(claim).equals(List.of("ReadWriteOncePod")))
                        .map(claim -> claim.getMetadata().getName())
                        .collect(Collectors.toSet()),
                service.getSpec()
                        .scheduling()
                        .priorityClassName()
                        .map(name -> readers.priorities().value(name).isPresent())
                        .orElse(true),
                source,
                ServicePlan.needsLookup(service) ? Optional.of(lookup(service, source)) : Optional.empty(),
                readers.claims()
                        .withoutVolume(
                                claims(context),
                                ServiceReferences.claims(service),
                                service.getMetadata().getUid()));
    }

    private Referents.Lookup lookup(InferenceService service, Optional<CapstanJob<?, ?>> source) {
        var secrets = new HashMap<String, Set<String>>();
        ServiceReferences.secrets(service, source)
                .forEach(name -> readers.named()
                        .secretKeys(service.getMetadata().getNamespace(), name)
                        .ifPresent(keys -> secrets.put(name, keys)));
        return new Referents.Lookup(false, false, Optional.empty(), Map.copyOf(secrets));
    }

    private static Set<String> readOnly(Context<InferenceService> context) {
        return claims(context)
                .filter(claim -> modes(claim).stream().allMatch("ReadOnlyMany"::equals))
                .map(claim -> claim.getMetadata().getName())
                .collect(Collectors.toSet());
    }

    private static Stream<PersistentVolumeClaim> claims(Context<InferenceService> context) {
        return context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class);
    }

    private static List<String> modes(PersistentVolumeClaim claim) {
        return claim.getSpec().getAccessModes() == null
                ? List.of()
                : claim.getSpec().getAccessModes();
    }
}
