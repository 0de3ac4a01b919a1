package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.pods.PodReport;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jobs and services that were deleted and that a finalizer keeps which somebody else has given them, such as one of a
 * backup or an audit. The garbage collector touches their pods when they are gone, and not before; but whoever deletes
 * a job wants its work to end and its GPUs back. So their pods are ended here. No pass sees such an owner: the
 * framework leaves out what is being deleted.
 */
public final class HeldOwners implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HeldOwners.class);

    /** A pass that was under way may have made a pod since. */
    private static final Duration AGAIN = Duration.ofSeconds(5);

    /** With it somebody wants the pods to stay. */
    private static final String ORPHAN = "orphan";

    private final KubernetesClient client;
    private final Map<String, HasMetadata> held = new ConcurrentHashMap<>();
    private final Thread thread;

    public HeldOwners(KubernetesClient client) {
        this.client = client;
        thread = Thread.ofVirtual().name("held-owners").start(this::goRound);
    }

    /** Whether an owner is being deleted, and its pods are to end though it may stay. */
    public static boolean isHeld(HasMetadata owner) {
        var metadata = owner.getMetadata();
        return metadata.getDeletionTimestamp() != null
                && !metadata.getFinalizers().contains(ORPHAN);
    }

    /** Takes in how a job or service is now. */
    void see(HasMetadata owner) {
        if (isHeld(owner) && held.put(owner.getMetadata().getUid(), owner) == null) {
            LockSupport.unpark(thread);
        }
    }

    /** One is gone, and what it owned with it. */
    public void forget(String uid) {
        held.remove(uid);
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void goRound() {
        while (!Thread.currentThread().isInterrupted()) {
            held.values().forEach(this::end);
            if (held.isEmpty()) {
                LockSupport.park();
            } else {
                LockSupport.parkNanos(AGAIN.toNanos());
            }
        }
    }

    private void end(HasMetadata owner) {
        var metadata = owner.getMetadata();
        try {
            client
                    .pods()
                    .inNamespace(metadata.getNamespace())
                    .withLabel(Labels.MANAGED_BY, Labels.CAPSTAN)
                    .list()
                    .getItems()
                    .stream()
                    .filter(pod -> pod.hasOwnerReferenceFor(metadata.getUid()))
                    .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && !PodReport.finished(pod))
                    .forEach(pod -> {
                        client.resource(pod).delete();
                        LOG.info("{}: deleted {}, whose owner is being deleted", of(metadata), name(pod));
                    });
        } catch (KubernetesClientException e) {
            LOG.warn("{} is being deleted, and its pods couldn't be ended so far: {}", of(metadata), e.getMessage());
        }
    }

    private static String of(ObjectMeta metadata) {
        return metadata.getNamespace() + "/" + metadata.getName();
    }

    private static String name(HasMetadata pod) {
        return pod.getMetadata().getName();
    }
}
