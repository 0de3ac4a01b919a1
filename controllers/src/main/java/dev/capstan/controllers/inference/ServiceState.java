package dev.capstan.controllers.inference;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodOwner;
import dev.capstan.controllers.pods.PodSet;
import dev.capstan.controllers.pods.ReplicaPods;
import dev.capstan.controllers.pods.Volumes;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Block;
import dev.capstan.crds.Meaning;
import dev.capstan.crds.Placement;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.crds.inference.Revision;
import dev.capstan.crds.inference.Router;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A service and its world, looked at together. */
final class ServiceState {
    /** As labels tell a revision of replicas. */
    static final String REVISION = "[0-9]{1,7}";

    private final InferenceService service;
    private final ServiceWorld world;
    private final WorkerSettings settings;
    private final InferenceServiceStatus status;
    private final List<Revision> listed;
    private final WantedModel wanted;
    private final String hash;
    private final List<Placement> placements;
    private final List<Placement> givenBack;
    private final ServiceFiles files;
    private final List<Replica> replicas;
    private final List<Replica> routers;

    ServiceState(InferenceService service, ServiceWorld world, WorkerSettings settings) {
        this.service = service;
        this.world = world;
        this.settings = settings;
        status = service.getStatus() == null ? new InferenceServiceStatus() : service.getStatus();
        listed = status.getRevisions() == null ? List.of() : status.getRevisions();
        wanted = WantedModel.of(service, world);
        hash = hash(service.getSpec());
        var granted = Optional.ofNullable(status.getAdmission())
                .map(Admission::getPlacements)
                .orElse(List.of());
        var back = status.getGivenBack() == null ? List.<Placement>of() : status.getGivenBack();
        givenBack = back.stream()
                .filter(place -> granted.stream().anyMatch(there -> isSame(place, there)))
                .toList();
        placements = granted.stream()
                .filter(place -> givenBack.stream().noneMatch(there -> isSame(place, there)))
                .toList();
        files = new ServiceFiles(service, world, owner(none()).names().replicas());
        replicas = pods(Owned.REPLICA);
        routers = pods(Owned.ROUTER);
    }

    private List<Replica> pods(String component) {
        return world.pods().stream()
                .filter(pod -> component.equals(pod.getMetadata().getLabels().get(Labels.COMPONENT)))
                .map(pod -> Replica.of(pod, world))
                .toList();
    }

    InferenceService service() {
        return service;
    }

    InferenceServiceSpec spec() {
        return service.getSpec();
    }

    ServiceWorld world() {
        return world;
    }

    WorkerSettings settings() {
        return settings;
    }

    /** The status as it is; an empty one if there is none. */
    InferenceServiceStatus status() {
        return status;
    }

    /** The revisions of the status. */
    List<Revision> listed() {
        return listed;
    }

    WantedModel wanted() {
        return wanted;
    }

    ServiceFiles files() {
        return files;
    }

    List<Replica> replicas() {
        return replicas;
    }

    List<Replica> routers() {
        return routers;
    }

    /** How many replicas have to be there: none, if the spec wants none. */
    int minimum() {
        return Math.min(spec().redundancy().minAvailable(), spec().replicas());
    }

    /** How many routers the spec wants. */
    int routersWanted() {
        return spec().router().map(Router::replicas).orElse(0);
    }

    /** The revision that served last as the spec wanted it. */
    Optional<Revision> stable() {
        return revision(status.getRevision());
    }

    Optional<Revision> revision(Integer number) {
        return listed.stream()
                .filter(revision -> revision.getRevision().equals(number))
                .findFirst();
    }

    /** A listed revision that is as the spec wants it; the newest, if there are several. */
    Optional<Revision> match() {
        if (!(wanted instanceof WantedModel.Known known)) {
            return Optional.empty();
        }
        return listed.stream()
                .filter(revision -> known.digest().equals(revision.getDigest()) && hash.equals(revision.getHash()))
                .max(Comparator.comparing(Revision::getRevision));
    }

    /** A revision that was made by an earlier version of the operator is still the one that the spec wants. */
    private String hash(InferenceServiceSpec spec) {
        var asWritten = Templates.hashAsWritten(spec);
        return listed.stream().anyMatch(revision -> asWritten.equals(revision.getHash()))
                ? asWritten
                : Templates.hash(spec);
    }

    /** The number of the next revision: one that neither the status nor any pod has seen. */
    int nextNumber() {
        var ofStatus = listed.stream().map(Revision::getRevision);
        var ofPods = replicas.stream()
                .map(Replica::revision)
                .filter(text -> text.matches(REVISION))
                .map(Integer::valueOf);
        return Stream.concat(ofStatus, ofPods).max(Comparator.naturalOrder()).orElse(0) + 1;
    }

    /** How a revision is served; empty if nobody knows any more. */
    Optional<InferenceServiceSpec> template(Revision revision) {
        return Optional.ofNullable(world.templates().get(revision.getRevision()))
                .or(() -> hash.equals(revision.getHash())
                        ? Optional.of(Templates.of(spec(), settings.image()))
                        : Optional.empty());
    }

    /** Tells how the spec wants its model served. */
    String hash() {
        return hash;
    }

    /** Places that were granted, without those that are given back. */
    List<Placement> placements() {
        return placements;
    }

    /** Places that are given back, and that admission still has. */
    List<Placement> givenBack() {
        return givenBack;
    }

    private static boolean isSame(Placement one, Placement other) {
        return one.getRank().equals(other.getRank()) && one.getNode().equals(other.getNode());
    }

    /** Whose pods they are. */
    PodOwner owner(Volumes volumes) {
        return new PodOwner(service, ServiceReferences.SHORT_NAME, volumes, false);
    }

    static Volumes none() {
        return new Volumes(List.of(), List.of());
    }

    /** What pods of all these revisions reach. */
    PodOwner owner(List<Revision> revisions) {
        var reads = new ArrayList<Volumes.Source>();
        var writes = new ArrayList<dev.capstan.crds.Folder>();
        revisions.forEach(revision -> template(revision).ifPresent(template -> {
            var volumes = files.volumes(revision, template);
            reads.addAll(volumes.reads());
            writes.addAll(volumes.writes());
        }));
        return owner(new Volumes(reads, writes));
    }

    /** The pods of a revision. */
    ReplicaPods.Kind kind(Revision revision, InferenceServiceSpec template) {
        return new ReplicaPods.Kind(
                new PodSet(Owned.REPLICA, Contract.SERVE, 0, spec().replicas(), template.workers()),
                Integer.toString(revision.getRevision()),
                owner(none()).names().revision(revision.getRevision()),
                template.access());
    }

    /** The routers, as they would be made now. */
    ReplicaPods.Kind routerKind() {
        var workers = Block.copy(spec().workers());
        workers.setImage(workers.image(settings.image()));
        spec().router().ifPresent(router -> workers.setResources(router.resources()));
        var set = new PodSet(Owned.ROUTER, Contract.ROUTE, ServicePods.FIRST_ROUTER, routersWanted(), workers);
        return new ReplicaPods.Kind(
                set,
                Templates.hash(Json.write(files.routers()) + Meaning.of(workers)),
                owner(none()).names().routers(),
                spec().access());
    }

    /** The number that a pod of a rank gets which is made now: no pod that is still there has its name. */
    int freeIncarnation(PodOwner whose, ReplicaPods.Kind kind, int rank) {
        var taken =
                world.pods().stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toSet());
        int incarnation = 0;
        while (taken.contains(whose.names().pod(kind.revision(), kind.set().name(), rank, incarnation))) {
            incarnation++;
        }
        return incarnation;
    }

    /** What pods answered when they were asked, by revision. */
    Map<String, Boolean> kept() {
        var kept = new java.util.HashMap<String, Boolean>();
        for (var replica : replicas) {
            var said = world.servings().get(replica.pod().getMetadata().getUid());
            if (said != null && said.kept() != null) {
                kept.merge(replica.revision(), said.kept(), Boolean::logicalOr);
            }
        }
        return kept;
    }
}
