package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.crds.quota.GPUQuota;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What an engine was told. */
final class NaiveCluster {
    static final List<String> NAMESPACES = List.of("default", "red", "blue", "green");
    static final int NODES = 6;
    static final int RACKS = 3;

    final Engine engine;
    private final TreeMap<String, ClusterView.Node> nodes = new TreeMap<>();
    private final TreeMap<String, ClusterView.Pod> pods = new TreeMap<>();
    private final TreeMap<String, ClusterView.Hold> holds = new TreeMap<>();
    private final TreeMap<String, Gang> waiting = new TreeMap<>();
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

    void put(ClusterView.Hold hold) {
        holds.put(hold.jobUid(), hold);
        engine.put(hold);
    }

    void removeHold(String uid) {
        holds.remove(uid);
        engine.removeHold(uid);
    }

    void put(Gang gang) {
        waiting.put(gang.job().uid(), gang);
        engine.put(gang);
    }

    void removeGang(String uid) {
        waiting.remove(uid);
        engine.removeGang(uid);
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

    /** A gang has what it was given. */
    void grant(Placed placed) {
        var gang = placed.gang();
        removeGang(gang.job().uid());
        put(new ClusterView.Hold(
                gang.job().uid(),
                gang.job().namespace(),
                gang.attempt(),
                placed.nodes(),
                gang.each(),
                now,
                gang.longest().map(now::plus)));
    }

    /** Its pods are there already, and nobody knows of a grant. */
    void grantAsPods(Placed placed) {
        var gang = placed.gang();
        removeGang(gang.job().uid());
        for (var node : placed.nodes()) {
            put(new ClusterView.Pod(name(), gang.job().namespace(), node, false, gang.each(), Optional.empty()));
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

    List<Gang> waiting() {
        return List.copyOf(waiting.values());
    }

    /** The gang of a job, or null. */
    Gang waiting(String uid) {
        return waiting.get(uid);
    }

    /** The grant of a job, or null. */
    ClusterView.Hold hold(String uid) {
        return holds.get(uid);
    }

    List<ClusterView.Hold> holds() {
        return List.copyOf(holds.values());
    }

    List<ClusterView.Pod> pods() {
        return List.copyOf(pods.values());
    }

    /** Granted places that no pod has taken yet, and their nodes. */
    Map<ClusterView.Seat, String> emptySeats() {
        Set<ClusterView.Seat> taken = new HashSet<>();
        pods.values().stream()
                .filter(pod -> pod.node() != null || pod.finished())
                .forEach(pod -> pod.seat().ifPresent(taken::add));
        var empty = new HashMap<ClusterView.Seat, String>();
        for (var hold : holds.values()) {
            for (int rank = 0; rank < hold.nodes().size(); rank++) {
                var seat = new ClusterView.Seat(hold.namespace(), hold.jobUid(), hold.attempt(), rank);
                if (!taken.contains(seat)) {
                    empty.put(seat, hold.nodes().get(rank));
                }
            }
        }
        return empty;
    }

    boolean isNext(String uid) {
        return engine.explain(uid).contains("it is next");
    }
}
