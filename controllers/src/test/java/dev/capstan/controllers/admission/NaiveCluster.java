package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.crds.quota.GPUQuota;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What an engine was told. */
final class NaiveCluster {
    static final List<String> NAMESPACES = List.of("default", "red", "blue", "green");
    static final int NODES = 6;
    static final int RACKS = 3;

    final Engine engine;
    private final TreeMap<String, ClusterView.Node> nodes = new TreeMap<>();
    private final TreeMap<String, ClusterView.Pod> pods = new TreeMap<>();
    private final TreeMap<String, Grant> holds = new TreeMap<>();
    private final TreeMap<String, Workload> waiting = new TreeMap<>();
    /** What each of them wants, whether it has it or not. */
    private final TreeMap<String, Workload> services = new TreeMap<>();

    private final TreeMap<String, GPUQuota> quotas = new TreeMap<>();
    private QuotaBook book = QuotaBook.of(List.of(), Map.of());
    private Instant now = Scenario.START;
    private int named;

    NaiveCluster(Engine engine) {
        this.engine = engine;
    }

    Instant now() {
        return now;
    }

    void after(int minutes) {
        now = now.plus(Duration.ofMinutes(minutes));
    }

    /** A name that nothing has yet; later ones are greater. */
    String name() {
        return "%04d".formatted(named++);
    }

    void put(ClusterView.Node node) {
        nodes.put(node.name(), node);
        engine.put(node);
    }

    void removeNode(String name) {
        nodes.remove(name);
        engine.removeNode(name);
    }

    void put(ClusterView.Pod pod) {
        pods.put(pod.uid(), pod);
        engine.put(pod);
    }

    void removePod(String uid) {
        pods.remove(uid);
        engine.removePod(uid);
    }

    void put(Grant hold) {
        holds.put(hold.uid(), hold);
        engine.put(hold);
    }

    void removeGrant(String uid) {
        if (holds.remove(uid) != null) {
            // The job has ended, or the service is deleted, and waits for none of its pods any more.
            services.remove(uid);
            removeWorkload(uid);
        }
        engine.removeGrant(uid);
    }

    void put(Workload gang) {
        if (gang.lasting()) {
            services.put(gang.uid(), gang);
        }
        waiting.put(gang.uid(), gang);
        engine.put(gang);
    }

    /** A service wants this now, and waits if it lacks any of it. */
    void asks(Workload service) {
        put(service);
        if (isWhole(service)) {
            removeWorkload(service.uid());
        }
    }

    List<Workload> services() {
        return List.copyOf(services.values());
    }

    /** It waits no more; a service that holds nothing is gone with that. */
    void removeWorkload(String uid) {
        if (!holds.containsKey(uid)) {
            services.remove(uid);
        }
        waiting.remove(uid);
        engine.removeWorkload(uid);
    }

    void put(GPUQuota quota) {
        quotas.put(quota.getMetadata().getName(), quota);
        quotasChanged();
    }

    void removeQuota(String name) {
        quotas.remove(name);
        quotasChanged();
    }

    private void quotasChanged() {
        var namespaces = new HashMap<String, Map<String, String>>();
        NAMESPACES.forEach(name -> namespaces.put(name, Map.of()));
        book = QuotaBook.of(List.copyOf(quotas.values()), namespaces);
        engine.put(book);
    }

    /** A workload has what it was given; it waits on if it lacks some of its pods. */
    void grant(Decision decision) {
        if (decision instanceof Decision.Granting places) {
            var workload = places.workload();
            var held = holds.get(workload.uid());
            var after = after(places).orElseThrow();
            put(new Grant(
                    workload.id(),
                    workload.attempt(),
                    workload.priority(),
                    after.podSets(),
                    held == null ? now : held.since(),
                    held == null ? workload.longest().map(now::plus) : held.ends(),
                    held == null ? now : held.savedAt(),
                    workload.lasting()));
            if (isWhole(workload)) {
                removeWorkload(workload.uid());
            }
        }
    }

    /** What a workload holds when it has got these places; empty for nothing. */
    Optional<Grant> after(Decision.Granting places) {
        var held = holds.get(places.id().uid());
        return Optional.of(new Grant(
                places.id(),
                places.workload().attempt(),
                places.workload().priority(),
                held == null ? places.podSets() : Grant.Seats.merged(held.podSets(), places.podSets()),
                now,
                Optional.empty(),
                now));
    }

    private boolean isWhole(Workload workload) {
        var held = Optional.ofNullable(holds.get(workload.uid()));
        return workload.podSets().stream()
                .allMatch(podSet -> held.flatMap(grant -> grant.seats(podSet.name()))
                        .map(seats -> IntStream.range(0, podSet.count()).allMatch(seats::has))
                        .orElse(podSet.count() == 0));
    }

    /** Its pods are there already, and nobody knows of a grant. */
    void grantAsPods(Decision decision) {
        if (decision instanceof Decision.Granting places) {
            removeWorkload(places.id().uid());
            for (var seats : places.podSets()) {
                seats.pods()
                        .forEach(rank -> put(new ClusterView.Pod(
                                name(),
                                places.id().namespace(),
                                seats.nodes().get(rank),
                                false,
                                seats.each(),
                                Optional.empty())));
            }
        }
    }

    /** A granted place is given back; a service asks for what it lacks then. */
    void giveBack(Grant hold, Grant.Seats seats, int pod) {
        hold.without(Map.of(seats.firstRank() + pod, seats.nodes().get(pod))).ifPresentOrElse(this::put, () -> {
            holds.remove(hold.uid());
            engine.removeGrant(hold.uid());
        });
        if (hold.lasting()) {
            asks(services.get(hold.uid()));
        }
    }

    /** Another engine learns all that is so now. */
    void tell(Engine other) {
        waiting.values().forEach(other::put);
        holds.values().forEach(other::put);
        pods.values().forEach(other::put);
        nodes.values().forEach(other::put);
        other.put(book);
    }

    Map<String, ClusterView.Node> nodes() {
        return Collections.unmodifiableMap(nodes);
    }

    QuotaBook book() {
        return book;
    }

    List<Workload> waiting() {
        return List.copyOf(waiting.values());
    }

    /** The gang of a job, or null. */
    Workload waiting(String uid) {
        return waiting.get(uid);
    }

    /** The grant of a job, or null. */
    Grant hold(String uid) {
        return holds.get(uid);
    }

    List<Grant> holds() {
        return List.copyOf(holds.values());
    }

    List<ClusterView.Pod> pods() {
        return List.copyOf(pods.values());
    }

    /** The granted places that a seat is one of. */
    Grant.Seats seatsOf(ClusterView.Seat seat) {
        return holds.get(seat.jobUid()).podSets().stream()
                .filter(seats -> seat.rank() >= seats.firstRank() && seats.has(seat.rank() - seats.firstRank()))
                .findFirst()
                .orElseThrow();
    }

    /** Granted places that no pod has taken yet, and their nodes. */
    Map<ClusterView.Seat, String> emptySeats() {
        var empty = new HashMap<ClusterView.Seat, String>();
        for (var hold : holds.values()) {
            for (var seats : hold.podSets()) {
                seats.pods().forEach(rank -> {
                    var seat = hold.seat(seats, rank);
                    var node = seats.nodes().get(rank);
                    if (pods.values().stream()
                            .noneMatch(pod -> pod.seat().equals(Optional.of(seat)) && takes(pod, node, hold))) {
                        empty.put(seat, node);
                    }
                });
            }
        }
        return empty;
    }

    /** A job's pod takes its seat for good, wherever it is; a service's only on its node, and while it is there. */
    private static boolean takes(ClusterView.Pod pod, String node, Grant hold) {
        return hold.lasting() ? node.equals(pod.node()) && !pod.finished() : pod.node() != null || pod.finished();
    }

    boolean isNext(String uid) {
        return engine.isNext(uid);
    }
}
