package dev.capstan.operator.crowd;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * What nodes suffer, in rounds of a second and in proportion to how many nodes there are. No node suffers two things at
 * once, and each comes back.
 */
final class Churn {
    private static final int ROUND_MILLIS = 1000;
    /** One of so many nodes suffers at the same time: of each, the node controller makes several writes. */
    private static final int ONE_OF = 100;
    /**
     * How many of so many nodes are drained and replaced in the whole run, and how many are gone for long: more of it,
     * and big gangs would hardly ever be whole.
     */
    private static final int LOSSES = 2;

    private record Later(int round, Runnable action) {}

    private final SimulatedCluster cluster;
    private final Random random;
    private final List<String> nodes;
    private final int share;
    private final Map<String, String> nodeByPod = new HashMap<>();
    private final Set<String> suffering = new HashSet<>();
    private final PriorityQueue<Later> later = new PriorityQueue<>(Comparator.comparingInt(Later::round));
    private int round;
    private int replaced;
    private int gone;
    private int unready;

    Churn(SimulatedCluster cluster, int nodes, Random random) {
        this.cluster = cluster;
        this.nodes = IntStream.range(0, nodes).mapToObj(i -> "kwok-" + i).toList();
        this.random = random;
        share = Math.max(1, nodes / ONE_OF);
    }

    /** Hears what a watch tells: where pods are. */
    void hear(Event event) {
        if (event.thing() instanceof Event.Pod pod) {
            synchronized (nodeByPod) {
                if (event.gone() || pod.node() == null || pod.ended()) {
                    nodeByPod.remove(pod.uid());
                } else {
                    nodeByPod.put(pod.uid(), pod.node());
                }
            }
        }
    }

    /** Lasts a second, or longer where the API server is slow. */
    void round() throws InterruptedException {
        long start = System.nanoTime();
        while (!later.isEmpty() && later.peek().round() <= round) {
            later.poll().action().run();
        }
        suffer(share, nodes, this::cordon);
        // Not more: the node controller taints a node in ten seconds and zone with NoExecute.
        if (round % 6 == 2) {
            suffer(share, nodes, this::becomeUnready);
        }
        if (round % 4 == 1 && gone < LOSSES * share) {
            gone += suffer(1, busy(), this::go);
        }
        if (round % 4 == 3 && replaced < LOSSES * share) {
            replaced += suffer(1, busy(), this::replace);
        }
        round++;
        Thread.sleep(Math.max(0, ROUND_MILLIS - (System.nanoTime() - start) / 1_000_000));
    }

    /** Brings back all that are away. */
    void end() {
        while (!later.isEmpty()) {
            later.poll().action().run();
        }
    }

    private void cordon(String node) {
        cluster.cordon(node, true);
        after(1, () -> {
            cluster.cordon(node, false);
            suffering.remove(node);
        });
    }

    private void becomeUnready(String node) {
        cluster.ready(node, unready++ % 2 == 0 ? "False" : "Unknown");
        after(5 + random.nextInt(10), () -> {
            cluster.ready(node, "True");
            suffering.remove(node);
        });
    }

    private void replace(String node) {
        cluster.cordon(node, true);
        cluster.evict(node);
        after(1, () -> away(node, 1));
    }

    /** Every second one without a drain, as a machine whose power fails. */
    private void go(String node) {
        int rounds = 20 + random.nextInt(20);
        if (gone % 2 == 0) {
            away(node, rounds);
        } else {
            cluster.cordon(node, true);
            cluster.evict(node);
            after(1, () -> away(node, rounds));
        }
    }

    private void away(String name, int rounds) {
        var node = cluster.remove(name);
        after(rounds, () -> {
            cluster.bring(node);
            suffering.remove(name);
        });
    }

    /** Has up to so many of these nodes suffer, of those that don't yet, and answers how many do. */
    private int suffer(int count, List<String> among, Consumer<String> what) {
        var well = new ArrayList<>(among);
        well.removeAll(suffering);
        Collections.shuffle(well, random);
        var chosen = well.stream().limit(count).toList();
        chosen.forEach(node -> {
            suffering.add(node);
            what.accept(node);
        });
        return chosen.size();
    }

    private List<String> busy() {
        synchronized (nodeByPod) {
            return nodeByPod.values().stream().distinct().sorted().toList();
        }
    }

    private void after(int rounds, Runnable action) {
        later.add(new Later(round + rounds, action));
    }
}
