package dev.capstan.controllers.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.admission.quota.Quota;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What is true of every pass, by the naive rules. */
final class CycleChecks {
    private final NaiveCluster cluster;
    private final NaiveRules rules;

    CycleChecks(NaiveCluster cluster) {
        this.cluster = cluster;
        rules = new NaiveRules(cluster);
    }

    /** All of a gang or none; no room and no quota given twice; nobody where it mustn't be. */
    void checkAllowed(List<Placed> placed) {
        var taken = rules.taken();
        var seen = new HashSet<String>();
        for (var each : placed) {
            var gang = each.gang();
            assertTrue(seen.add(gang.job().uid()), () -> "twice: " + each);
            assertEquals(cluster.waiting(gang.job().uid()), gang);
            assertEquals(gang.size(), each.nodes().size());
            for (var node : each.nodes()) {
                assertTrue(
                        cluster.nodes().containsKey(node)
                                && NaiveRules.suits(gang, cluster.nodes().get(node)),
                        () -> node + " may not be used by " + each);
            }
            checkTopology(each);
            checkQuota(each, taken);
            NaiveRules.add(taken, each);
            for (var node : Set.copyOf(each.nodes())) {
                for (var resource : gang.each().thousandths().keySet()) {
                    assertTrue(rules.free(node, resource, taken) >= 0, () -> resource + " given twice on " + node);
                }
            }
        }
    }

    private void checkTopology(Placed placed) {
        placed.gang().topology().filter(Gang.Topology::required).ifPresent(topology -> {
            var domains = new HashSet<Optional<String>>();
            placed.nodes()
                    .forEach(node -> domains.add(
                            NaiveRules.domain(topology, cluster.nodes().get(node))));
            assertTrue(
                    domains.size() == 1 && !domains.contains(Optional.<String>empty()),
                    () -> "not together: " + placed);
        });
    }

    private void checkQuota(Placed placed, List<NaiveRules.Taken> taken) {
        var gang = placed.gang();
        assertEquals(cluster.book().quotaOf(gang.job().namespace()), placed.quota());
        if (placed.quota().isEmpty()) {
            return;
        }
        var quota = rules.quotaOf(gang.job().namespace()).orElseThrow();
        assertTrue(!quota.stopped(), () -> "stopped: " + placed);
        var wanted = NaiveRules.answersFor(gang, quota);
        assertEquals(wanted.isEmpty(), placed.flavor().isEmpty());
        if (wanted.isEmpty()) {
            return;
        }
        var flavor = placed.flavor().get();
        for (var node : placed.nodes()) {
            assertEquals(
                    placed.flavor(),
                    NaiveRules.flavorOf(quota, cluster.nodes().get(node)).map(Quota.Flavor::name));
        }
        wanted.forEach((resource, amount) -> assertTrue(
                rules.mayUse(quota, flavor, resource, amount, taken),
                () -> "more " + resource + " than allowed: " + placed));
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
                            cluster.waiting().stream().map(gang -> gang.job().namespace())),
                    usage.pending());
            assertEquals(under(quota, cluster.holds().stream().map(ClusterView.Hold::namespace)), usage.admitted());
        }
    }

    private long under(Quota quota, Stream<String> namespaces) {
        return namespaces
                .filter(name -> rules.quotaOf(name).equals(Optional.of(quota)))
                .count();
    }

    /** The one with the highest priority is kept from nothing that it can have. */
    void checkFirst(List<Placed> placed) {
        var taken = rules.taken();
        var all = cluster.waiting().stream()
                .filter(gang -> cluster.book().quotaOf(gang.job().namespace()).isPresent())
                .sorted(Gang.BY_TURN)
                .toList();
        if (!all.isEmpty()
                && (all.size() == 1 || all.get(0).priority() > all.get(1).priority())
                && rules.couldStart(all.getFirst(), taken)) {
            assertTrue(
                    !placed.isEmpty() && placed.getFirst().gang().equals(all.getFirst()),
                    () -> "passed over: " + all.getFirst());
        }
    }

    /** If nothing is kept for anybody, nobody is refused who could start beside those that got places. */
    void checkNothingIsWasted(List<Placed> placed) {
        if (refused(placed).stream().noneMatch(gang -> cluster.isNext(gang.job().uid()))) {
            checkNobodyCouldStart(placed);
        }
    }

    /** Nobody could start beside those that got places. */
    void checkNobodyCouldStart(List<Placed> placed) {
        var taken = rules.taken();
        placed.forEach(each -> NaiveRules.add(taken, each));
        refused(placed).forEach(gang -> assertTrue(!rules.couldStart(gang, taken), () -> "could start: " + gang));
    }

    private List<Gang> refused(List<Placed> placed) {
        var lucky = placed.stream().map(Placed::gang).toList();
        return cluster.waiting().stream().filter(gang -> !lucky.contains(gang)).toList();
    }
}
