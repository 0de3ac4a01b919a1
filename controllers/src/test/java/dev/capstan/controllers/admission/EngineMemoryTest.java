package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Scenario.gpus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import io.fabric8.kubernetes.api.model.Quantity;
import java.lang.ref.Reference;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What {@link Engine} promises of its memory, by what is in use when the garbage is gone. */
class EngineMemoryTest {
    private static final Instant NOW = Scenario.START;
    private static final int MANY = 20_000;
    private static final long MB = 1_000_000;

    private final Engine engine = new Engine(24 * MB);

    @Test
    void pods() {
        assertBound(() -> {
            engine.put(Nodes.node("a", 8));
            times(MANY, i -> engine.put(pod(uid(i), "a", gpus(1), Optional.empty())));
        });
    }

    @Test
    void podsOfGangs() {
        assertBound(() -> {
            engine.put(Nodes.node("a", 8));
            engine.put(hold("job", MANY, "a", gpus(1)));
            times(MANY, i -> {
                var seat = new ClusterView.Seat("default", "job", 1, i);
                engine.put(pod(uid(i), "a", gpus(1), Optional.of(seat)));
            });
        });
    }

    @Test
    void smallGrants() {
        assertBound(() -> {
            engine.put(Nodes.node("a", 8));
            times(MANY, i -> engine.put(hold(uid(i), 1, "a", gpus(1))));
        });
    }

    @Test
    void bigGrants() {
        assertBound(() -> {
            engine.put(Nodes.node("a", 8));
            times(MANY / 50, i -> engine.put(hold(uid(i), 100, "a", gpus(1))));
        });
    }

    @Test
    void nodes() {
        assertBound(() -> times(MANY / 10, i -> engine.put(labelled("node-" + i, 20))));
    }

    @Test
    void gangsThatAskForTheSame() {
        assertBound(() -> times(MANY, i -> engine.put(gang(uid(i), gpus(1 + i % 4), Optional.empty()))));
    }

    @Test
    void gangsThatAskForDifferentThings() {
        assertBound(() -> times(MANY, i -> engine.put(gang(uid(i), millis(1 + i), Optional.empty()))));
    }

    @Test
    void gangsThatAskForWhatNoNodeHas() {
        assertBound(() -> {
            waitOn(5_000, i -> gang(uid(i), unknown(i), Optional.empty()));
            engine.cycle(NOW);
        });
    }

    @Test
    void whereFewShapesFit() {
        assertBound(() -> {
            waitOn(5_000, i -> gang(uid(i), millis(1 + i % 200), Optional.empty()));
            engine.cycle(NOW);
        });
        assertEquals(0, engine.leftOut());
    }

    @Test
    void whereShapesFitInDomains() {
        assertBound(() -> {
            waitOn(5_000, i -> gang(uid(i), millis(1 + i % 200), Optional.of("kubernetes.io/hostname")));
            engine.cycle(NOW);
        });
        assertEquals(0, engine.leftOut());
    }

    @Test
    void whereThousandsOfShapesFit() {
        assertBound(() -> {
            waitOn(5_000, i -> gang(uid(i), millis(1 + i), Optional.empty()));
            do {
                engine.cycle(NOW);
            } while (engine.isBehind());
        });
        assertTrue(engine.leftOut() > 1_000, "all were looked at");
    }

    /** So many gangs wait on a thousand nodes. */
    private void waitOn(int gangs, IntFunction<Workload> gang) {
        times(1_000, i -> engine.put(labelled("node-" + i, 3)));
        times(gangs, i -> engine.put(gang.apply(i)));
    }

    @Test
    void whatHasComeAndGoneLeavesNothingBehind() {
        // They wait for all of this, and need every table of it.
        engine.put(gang("first", gpus(100), Optional.of("kubernetes.io/hostname")));
        engine.put(Nodes.node("stays", 1));
        for (int i = 0; i < 5; i++) {
            comeAndGo(i);
        }
        long before = heap();
        for (int i = 5; i < 50; i++) {
            comeAndGo(i);
        }
        long left = heap() - before;
        assertTrue(left < MB, left + " bytes");
        assertTrue(engine.mostBytes() < MB, engine.mostBytes() + " bytes");
    }

    @Test
    void labelsThatWereAskedForAreForgottenThoughNoNodeChanges() {
        engine.put(Nodes.node("stays", 8));
        engine.put(gang("stays", gpus(1), Optional.empty()));
        long before = heap();
        for (int round = 0; round < 20; round++) {
            int first = MANY * round;
            times(MANY / 20, i -> engine.put(gang("job-" + i, gpus(1), Optional.of("label-" + (first + i)))));
            engine.cycle(NOW);
            times(MANY / 20, i -> engine.forget("job-" + i));
        }
        long left = heap() - before;
        assertTrue(left < MB, left + " bytes");
    }

    /** Hundreds of each, none of which is like any other. */
    private void comeAndGo(int round) {
        int first = 400 * round;
        var numbers = IntStream.range(first, first + 400).boxed().toList();
        numbers.forEach(i -> engine.put(labelled("node-" + i, 3)));
        for (int i : numbers) {
            engine.put(pod("pod-" + i, "node-" + i, unknown(i), Optional.empty()));
            engine.put(hold("job-" + i, 2, "node-" + i, millis(i + 1)));
            engine.refused(new ClusterView.Seat("default", "job-" + i, 1, 0), "refused-" + i);
            // A job that stays is refused a pod by the same node again and again.
            engine.put(hold("stays", 1 + i, 1, "stays", gpus(1)));
            engine.refused(new ClusterView.Seat("default", "stays", 1 + i, 0), "pod-of-stays-" + i);
            engine.put(gang("waits-" + i, unknown(i), Optional.of("example.com/label-" + i)));
        }
        engine.cycle(NOW);
        for (int i : numbers) {
            engine.removePod("pod-" + i);
            engine.forget("job-" + i);
            engine.forget("waits-" + i);
            engine.removeNode("node-" + i);
        }
        engine.cycle(NOW);
    }

    private static ClusterView.Node labelled(String name, int labels) {
        var its = new HashMap<String, String>();
        its.put("kubernetes.io/hostname", name);
        for (int i = 1; i < labels; i++) {
            its.put("feature.node.kubernetes.io/cpu-with-a-long-name-" + i, "value");
        }
        return new ClusterView.Node(name, true, true, Map.copyOf(its), List.of(), gpus(8));
    }

    private static String uid(int number) {
        return new UUID(1, number).toString();
    }

    private static ClusterView.Pod pod(String uid, String node, Resources each, Optional<ClusterView.Seat> seat) {
        return new ClusterView.Pod(uid, "team", node, false, each, seat);
    }

    private static Grant hold(String job, int pods, String node, Resources each) {
        return hold(job, 1, pods, node, each);
    }

    private static Grant hold(String job, int attempt, int pods, String node, Resources each) {
        var nodes = IntStream.range(0, pods).mapToObj(rank -> node).toList();
        return new Grant(
                id(job), attempt, 0, List.of(new Grant.Seats("worker", 0, each, nodes)), NOW, Optional.empty(), NOW);
    }

    private static Workload gang(String job, Resources each, Optional<String> within) {
        return new Workload(
                id(job),
                1,
                0,
                NOW,
                List.of(PodSet.whole("worker", 0, 4, each, NodeConstraints.ANYWHERE)),
                within.map(label -> new Workload.Topology(label, true, Optional.empty())),
                Optional.empty());
    }

    private static WorkloadId id(String job) {
        return new WorkloadId("TrainingJob", "team", job, job);
    }

    private static Resources millis(int cpu) {
        return Resources.asked(Map.of("cpu", new Quantity(cpu + "m")));
    }

    private static Resources unknown(int number) {
        return Resources.units("example.com/device-" + number, 1);
    }

    private static void times(int count, IntConsumer work) {
        IntStream.range(0, count).forEach(work);
    }

    /** It takes no more than the bound says, and the bound isn't so high that it says nothing. */
    private void assertBound(Runnable work) {
        long before = heap();
        work.run();
        long taken = heap() - before;
        long most = engine.mostBytes();
        assertTrue(taken <= most, taken + " bytes are taken, and " + most + " promised");
        assertTrue(most <= 3 * taken, taken + " bytes are taken, and " + most + " promised");
    }

    /**
     * Bytes in use when the garbage is gone. The serial collector leaves some of it between objects that live, but for
     * every fourth time (its MarkSweepAlwaysCompactCount).
     */
    private long heap() {
        times(4, again -> System.gc());
        Reference.reachabilityFence(engine);
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
