package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** All jobs of a kind, in the namespaces that are watched. */
public final class JobCache<R extends HasMetadata> implements AutoCloseable {
    private final List<SharedIndexInformer<R>> informers = new ArrayList<>();

    /** Starts reading; no namespaces means all. */
    public JobCache(KubernetesClient client, Class<R> kind, Set<String> namespaces, Changes<R> changes) {
        var jobs = client.resources(kind);
        if (namespaces.isEmpty()) {
            start(jobs.inAnyNamespace().withLimit(Informers.PAGE).runnableInformer(0), changes);
        }
        for (var namespace : namespaces) {
            start(jobs.inNamespace(namespace).withLimit(Informers.PAGE).runnableInformer(0), changes);
        }
    }

    private void start(SharedIndexInformer<R> informer, Changes<R> changes) {
        informers.add(Informers.start(
                informer,
                (before, after) -> true,
                job -> changes.put(job.getMetadata().getUid(), Optional.of(job)),
                job -> changes.put(job.getMetadata().getUid(), Optional.empty()),
                changes::wake));
    }

    /** Whether all jobs have been read since the start. */
    public boolean synced() {
        return informers.stream().allMatch(SharedIndexInformer::hasSynced);
    }

    /** Every job. */
    public List<R> list() {
        return informers.stream()
                .flatMap(informer -> informer.getStore().list().stream())
                .toList();
    }

    @Override
    public void close() {
        informers.forEach(SharedIndexInformer::stop);
    }
}
