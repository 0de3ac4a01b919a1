package dev.capstan.controllers.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.Fit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is true whatever happens: some ten thousand random events for each property. */
class EnginePropertiesTest {
    private static final int TRIES = 250;
    private static final int MOST_EVENTS = 100;

    @Property(tries = TRIES, seed = Seed.SAME)
    void nothingIsGivenTwiceAndNobodyGetsAPart(@ForAll("events") List<Event> events) {
        var cluster = new NaiveCluster(Scenario.engine());
        var checks = new CycleChecks(cluster);
        for (var event : events) {
            event.happensIn(cluster);
            var placed = cluster.engine.cycle(cluster.now());
            checks.checkAllowed(placed);
            checks.checkFirst(placed);
            checks.checkUsage();
        }
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void nobodyWhoCouldStartIsRefusedWhileNothingIsKept(
            @ForAll("events") List<Event> events, @ForAll boolean grantsAreSeen) {
        var cluster = new NaiveCluster(Scenario.engine());
        var checks = new CycleChecks(cluster);
        for (var event : events) {
            if (event instanceof Event.Grants && !grantsAreSeen) {
                // Nothing is kept where nobody knows of jobs that end.
                cluster.engine.cycle(cluster.now()).forEach(cluster::grantAsPods);
            } else {
                event.happensIn(cluster);
            }
            checks.checkNothingIsWasted(cluster.engine.cycle(cluster.now()));
        }
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void afterEachEventAllIsDecidedAsIfCountedAnew(@ForAll("events") List<Event> events) {
        var cluster = new NaiveCluster(Scenario.engine());
        for (var event : events) {
            event.happensIn(cluster);
            var decided = decisions(cluster.engine, cluster);
            cluster.engine.recount();
            assertEquals(decided, decisions(cluster.engine, cluster));
        }
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void afterEachEventAllIsDecidedAsByWhoOnlySawTheEnd(@ForAll("events") List<Event> events) {
        var cluster = new NaiveCluster(engineWithNodesInOrder());
        for (var event : events) {
            event.happensIn(cluster);
            // Old enough that what was kept before is decided anew.
            cluster.after(1);
            var decided = decisions(cluster.engine, cluster);
            var other = engineWithNodesInOrder();
            cluster.tell(other);
            assertEquals(decided, decisions(other, cluster));
        }
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void withMemoryForFewNothingIsGivenTwiceAndNobodyGetsAPart(@ForAll("events") List<Event> events) {
        var cluster = new NaiveCluster(engineWithMemoryForFew());
        var checks = new CycleChecks(cluster);
        for (var event : events) {
            event.happensIn(cluster);
            checks.checkAllowed(cluster.engine.cycle(cluster.now()));
            checks.checkUsage();
        }
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void withMemoryForFewAllIsDecidedAsIfCountedAnew(@ForAll("events") List<Event> events) {
        var cluster = new NaiveCluster(engineWithMemoryForFew());
        for (var event : events) {
            event.happensIn(cluster);
            untilNotBehind(cluster, placed -> {});
            var decided = decisions(cluster.engine, cluster);
            cluster.engine.recount();
            assertEquals(decided, decisions(cluster.engine, cluster));
        }
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void whenArrivalsEndAllStartWhoEverCan(
            @ForAll("events") List<Event> events,
            @ForAll("picks") List<Integer> picks,
            @ForAll boolean servicesAreDeleted) {
        checkAllStartWhoEverCan(new NaiveCluster(Scenario.engine()), events, picks, servicesAreDeleted);
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void withMemoryForFewAllStartInTheEndWhoEverCan(
            @ForAll("events") List<Event> events, @ForAll("picks") List<Integer> picks) {
        checkAllStartWhoEverCan(new NaiveCluster(engineWithMemoryForFew()), events, picks, true);
    }

    /** Services that stay hold what they have: nothing is kept then for who could start only without them. */
    private static void checkAllStartWhoEverCan(
            NaiveCluster cluster, List<Event> events, List<Integer> picks, boolean servicesAreDeleted) {
        events.forEach(event -> event.happensIn(cluster));
        for (int i = 0; i < NaiveCluster.NODES; i++) {
            new Event.NodeIsThere(i, 4, i % NaiveCluster.RACKS, i % 2, Event.State.USABLE).happensIn(cluster);
        }
        cluster.pods().forEach(pod -> cluster.removePod(pod.uid()));
        int jobs = cluster.waiting().size() + cluster.holds().size();
        for (int i = 0; i <= jobs; i++) {
            cluster.after(1);
            untilNotBehind(cluster, placed -> placed.forEach(cluster::grant));
            var ending = cluster.holds().stream()
                    .filter(hold -> servicesAreDeleted || !hold.lasting())
                    .toList();
            if (!ending.isEmpty()) {
                cluster.removeGrant(
                        Event.any(ending, picks.get(i % picks.size())).uid());
            }
        }
        untilNotBehind(cluster, placed -> placed.forEach(cluster::grant));
        assertEquals(
                List.of(),
                cluster.holds().stream()
                        .filter(hold -> servicesAreDeleted || !hold.lasting())
                        .toList());
        new CycleChecks(cluster).checkNobodyCouldStart(List.of());
    }

    private static Engine engineWithMemoryForFew() {
        return new Engine(2L * NaiveCluster.NODES * Fit.BYTES_PER_ROW);
    }

    /** As many passes as it takes to look at all. */
    private static void untilNotBehind(NaiveCluster cluster, Consumer<List<Decision>> placed) {
        int passes = 0;
        do {
            assertTrue(passes++ < 1000, "there is no end of it");
            placed.accept(cluster.engine.cycle(cluster.now()));
        } while (cluster.engine.isBehind());
    }

    /** Who gets what, and what all others are told. */
    private static List<Object> decisions(Engine engine, NaiveCluster cluster) {
        var placed = engine.cycle(cluster.now());
        var told = new TreeMap<String, String>();
        var others = new ArrayList<>(cluster.waiting());
        placed.forEach(each -> others.removeIf(other -> other.id().equals(each.id())));
        others.stream()
                .filter(workload -> engine.reason(workload.uid()).isPresent())
                .forEach(workload -> told.put(workload.uid(), engine.explain(workload.uid())));
        return List.of(placed, told, engine.usage());
    }

    /**
     * Of nodes and domains that serve equally well the engine takes the one that it got to know first. Here it knows
     * all of them from the beginning, so that their order doesn't depend on what happens; and two gangs that can never
     * start wait for ever, so that no domain is forgotten.
     */
    private static Engine engineWithNodesInOrder() {
        var engine = Scenario.engine();
        for (int i = 0; i < NaiveCluster.NODES; i++) {
            var node = Nodes.node("n" + i, 0, "rack=r" + i % NaiveCluster.RACKS);
            engine.put(node);
            engine.put(
                    new ClusterView.Pod("stays-" + i, "other", node.name(), false, Resources.NONE, Optional.empty()));
        }
        for (var label : List.of("rack", "kubernetes.io/hostname")) {
            engine.put(Scenario.job(label).pods(1000).within(label).workload());
        }
        IntStream.range(0, NaiveCluster.NODES).forEach(i -> engine.removeNode("n" + i));
        return engine;
    }

    @Provide
    Arbitrary<List<Integer>> picks() {
        return Event.upTo(20).list().ofSize(20);
    }

    @Provide
    Arbitrary<List<Event>> events() {
        return Event.atMost(MOST_EVENTS);
    }
}
