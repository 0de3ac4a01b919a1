package dev.capstan.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Takes workers away, within milliseconds, and says when that was. What it cut off is whole again after it. */
final class FaultInjector implements AutoCloseable {
    /** Of Linux, wherever it tells times to programs. */
    private static final double TICKS_PER_SECOND = 100;

    private final Cluster cluster;
    private final Map<String, NodeShell> shells = new HashMap<>();
    private final Set<String> cut = new HashSet<>();

    FaultInjector(Cluster cluster) {
        this.cluster = cluster;
        cluster.workerNodes().stream()
                .map(node -> node.getMetadata().getName())
                .forEach(node -> shells.put(node, NodeShell.open(node)));
    }

    /** Kills the processes of these pods at once, from their nodes; returns when the first one was killed. */
    Instant kill(List<Pod> pods) {
        var processes = pods.stream()
                .collect(Collectors.groupingBy(
                        Gang::node, Collectors.mapping(this::processId, Collectors.joining(" "))));
        return processes.entrySet().parallelStream()
                .map(each -> shells.get(each.getKey())
                        .run("bash -c 'now=$EPOCHREALTIME; kill -9 " + each.getValue() + " && echo $now'"))
                .map(printed -> time(printed.getFirst()))
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /** Kills a pod's process as soon as it has logged something; returns when, or nothing if it didn't in time. */
    Optional<Instant> killWhen(Pod pod, String logged, Duration patience) {
        var script = """
                exec 3< <(exec tail -n 0 -F %s 2>/dev/null)
                while read -r -t %d -u 3 line; do
                  case $line in *"%s"*) now=$EPOCHREALTIME; kill -9 %s && echo $now; break ;; esac
                done
                kill $! || true""".formatted(Gang.path(pod), patience.toSeconds(), logged, processId(pod));
        return shells.get(Gang.node(pod)).run("bash -c '" + script + "'").stream()
                .findFirst()
                .map(FaultInjector::time);
    }

    /** Seconds and microseconds. */
    private static Instant time(String epoch) {
        var parts = epoch.split("[.,]");
        return Instant.ofEpochSecond(Long.parseLong(parts[0]), 1000L * Long.parseLong(parts[1]));
    }

    private String processId(Pod pod) {
        var container = Gang.containerId(pod);
        return shells.get(Gang.node(pod))
                .run("ctr -n k8s.io tasks ls | awk '$1 == \"" + container + "\" {print $2}'")
                .getFirst();
    }

    /** How much of a core a pod's process takes, as the kernel counts it over a while. */
    double cores(Pod pod, Duration during) throws InterruptedException {
        long start = System.nanoTime();
        long before = ticks(pod);
        Thread.sleep(during);
        return (ticks(pod) - before) / TICKS_PER_SECOND / ((System.nanoTime() - start) / 1e9);
    }

    private long ticks(Pod pod) {
        // The fields behind the program's name, which may have spaces: user's and system's time are the 12th and 13th.
        var fields = shells.get(Gang.node(pod))
                .run("cat /proc/" + processId(pod) + "/stat")
                .getFirst()
                .replaceFirst(".*\\) ", "")
                .split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    /** Deletes a pod without letting its worker end by itself. */
    Instant delete(Pod pod) {
        var now = Instant.now();
        cluster.client().resource(pod).withGracePeriod(0).delete();
        return now;
    }

    /** Has a pod evicted, so that its worker ends by itself. */
    Instant evict(Pod pod) {
        var now = Instant.now();
        cluster.evict(pod);
        return now;
    }

    /** Cuts a node off from all others, until {@link #restore}. */
    Instant cut(String node) {
        synchronized (cut) {
            cut.add(node);
        }
        cluster.cutLink(node);
        return Instant.now();
    }

    Instant restore(String node) {
        cluster.restoreLink(node);
        synchronized (cut) {
            cut.remove(node);
        }
        return Instant.now();
    }

    @Override
    public void close() {
        Set<String> left;
        synchronized (cut) {
            left = Set.copyOf(cut);
        }
        left.forEach(this::restore);
        shells.values().forEach(NodeShell::close);
    }
}
