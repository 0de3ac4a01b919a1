package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.Engine;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What has changed in the cluster, from the caches' threads to the admission loop. Of several changes of one object
 * only the last counts.
 */
public final class Changes {
    private Map<String, Consumer<Engine>> objects = new LinkedHashMap<>();
    private Map<String, Optional<HasMetadata>> jobs = new HashMap<>();
    private Set<String> namespaces = new HashSet<>();
    private Set<String> again = new HashSet<>();
    private boolean allJobs;
    private boolean woken;

    /**
     * @param objects what to tell the engine
     * @param jobs those that have changed, by UID; empty for one that is gone
     * @param namespaces whose jobs are to be looked at again
     * @param again other jobs that are, by UID
     * @param allJobs whether all jobs are
     */
    record Batch(
            List<Consumer<Engine>> objects,
            Map<String, Optional<HasMetadata>> jobs,
            Set<String> namespaces,
            Set<String> again,
            boolean allJobs) {}

    /** An object has changed. */
    synchronized void put(String object, Consumer<Engine> change) {
        objects.put(object, change);
        wake();
    }

    /** A job of any kind has changed, or is gone. */
    synchronized void put(String jobUid, Optional<HasMetadata> job) {
        jobs.put(jobUid, job);
        wake();
    }

    /** Something has changed by which the jobs of a namespace are read. */
    synchronized void jobsOf(String namespace) {
        namespaces.add(namespace);
        wake();
    }

    /** Something has changed by which a job is read. */
    synchronized void look(String jobUid) {
        again.add(jobUid);
        wake();
    }

    /** Something has changed by which jobs are read. */
    public synchronized void allJobs() {
        allJobs = true;
        wake();
    }

    /** Something has changed that the loop reads by itself. */
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /** Waits until something has changed, at most so long. */
    synchronized void await(Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (!woken) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return;
            }
            wait(left);
        }
    }

    /** All that has changed since the last call. */
    synchronized Batch take() {
        var batch = new Batch(new ArrayList<>(objects.values()), jobs, namespaces, again, allJobs);
        objects = new LinkedHashMap<>();
        jobs = new HashMap<>();
        namespaces = new HashSet<>();
        again = new HashSet<>();
        allJobs = false;
        woken = false;
        return batch;
    }
}
