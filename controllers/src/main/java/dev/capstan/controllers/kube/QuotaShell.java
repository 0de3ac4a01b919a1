package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.controllers.admission.quota.QuotaStatus;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.crds.quota.GPUQuota;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes down what quotas' jobs use, and which quotas contradict each other. It decides on nothing. */
public final class QuotaShell implements Reconciler<GPUQuota>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QuotaShell.class);
    private static final String FIELD_MANAGER = "capstan-status";
    /** The newer version is on its way to our cache, and needn't bring a pass by itself. */
    private static final Duration AFTER_CONFLICT = Duration.ofSeconds(1);

    /** With each pod of a busy cluster a quota's numbers change, and each time would be a write. */
    private final Pace writes = new Pace(Duration.ofMillis(2500));

    private final StatusPatch status;
    private final QuotaCache quotas;
    private final QuotaUsages usages;
    private final Set<String> served;
    private final Meters meters;
    private final Clock clock;
    private final SimpleInboundEventSource<GPUQuota> wakes = new SimpleInboundEventSource<>("wakes");
    private IndexerResourceCache<GPUQuota> all;
    private volatile boolean closed;

    /** @param served namespaces whose jobs are served; empty for all */
    public QuotaShell(
            KubernetesClient client,
            QuotaCache quotas,
            QuotaUsages usages,
            Set<String> served,
            Meters meters,
            Clock clock) {
        this.status = new StatusPatch(client, FIELD_MANAGER);
        this.quotas = quotas;
        this.usages = usages;
        this.served = served;
        this.meters = meters;
        this.clock = clock;
    }

    /** Has a quota looked at again: what its jobs use has changed. */
    public void wake(ResourceID quota) {
        wakes.propagateEvent(quota);
    }

    /** Has all quotas looked at again: a namespace or a quota came, went or changed, and any may be in conflict now. */
    public void wakeAll() {
        all.keys().forEach(this::wake);
    }

    /** From now on no pass does anything; said before the caches stop. */
    @Override
    public void close() {
        closed = true;
    }

    @Override
    public List<EventSource<?, GPUQuota>> prepareEventSources(EventSourceContext<GPUQuota> context) {
        all = context.getPrimaryCache();
        return List.of(wakes);
    }

    @Override
    public UpdateControl<GPUQuota> reconcile(GPUQuota quota, Context<GPUQuota> context) {
        try {
            return pass(quota);
        } catch (KubernetesClientException e) {
            LOG.warn(
                    "GPUQuota {}: the API server didn't do as asked: {}",
                    quota.getMetadata().getName(),
                    e.getMessage());
            throw e;
        } catch (RuntimeException e) {
            // A bug of ours. It is tried again without end, and what the framework says of that isn't logged.
            LOG.error("GPUQuota {}: a pass failed", quota.getMetadata().getName(), e);
            throw e;
        }
    }

    private UpdateControl<GPUQuota> pass(GPUQuota quota) {
        var name = quota.getMetadata().getName();
        var book = quotas.book();
        var now = QuotaStatus.of(quota, book, usages.of(name), clock.instant());
        // An apply is a write even if it changes nothing.
        if (closed || !serves(book, name) || now.equals(quota.getStatus())) {
            return UpdateControl.noUpdate();
        }
        var later = writes.later(name, clock.instant());
        if (later.isPresent()) {
            return UpdateControl.<GPUQuota>noUpdate()
                    .rescheduleAfter(later.get().plusMillis(1));
        }
        try {
            status.apply(quota, now);
            return UpdateControl.noUpdate();
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                meters.conflict();
                return UpdateControl.<GPUQuota>noUpdate().rescheduleAfter(AFTER_CONFLICT);
            }
            throw e;
        }
    }

    /**
     * Whether a quota is this installation's to write down. Several share a cluster if each serves namespaces of its
     * own; of a quota for the others' namespaces it doesn't know what is used.
     */
    private boolean serves(QuotaBook book, String quota) {
        return served.isEmpty() || book.namespacesOf(quota).stream().anyMatch(served::contains);
    }
}
