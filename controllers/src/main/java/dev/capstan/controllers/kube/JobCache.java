package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** All jobs of a kind, in the namespaces that are watched. */
public final class JobCache<R extends HasMetadata> implements AutoCloseable {
    private final List<SharedIndexInformer<R>> informers = new ArrayList<>();

    /** Starts reading; no namespaces means all. {@code changed} is run whenever something changed. */
    public JobCache(KubernetesClient client, Class<R> kind, Set<String> namespaces, Runnable changed) {
        var jobs = client.resources(kind);
        if (namespaces.isEmpty()) {
            informers.add(Informers.start(
                    jobs.inAnyNamespace().withLimit(Informers.PAGE).runnableInformer(0), changed));
        }
        for (var namespace : namespaces) {
            informers.add(Informers.start(
                    jobs.inNamespace(namespace).withLimit(Informers.PAGE).runnableInformer(0), changed));
        }
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
