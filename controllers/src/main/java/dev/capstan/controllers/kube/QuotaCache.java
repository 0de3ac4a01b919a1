package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.crds.quota.GPUQuota;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** All quotas, and of all namespaces the labels by which quotas may select them. */
public final class QuotaCache implements AutoCloseable {
    private final SteadyInformer<GPUQuota> quotas;
    private final SteadyInformer<Namespace> namespaces;
    private final AtomicLong changes = new AtomicLong();
    private volatile Runnable listener = () -> {};
    private volatile Edition latest = new Edition(-1, null);

    /** A book, and after which change it was made. */
    private record Edition(long change, QuotaBook book) {}

    /** Starts reading; {@code changed} is run whenever the book has changed. */
    public QuotaCache(KubernetesClient client, Runnable changed) {
        Runnable outdated = () -> {
            changes.incrementAndGet();
            changed.run();
            listener.run();
        };
        // Our own status writes change nothing in the book: passes that led to passes would never end.
        quotas = Informers.start(
                client.resources(GPUQuota.class).withLimit(Informers.PAGE).runnableInformer(0),
                (before, after) -> !Objects.equals(
                        before.getMetadata().getGeneration(),
                        after.getMetadata().getGeneration()),
                outdated);
        namespaces = Informers.start(
                client.namespaces()
                        .withLimit(Informers.PAGE)
                        .runnableInformer(0)
                        .itemStore(Trimmed.store(Trimmed::namespace)),
                (before, after) -> !labels(before).equals(labels(after)),
                outdated);
    }

    /** Who is told as well whenever the book has changed; at once, too: it may have changed before. */
    public void onChange(Runnable newListener) {
        listener = newListener;
        newListener.run();
    }

    /** Whether all quotas and namespaces have been read since the start. */
    public boolean synced() {
        return quotas.synced() && namespaces.synced();
    }

    /**
     * Waits until all quotas and namespaces have been read.
     *
     * @throws IllegalStateException when the API server doesn't let us, or takes too long
     */
    public void awaitSync() {
        Informers.await(this::synced, "GPUQuotas (whose CRD comes with this version) and namespaces");
    }

    /** The quotas now; made anew only if something has changed. */
    public QuotaBook book() {
        // Counted before the stores are read: what changes meanwhile makes this edition an old one.
        long change = changes.get();
        var current = latest;
        if (current.change() != change) {
            current = new Edition(
                    change,
                    QuotaBook.of(
                            quotas.store().list(),
                            namespaces.store().list().stream()
                                    .collect(Collectors.toMap(
                                            namespace -> namespace.getMetadata().getName(), QuotaCache::labels))));
            latest = current;
        }
        return current.book();
    }

    @Override
    public void close() {
        quotas.stop();
        namespaces.stop();
    }

    private static Map<String, String> labels(HasMetadata namespace) {
        var labels = namespace.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }
}
