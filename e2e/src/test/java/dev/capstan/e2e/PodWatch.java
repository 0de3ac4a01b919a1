package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All that ever became of a job's pods, as a watch saw it: the end state would not show that there was one too many. A
 * watch that breaks off goes on from the version that it had reached, or, when that is too old, from a new list.
 */
final class PodWatch implements ResourceEventHandler<Pod>, AutoCloseable {
    private final String job;
    private final Map<String, Pod> there = new HashMap<>();
    private final TreeMap<String, TreeSet<String>> uids = new TreeMap<>();
    private final TreeSet<String> toldToEnd = new TreeSet<>();
    private final List<String> story = new ArrayList<>();
    private final SharedIndexInformer<Pod> informer;
    private int mostAtOnce;

    /** Starts to watch, before the job is applied. */
    PodWatch(Cluster cluster, Tenant tenant, String job) {
        this.job = job;
        informer = cluster.client()
                .pods()
                .inNamespace(tenant.namespace())
                .withLabel("capstan.dev/job", job)
                .inform(this);
    }

    @Override
    public synchronized void onAdd(Pod pod) {
        seen(pod);
    }

    @Override
    public synchronized void onUpdate(Pod before, Pod pod) {
        if (!before.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
            there.remove(before.getMetadata().getUid());
        }
        seen(pod);
    }

    @Override
    public synchronized void onDelete(Pod pod, boolean unseen) {
        there.remove(pod.getMetadata().getUid());
        toldToEnd.add(pod.getMetadata().getName());
        story.add(pod.getMetadata().getName() + " is gone");
    }

    private void seen(Pod pod) {
        var metadata = pod.getMetadata();
        there.put(metadata.getUid(), pod);
        uids.computeIfAbsent(metadata.getName(), name -> new TreeSet<>()).add(metadata.getUid());
        if (metadata.getDeletionTimestamp() != null) {
            toldToEnd.add(metadata.getName());
        }
        int live = (int) there.values().stream().filter(each -> !ended(each)).count();
        mostAtOnce = Math.max(mostAtOnce, live);
        story.add("%s (%s, version %s): %s; %d live"
                .formatted(
                        metadata.getName(),
                        metadata.getUid(),
                        metadata.getResourceVersion(),
                        pod.getStatus().getPhase(),
                        live));
    }

    static boolean ended(Pod pod) {
        var phase = pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    /**
     * Fails unless there was one pod a rank, all of them of the first attempt and never replaced, none of them told to
     * end, and never more of them at once than the gang has workers.
     */
    synchronized void assertOneUntouchedPodARank(int replicas) {
        var wanted = new TreeMap<String, Integer>();
        for (int rank = 0; rank < replicas; rank++) {
            wanted.put(job + "-tj-1-worker-" + rank + "-0", 1);
        }
        var found = new TreeMap<String, Integer>();
        uids.forEach((name, those) -> found.put(name, those.size()));
        assertEquals(wanted, found, this::toString);
        assertEquals(new TreeSet<>(), toldToEnd, this::toString);
        assertTrue(mostAtOnce <= replicas, this::toString);
    }

    /** Fails if there was any. */
    synchronized void assertNone() {
        assertEquals(Map.of(), uids, this::toString);
    }

    @Override
    public synchronized String toString() {
        return "pods of " + job + ", as they were seen:\n" + String.join("\n", story);
    }

    @Override
    public void close() {
        informer.close();
    }
}
