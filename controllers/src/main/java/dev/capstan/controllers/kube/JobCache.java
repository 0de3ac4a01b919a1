package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.JobRef;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** All jobs or services of a kind, in the namespaces that are watched. */
public final class JobCache<R extends HasMetadata> implements AutoCloseable {
    private static final String BY_PLACE = "by-place";

    private final List<SteadyInformer<R>> informers = new ArrayList<>();
    private final Set<String> uids = ConcurrentHashMap.newKeySet();
    private volatile Consumer<String> listener = uid -> {};
    private volatile Consumer<JobRef> changed = job -> {};
    private volatile Consumer<String> placeChanged = place -> {};
    private volatile Consumer<R> seen = job -> {};
    private final Function<R, Optional<String>> place;

    /** Starts reading what writes no place; no namespaces means all. */
    public JobCache(KubernetesClient client, Class<R> kind, Set<String> namespaces, Changes changes) {
        this(client, kind, namespaces, changes, job -> Optional.empty());
    }

    /**
     * Starts reading.
     *
     * @param namespaces none means all
     * @param place what tells the place that a job writes from others
     */
    public JobCache(
            KubernetesClient client,
            Class<R> kind,
            Set<String> namespaces,
            Changes changes,
            Function<R, Optional<String>> place) {
        this.place = place;
        var jobs = client.resources(kind);
        if (namespaces.isEmpty()) {
            start(jobs.inAnyNamespace().withLimit(Informers.PAGE).runnableInformer(0), changes);
        }
        for (var namespace : namespaces) {
            start(jobs.inNamespace(namespace).withLimit(Informers.PAGE).runnableInformer(0), changes);
        }
    }

    private void start(SharedIndexInformer<R> informer, Changes changes) {
        informer.addIndexers(Map.of(BY_PLACE, job -> place.apply(job).stream().toList()));
        informers.add(Informers.start(
                informer,
                (before, after) -> true,
                job -> {
                    uids.add(job.getMetadata().getUid());
                    changes.put(job.getMetadata().getUid(), Optional.of(job));
                    seen.accept(job);
                    tell(job);
                },
                job -> {
                    gone(job.getMetadata().getUid(), changes);
                    tell(job);
                },
                changes::wake));
    }

    private void tell(R job) {
        changed.accept(JobRef.of(job));
        place.apply(job).ifPresent(placeChanged);
    }

    private void gone(String uid, Changes changes) {
        // First of all: whoever is told, or hears of the job later by other ways, shall find that it isn't here.
        uids.remove(uid);
        changes.put(uid, Optional.empty());
        listener.accept(uid);
    }

    /** Who is told of the UID of each job that is gone. */
    public void onGone(Consumer<String> newListener) {
        listener = newListener;
    }

    /** Who is told of each job that is new, has changed, or is gone. */
    public void onChange(Consumer<JobRef> newListener) {
        changed = newListener;
    }

    /** Who sees to it that nothing runs any more of those that are being deleted. */
    public void endHeld(HeldOwners owners) {
        seen = owners::see;
        list().forEach(owners::see);
    }

    /** Who is told of the place that each job writes which is new, has changed, or is gone. */
    public void onPlace(Consumer<String> newListener) {
        placeChanged = newListener;
    }

    /** The jobs that write a place. */
    public Stream<R> writers(String where) {
        return informers.stream().flatMap(informer -> informer.byIndex(BY_PLACE, where).stream());
    }

    /** A job by its name, if it is there. */
    public Optional<R> get(String namespace, String name) {
        var key = Cache.namespaceKeyFunc(namespace, name);
        return informers.stream()
                .flatMap(informer -> Stream.ofNullable(informer.store().getByKey(key)))
                .findFirst();
    }

    /** Whether a job is there; of one that may not have been read yet it is assumed. */
    public boolean has(String uid) {
        return !synced() || uids.contains(uid);
    }

    /** Whether all jobs have been read since the start, and told. */
    public boolean synced() {
        return informers.stream().allMatch(SteadyInformer::synced);
    }

    /**
     * Waits until all jobs have been read.
     *
     * @throws IllegalStateException when the API server doesn't let us, or takes too long
     */
    public void awaitSync() {
        Informers.await(this::synced, "jobs");
    }

    /** Every job. */
    public List<R> list() {
        return informers.stream()
                .flatMap(informer -> informer.store().list().stream())
                .toList();
    }

    @Override
    public void close() {
        informers.forEach(SteadyInformer::stop);
    }
}
