package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.plan.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Nodes that refused a pod of a job though there was room by all that is known: by the kubelet, or by the scheduler,
 * which knows more. Each is barred for that job's next pods, each time twice as long as before.
 */
public final class NodeBackoff {
    private static final Backoff BACKOFF = new Backoff(Duration.ofMinutes(1), Duration.ofMinutes(32));

    private final Map<String, Map<String, Bar>> byJob = new HashMap<>();

    private static final class Bar {
        /** How often it has refused the job: all pods that meet it at once count as one. */
        int times;
        /** The last attempt of which it has refused a pod, and those that it has. */
        int attempt;

        final Set<String> pods = new HashSet<>();
        /** Null until the job waits again: the time counts from then. */
        Instant ends;
    }

    /** A node refused a pod of the attempt that holds places now; told again of the same pod, it changes nothing. */
    public void refused(ClusterView.Seat seat, String node, String podUid) {
        var bar =
                byJob.computeIfAbsent(seat.jobUid(), name -> new HashMap<>()).computeIfAbsent(node, name -> new Bar());
        if (bar.attempt != seat.attempt()) {
            bar.attempt = seat.attempt();
            bar.pods.clear();
        }
        if (bar.pods.add(podUid)) {
            if (bar.times == 0 || bar.ends != null) {
                bar.times++;
            }
            bar.ends = null;
        }
    }

    /** The nodes that are barred for a job that waits. */
    public Set<String> of(String jobUid, Instant now) {
        var backoff = byJob.get(jobUid);
        if (backoff == null) {
            return Set.of();
        }
        var nodes = new HashSet<String>();
        backoff.forEach((node, bar) -> {
            if (bar.ends == null) {
                bar.ends = now.plus(BACKOFF.after(bar.times));
            }
            if (bar.ends.isAfter(now)) {
                nodes.add(node);
            }
        });
        return nodes;
    }

    /** The jobs that have been refused somewhere. */
    public Set<String> jobs() {
        return Set.copyOf(byJob.keySet());
    }

    /** The job is gone. */
    public void forget(String jobUid) {
        byJob.remove(jobUid);
    }
}
