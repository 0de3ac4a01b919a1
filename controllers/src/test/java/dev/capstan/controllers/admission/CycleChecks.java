package dev.capstan.controllers.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.Quota;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is true of every pass, by the naive rules. */
final class CycleChecks {
    private final NaiveCluster cluster;
    private final NaiveRules rules;

    CycleChecks(NaiveCluster cluster) {
        this.cluster = cluster;
        rules = new NaiveRules(cluster);
    }

    /** The whole minimum or nothing; no room and no quota given twice; nobody where it mustn't be. */
    void checkAllowed(List<Decision> decisions) {
        var taken = rules.taken();
        var seen = new HashSet<String>();
        for (var decision : decisions) {
            var placed = (Decision.Granting) decision;
            var workload = placed.workload();
            assertTrue(seen.add(workload.uid()), () -> "twice: " + placed);
            assertEquals(cluster.waiting(workload.uid()), workload);
            checkCounts(placed);
            for (var seats : placed.podSets()) {
                var where = podSet(workload, seats).where();
                seats.pods()
                        .mapToObj(seats.nodes()::get)
                        .forEach(node -> assertTrue(
                                cluster.nodes().containsKey(node)
                                        && NaiveRules.suits(
                                                where, cluster.nodes().get(node)),
                                () -> node + " may not be used by " + placed));
            }
            checkTopology(placed);
            checkQuota(placed, taken);
            NaiveRules.add(taken, placed);
            for (var seats : placed.podSets()) {
                for (var node : nodes(seats)) {
                    for (var resource : seats.each().thousandths().keySet()) {
                        assertTrue(rules.free(node, resource, taken) >= 0, () -> resource + " given twice on " + node);
                    }
                }
            }
        }
    }

    private void checkCounts(Decision.Granting placed) {
        var workload = placed.workload();
        var held = cluster.hold(workload.uid());
        switch (placed) {
            case Decision.Admit admit -> {
                assertNull(held);
                for (var podSet : workload.podSets()) {
                    assertEquals(
                            podSet.minimum(),
                            admit.podSets().stream()
                                    .filter(seats -> seats.podSet().equals(podSet.name()))
                                    .mapToLong(seats -> seats.count())
                                    .sum());
                }
            }
            case Decision.Fill fill -> {
                assertTrue(fill.size() > 0);
                for (var seats : fill.podSets()) {
                    seats.pods()
                            .forEach(rank -> assertTrue(
                                    rank < podSet(workload, seats).count()
                                            && !held.seats(seats.podSet())
                                                    .filter(its -> its.has(rank))
                                                    .isPresent(),
                                    fill::toString));
                }
            }
        }
    }

    private static PodSet podSet(Workload workload, Grant.Seats seats) {
        return workload.podSets().stream()
                .filter(podSet -> podSet.name().equals(seats.podSet()))
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> nodes(Grant.Seats seats) {
        return seats.nodes().stream().filter(Objects::nonNull).collect(Collectors.toSet());
    }

    private void checkTopology(Decision.Granting placed) {
        placed.workload().topology().filter(Workload.Topology::required).ifPresent(topology -> {
            var domains = new HashSet<Optional<String>>();
            cluster.after(placed)
                    .orElseThrow()
                    .nodes()
                    .filter(cluster.nodes()::containsKey)
                    .forEach(node -> domains.add(
                            NaiveRules.domain(topology, cluster.nodes().get(node))));
            // Nodes may have moved to another domain since those before got their places.
            boolean moved = placed instanceof Decision.Fill;
            assertTrue(
                    moved || domains.size() == 1 && !domains.contains(Optional.<String>empty()),
                    () -> "not together: " + placed);
        });
    }

    private void checkQuota(Decision.Granting placed, List<NaiveRules.Taken> taken) {
        var namespace = placed.id().namespace();
        assertEquals(cluster.book().quotaOf(namespace), placed.quota());
        if (placed.quota().isEmpty()) {
            return;
        }
        var quota = rules.quotaOf(namespace).orElseThrow();
        assertTrue(!quota.stopped(), () -> "stopped: " + placed);
        var wanted = new HashMap<String, Map<String, Long>>();
        for (var seats : placed.podSets()) {
            var pods = new NaiveRules.Pods(seats.each(), null, (int) seats.count());
            var its = NaiveRules.answersFor(pods, quota);
            if (!its.isEmpty() && pods.count() > 0) {
                seats.pods().forEach(rank -> {
                    var flavor = NaiveRules.flavorOf(
                                    quota, cluster.nodes().get(seats.nodes().get(rank)))
                            .orElseThrow()
                            .name();
                    assertTrue(placed.flavors().contains(flavor), () -> flavor + " was not charged: " + placed);
                    its.forEach((resource, amount) -> wanted.computeIfAbsent(flavor, name -> new HashMap<>())
                            .merge(resource, amount / pods.count(), Long::sum));
                });
            }
        }
        assertEquals(wanted.keySet(), Set.copyOf(placed.flavors()));
        wanted.forEach((flavor, amounts) -> amounts.forEach((resource, amount) -> assertTrue(
                rules.mayUse(quota, flavor, resource, amount, taken),
                () -> "more " + resource + " than allowed: " + placed)));
    }

    /** What quotas' jobs use is what the pods and the places that are kept for them take. */
    void checkUsage() {
        var taken = rules.taken();
        for (var usage : cluster.engine.usage()) {
            var quota = cluster.book().quotas().stream()
                    .filter(each -> each.name().equals(usage.quota()))
                    .findFirst()
                    .orElseThrow();
            for (var use : usage.uses()) {
                assertEquals(rules.used(quota, use.flavor(), use.resource(), taken), use.used(), usage::toString);
            }
            assertEquals(
                    under(
                            quota,
                            cluster.waiting().stream()
                                    .filter(workload -> cluster.hold(workload.uid()) == null)
                                    .map(workload -> workload.id().namespace())),
                    usage.pending());
            assertEquals(under(quota, cluster.holds().stream().map(Grant::namespace)), usage.admitted());
        }
    }

    private long under(Quota quota, Stream<String> namespaces) {
        return namespaces
                .filter(name -> rules.quotaOf(name).equals(Optional.of(quota)))
                .count();
    }

    /** The one with the highest priority is kept from nothing that it can have. */
    void checkFirst(List<Decision> decisions) {
        var taken = rules.taken();
        var all = cluster.waiting().stream()
                .filter(workload ->
                        cluster.book().quotaOf(workload.id().namespace()).isPresent())
                .sorted(Workload.BY_TURN)
                .toList();
        if (!all.isEmpty()
                && (all.size() == 1 || all.get(0).priority() > all.get(1).priority())
                && rules.couldStart(all.getFirst(), held(all.getFirst()), taken)) {
            assertTrue(
                    !decisions.isEmpty()
                            && ((Decision.Granting) decisions.getFirst())
                                    .workload()
                                    .equals(all.getFirst()),
                    () -> "passed over: " + all.getFirst());
        }
    }

    private Optional<Grant> held(Workload workload) {
        return Optional.ofNullable(cluster.hold(workload.uid()));
    }

    /** If nothing is kept for anybody, nobody is refused who could start beside those that got places. */
    void checkNothingIsWasted(List<Decision> decisions) {
        if (cluster.waiting().stream().noneMatch(workload -> cluster.isNext(workload.uid()))) {
            checkNobodyCouldStart(decisions);
        }
    }

    /** Nobody could start beside those that got places, and nobody have more of its pods. */
    void checkNobodyCouldStart(List<Decision> decisions) {
        var taken = rules.taken();
        var placed = new HashMap<String, Decision.Granting>();
        for (var each : decisions) {
            NaiveRules.add(taken, (Decision.Granting) each);
            placed.put(each.id().uid(), (Decision.Granting) each);
        }
        for (var workload : cluster.waiting()) {
            var its = placed.get(workload.uid());
            // Who was admitted just now has its further pods filled in by the next cycle.
            if (!(its instanceof Decision.Admit)) {
                var grant = its == null ? held(workload) : cluster.after(its);
                assertTrue(!rules.couldStart(workload, grant, taken), () -> "could start: " + workload);
            }
        }
    }
}
