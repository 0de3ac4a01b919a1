package dev.capstan.controllers.gang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.quota.Quota;
import dev.capstan.controllers.quota.QuotaBook;
import dev.capstan.crds.quota.GPUQuota;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What an engine was told, and what of it can be found by counting everything anew each time: the rules of admission
 * once more, slow and simple.
 */
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

    // What happens, told to the engine.

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

    List<Gang> waiting() {
        return List.copyOf(waiting.values());
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
                var seat = new ClusterView.Seat(hold.jobUid(), hold.attempt(), rank);
                if (!taken.contains(seat)) {
                    empty.put(seat, hold.nodes().get(rank));
                }
            }
        }
        return empty;
    }

    // What follows, counted anew.

    /** Who takes what where, one entry for each pod and each empty seat. */
    private record Taken(String namespace, String node, Resources amount) {}

    private List<Taken> taken() {
        var all = new ArrayList<Taken>();
        pods.values().stream()
                .filter(pod -> pod.node() != null && !pod.finished())
                .forEach(pod -> all.add(new Taken(pod.namespace(), pod.node(), pod.requests())));
        emptySeats().forEach((seat, node) -> {
            var hold = holds.get(seat.jobUid());
            all.add(new Taken(hold.namespace(), node, hold.each()));
        });
        return all;
    }

    private void add(List<Taken> taken, Placed placed) {
        placed.nodes()
                .forEach(node -> taken.add(new Taken(
                        placed.gang().job().namespace(), node, placed.gang().each())));
    }

    private long free(String node, String resource, List<Taken> taken) {
        return nodes.get(node).allocatable().get(resource)
                - taken.stream()
                        .filter(each -> each.node().equals(node))
                        .mapToLong(each -> each.amount().get(resource))
                        .sum();
    }

    /** How many pods of a gang fit on a node. */
    private int fits(Gang gang, String node, List<Taken> taken) {
        long pods = gang.size();
        for (var each : gang.each().thousandths().entrySet()) {
            pods = Math.min(pods, Math.max(0, free(node, each.getKey(), taken)) / each.getValue());
        }
        return (int) pods;
    }

    private Optional<Quota> quotaOf(String namespace) {
        return book.quotaOf(namespace)
                .flatMap(name -> book.quotas().stream()
                        .filter(quota -> quota.name().equals(name))
                        .findFirst());
    }

    private static Optional<Quota.Flavor> flavorOf(Quota quota, ClusterView.Node node) {
        return quota.flavors().stream()
                .filter(flavor ->
                        node.labels().entrySet().containsAll(flavor.nodeLabels().entrySet()))
                .findFirst();
    }

    /** What a quota's namespaces take of a resource on nodes of a flavor. */
    private long used(Quota quota, String flavor, String resource, List<Taken> taken) {
        return taken.stream()
                .filter(each -> quotaOf(each.namespace()).equals(Optional.of(quota)) && nodes.containsKey(each.node()))
                .filter(each -> flavorOf(quota, nodes.get(each.node()))
                        .filter(its -> its.name().equals(flavor))
                        .isPresent())
                .mapToLong(each -> each.amount().get(resource))
                .sum();
    }

    /**
     * Whether a quota may have used so much: within its borrowing limit, and all members together, each with at least
     * what it doesn't lend, within what the cohort has.
     */
    private boolean mayUse(Quota quota, String flavor, String resource, long amount, List<Taken> taken) {
        var limit = limit(quota, flavor, resource).orElseThrow();
        long wanted = used(quota, flavor, resource, taken) + amount;
        if (wanted <= unlent(limit)) {
            return true;
        }
        if (limit.borrowing().isPresent()
                && wanted > limit.nominal() + limit.borrowing().get()) {
            return false;
        }
        long nominal = 0;
        long claimed = 0;
        for (var member : book.quotas()) {
            boolean same = member.name().equals(quota.name());
            var its = limit(member, flavor, resource);
            if (its.isPresent()
                    && (same || quota.cohort() != null && quota.cohort().equals(member.cohort()))) {
                nominal += its.get().nominal();
                claimed += Math.max(unlent(its.get()), same ? wanted : used(member, flavor, resource, taken));
            }
        }
        return claimed <= nominal;
    }

    private static Optional<Quota.Limit> limit(Quota quota, String flavor, String resource) {
        return quota.flavors().stream()
                .filter(each -> each.name().equals(flavor))
                .findFirst()
                .map(each -> each.limits().get(resource));
    }

    private static long unlent(Quota.Limit limit) {
        return limit.lending().map(lent -> Math.max(0, limit.nominal() - lent)).orElse(0L);
    }

    /** What a gang has to answer for to its quota. */
    private static Map<String, Long> answersFor(Gang gang, Quota quota) {
        var all = new TreeMap<String, Long>();
        gang.each().thousandths().forEach((resource, amount) -> {
            boolean listed =
                    quota.flavors().stream().anyMatch(flavor -> flavor.limits().containsKey(resource));
            if (amount > 0 && (resource.contains("/") || listed)) {
                all.put(resource, amount * gang.size());
            }
        });
        return all;
    }

    private static boolean suits(Gang gang, ClusterView.Node node) {
        return node.ready()
                && node.schedulable()
                && !gang.where().barred().contains(node.name())
                && node.labels()
                        .entrySet()
                        .containsAll(gang.where().nodeSelector().entrySet());
    }

    private static Optional<String> domain(Gang.Topology topology, ClusterView.Node node) {
        return topology.label().equals("kubernetes.io/hostname")
                ? Optional.of(node.name())
                : Optional.ofNullable(node.labels().get(topology.label()));
    }

    /** Whether all pods of a gang have room on such nodes: since they are alike, however they are put. */
    private boolean hasRoom(Gang gang, Optional<String> flavor, List<Taken> taken) {
        var quota = quotaOf(gang.job().namespace());
        var byDomain = new HashMap<Optional<String>, Integer>();
        int all = 0;
        for (var node : nodes.values()) {
            boolean ofFlavor = flavor.isEmpty()
                    || flavorOf(quota.orElseThrow(), node)
                            .map(Quota.Flavor::name)
                            .equals(flavor);
            if (ofFlavor && suits(gang, node)) {
                int here = fits(gang, node.name(), taken);
                all += here;
                gang.topology()
                        .flatMap(topology -> domain(topology, node))
                        .ifPresent(domain -> byDomain.merge(Optional.of(domain), here, Integer::sum));
            }
        }
        boolean required = gang.topology().filter(Gang.Topology::required).isPresent();
        return required ? byDomain.values().stream().anyMatch(here -> here >= gang.size()) : all >= gang.size();
    }

    private boolean couldStart(Gang gang, List<Taken> taken) {
        if (book.quotaOf(gang.job().namespace()).isEmpty()) {
            return hasRoom(gang, Optional.empty(), taken);
        }
        var quota = quotaOf(gang.job().namespace());
        if (quota.isEmpty() || quota.get().stopped()) {
            return false;
        }
        var wanted = answersFor(gang, quota.get());
        if (wanted.isEmpty()) {
            return hasRoom(gang, Optional.empty(), taken);
        }
        return quota.get().flavors().stream()
                .anyMatch(flavor -> flavor.limits().keySet().containsAll(wanted.keySet())
                        && wanted.entrySet().stream()
                                .allMatch(each ->
                                        mayUse(quota.get(), flavor.name(), each.getKey(), each.getValue(), taken))
                        && hasRoom(gang, Optional.of(flavor.name()), taken));
    }

    // What is true of every pass.

    /** All of a gang or none; no room and no quota given twice; nobody where it mustn't be. */
    void checkAllowed(List<Placed> placed) {
        var taken = taken();
        var seen = new HashSet<String>();
        for (var each : placed) {
            var gang = each.gang();
            assertTrue(seen.add(gang.job().uid()), () -> "twice: " + each);
            assertEquals(waiting.get(gang.job().uid()), gang);
            assertEquals(gang.size(), each.nodes().size());
            for (var node : each.nodes()) {
                assertTrue(
                        nodes.containsKey(node) && suits(gang, nodes.get(node)),
                        () -> node + " may not be used by " + each);
            }
            checkTopology(each);
            checkQuota(each, taken);
            add(taken, each);
            for (var node : Set.copyOf(each.nodes())) {
                for (var resource : gang.each().thousandths().keySet()) {
                    assertTrue(free(node, resource, taken) >= 0, () -> resource + " given twice on " + node);
                }
            }
        }
    }

    private void checkTopology(Placed placed) {
        placed.gang().topology().filter(Gang.Topology::required).ifPresent(topology -> {
            var domains = new HashSet<Optional<String>>();
            placed.nodes().forEach(node -> domains.add(domain(topology, nodes.get(node))));
            assertTrue(
                    domains.size() == 1 && !domains.contains(Optional.<String>empty()),
                    () -> "not together: " + placed);
        });
    }

    private void checkQuota(Placed placed, List<Taken> taken) {
        var gang = placed.gang();
        assertEquals(book.quotaOf(gang.job().namespace()), placed.quota());
        if (placed.quota().isEmpty()) {
            return;
        }
        var quota = quotaOf(gang.job().namespace()).orElseThrow();
        assertTrue(!quota.stopped(), () -> "stopped: " + placed);
        var wanted = answersFor(gang, quota);
        assertEquals(wanted.isEmpty(), placed.flavor().isEmpty());
        if (wanted.isEmpty()) {
            return;
        }
        var flavor = placed.flavor().get();
        for (var node : placed.nodes()) {
            assertEquals(placed.flavor(), flavorOf(quota, nodes.get(node)).map(Quota.Flavor::name));
        }
        wanted.forEach((resource, amount) -> assertTrue(
                mayUse(quota, flavor, resource, amount, taken), () -> "more " + resource + " than allowed: " + placed));
    }

    /** What quotas' jobs use is what the pods and the places that are kept for them take. */
    void checkUsage() {
        var taken = taken();
        for (var usage : engine.usage()) {
            var quota = book.quotas().stream()
                    .filter(each -> each.name().equals(usage.quota()))
                    .findFirst()
                    .orElseThrow();
            for (var use : usage.uses()) {
                assertEquals(used(quota, use.flavor(), use.resource(), taken), use.used(), usage::toString);
            }
            assertEquals(
                    under(
                            quota,
                            waiting.values().stream().map(gang -> gang.job().namespace())),
                    usage.pending());
            assertEquals(under(quota, holds.values().stream().map(ClusterView.Hold::namespace)), usage.admitted());
        }
    }

    private long under(Quota quota, Stream<String> namespaces) {
        return namespaces
                .filter(name -> quotaOf(name).equals(Optional.of(quota)))
                .count();
    }

    /** The one with the highest priority is kept from nothing that it can have. */
    void checkFirst(List<Placed> placed) {
        var taken = taken();
        var all = waiting.values().stream()
                .filter(gang -> book.quotaOf(gang.job().namespace()).isPresent())
                .sorted(Gang.BY_TURN)
                .toList();
        if (!all.isEmpty()
                && (all.size() == 1 || all.get(0).priority() > all.get(1).priority())
                && couldStart(all.getFirst(), taken)) {
            assertTrue(
                    !placed.isEmpty() && placed.getFirst().gang().equals(all.getFirst()),
                    () -> "passed over: " + all.getFirst());
        }
    }

    /** If nothing is kept for anybody, nobody is refused who could start beside those that got places. */
    void checkNothingIsWasted(List<Placed> placed) {
        if (refused(placed).stream().noneMatch(gang -> isNext(gang.job().uid()))) {
            checkNobodyCouldStart(placed);
        }
    }

    /** Nobody could start beside those that got places. */
    void checkNobodyCouldStart(List<Placed> placed) {
        var taken = taken();
        placed.forEach(each -> add(taken, each));
        refused(placed).forEach(gang -> assertTrue(!couldStart(gang, taken), () -> "could start: " + gang));
    }

    private List<Gang> refused(List<Placed> placed) {
        var lucky = placed.stream().map(Placed::gang).toList();
        return waiting.values().stream().filter(gang -> !lucky.contains(gang)).toList();
    }

    boolean isNext(String uid) {
        return engine.explain(uid).contains("it is next");
    }
}
