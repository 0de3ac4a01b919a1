package dev.capstan.controllers.inference;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.pods.PodOwner;
import dev.capstan.controllers.pods.PodPlaces;
import dev.capstan.controllers.pods.Volumes;
import dev.capstan.controllers.pods.WorkerPods;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Placement;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.crds.inference.Revision;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A service as admission sees it: one workload for life, which holds places and asks for those that it lacks. Its
 * minimum and its routers are admitted whole; what is more than that is filled in one by one.
 */
public final class ServiceWorkloads {
    /** A service has one attempt for life. */
    private static final int ATTEMPT = 1;

    private ServiceWorkloads() {}

    /**
     * The workload of a service that lacks places, as many as {@code status.seats} says.
     *
     * @param priority the value of a priority class; of no name, the value of those that name none
     * @param claims a volume claim by namespace and name
     */
    public static Optional<Workload> waiting(
            InferenceService service,
            WorkerSettings settings,
            ToIntFunction<Optional<String>> priority,
            BiFunction<String, String, Optional<Claim>> claims) {
        if (!asks(service)) {
            return Optional.empty();
        }
        var replicas = ServicePods.replicas(service);
        var there = PodPlaces.claims(service, claims(service), claims);
        return Optional.of(new Workload(
                PodPlaces.id(service),
                ATTEMPT,
                priority.applyAsInt(service.getSpec().scheduling().priorityClassName()),
                since(service),
                ServicePods.sets(service).stream()
                        .map(set -> new PodSet(
                                set.name(),
                                set.firstRank(),
                                set.replicas(),
                                minimum(service, set),
                                requests(service, set, settings),
                                PodPlaces.where(set, set.name().equals(ServicePods.REPLICA) ? there : Map.of())))
                        .toList(),
                topology(service, replicas.replicas(), there),
                Optional.empty(),
                Optional.of(service.getSpec().redundancy().spread()),
                true));
    }

    /** Whether it asks for places that it lacks. */
    static boolean asks(InferenceService service) {
        return ServicePods.replicas(service).replicas() > 0
                && service.getMetadata().getDeletionTimestamp() == null
                && !isWhole(service);
    }

    /**
     * The places that a service holds; those that it gives back are held until admission has taken them off.
     *
     * @param priority the value of a priority class; of no name, the value of those that name none
     */
    public static Optional<Grant> grant(
            InferenceService service, WorkerSettings settings, ToIntFunction<Optional<String>> priority) {
        return admission(service).map(admission -> {
            var since = Instant.parse(admission.getTime());
            return new Grant(
                    PodPlaces.id(service),
                    admission.getAttempt(),
                    priority.applyAsInt(service.getSpec().scheduling().priorityClassName()),
                    seats(service, admission, settings),
                    since,
                    Optional.empty(),
                    // No answer that it gives is ever saved: whoever has served for long is evicted last.
                    since,
                    true);
        });
    }

    /** What its status says of its places; empty if it holds none. */
    public static Optional<Admission> admission(InferenceService service) {
        return Optional.ofNullable(service.getStatus()).map(InferenceServiceStatus::getAdmission);
    }

    /** The places that it gives back. */
    public static List<Placement> givenBack(InferenceService service) {
        return Optional.ofNullable(service.getStatus())
                .map(InferenceServiceStatus::getGivenBack)
                .orElse(List.of());
    }

    /** Whether it has never served anything: the places that it asks for are the first. */
    public static boolean startsFirst(InferenceService service) {
        return service.getStatus().getRevision() == null;
    }

    private static boolean isWhole(InferenceService service) {
        var ranks = admission(service).stream()
                .flatMap(admission -> admission.getPlacements().stream())
                .map(Placement::getRank)
                .collect(Collectors.toSet());
        return ServicePods.sets(service).stream().allMatch(set -> set.ranks().allMatch(ranks::contains));
    }

    /**
     * Since when it asks for what it lacks: as a job, since it was created; for what it wants beside what it has, since
     * it wants that.
     */
    private static Instant since(InferenceService service) {
        var created = Instant.parse(service.getMetadata().getCreationTimestamp());
        return admission(service).isEmpty()
                ? created
                : Instant.parse(service.getStatus().getSeats().getSince());
    }

    private static int minimum(InferenceService service, dev.capstan.controllers.pods.PodSet set) {
        int wanted = Math.min(
                service.getSpec().redundancy().minAvailable(), service.getSpec().replicas());
        return set.name().equals(ServicePods.REPLICA) ? Math.min(set.replicas(), Math.max(1, wanted)) : set.replicas();
    }

    /** Of both pod sets all that hold places, also those beyond what is wanted. */
    private static List<Grant.Seats> seats(InferenceService service, Admission admission, WorkerSettings settings) {
        var replicas = ServicePods.replicas(service);
        // Of routers that are wanted no longer some may still be there.
        var routers = ServicePods.routers(service)
                .orElseGet(() -> new dev.capstan.controllers.pods.PodSet(
                        ServicePods.ROUTER,
                        replicas.role(),
                        ServicePods.FIRST_ROUTER,
                        0,
                        service.getSpec().workers()));
        return Stream.of(replicas, routers)
                .map(set -> {
                    boolean isReplica = set == replicas;
                    int highest = admission.getPlacements().stream()
                            .map(Placement::getRank)
                            .filter(rank -> rank < ServicePods.FIRST_ROUTER == isReplica)
                            .mapToInt(rank -> rank - set.firstRank() + 1)
                            .max()
                            .orElse(0);
                    return new Grant.Seats(
                            set.name(),
                            set.firstRank(),
                            requests(service, set, settings),
                            PodPlaces.nodes(admission, set.firstRank(), highest));
                })
                .filter(seats -> seats.count() > 0)
                .toList();
    }

    /** What a pod of a pod set asks for; which volumes it mounts changes nothing about that. */
    private static Resources requests(
            InferenceService service, dev.capstan.controllers.pods.PodSet set, WorkerSettings settings) {
        var owner = new PodOwner(service, "infsvc", new Volumes(List.of(), List.of()), false);
        return Requests.of(WorkerPods.spec(owner, set, ATTEMPT, set.firstRank(), settings));
    }

    /** The names of the claims that replicas mount: of what is served, and of what is about to be. */
    private static Set<String> claims(InferenceService service) {
        var status = service.getStatus();
        var served = Stream.of(status.getRevision(), status.getUpdatingRevision())
                .filter(Objects::nonNull)
                .toList();
        var uris = new TreeSet<String>();
        Optional.ofNullable(status.getRevisions()).orElse(List.of()).stream()
                .filter(revision -> served.isEmpty() || served.contains(revision.getRevision()))
                .map(Revision::getUri)
                .filter(Objects::nonNull)
                .forEach(uris::add);
        Optional.ofNullable(service.getSpec().getModel().getJar())
                .map(jar -> jar.getUri())
                .ifPresent(uris::add);
        return new Volumes(
                        uris.stream().map(uri -> new Volumes.Source(uri, null)).toList(), List.of())
                .claims();
    }

    private static Optional<Workload.Topology> topology(
            InferenceService service, int replicas, SortedMap<String, Claim> claims) {
        var oneNode = replicas == 1 ? Optional.<Workload.Topology>empty() : PodPlaces.oneNode(claims);
        return oneNode.or(() -> PodPlaces.topology(service.getSpec().scheduling()));
    }
}
