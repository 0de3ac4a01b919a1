package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fabric8's lock on a Lease, with two of its corners rounded.
 *
 * <p>Any failure but a KubernetesClientException, such as of a lease that somebody wrote garbage into, would end the
 * elector's loop without a word, and the replica would stand by for ever: here, every failure is one of those.
 *
 * <p>Giving the lease up is a merge patch that leaves the holder's name out, and a merge patch keeps what it leaves
 * out: here, the name is taken out.
 */
final class SteadyLock implements Lock {
    private static final Logger LOG = LoggerFactory.getLogger(SteadyLock.class);
    private static final String NO_HOLDER = """
            {"metadata": {"resourceVersion": "%s"}, "spec": {"holderIdentity": null, "leaseDurationSeconds": 1}}""";

    private final Leadership.Lease lease;
    private final Lock lock;
    private final LongSupplier nanoTime;
    private boolean reachable = true;
    private volatile String holder;
    /** When the last renewal that arrived was sent, if the lease is held. */
    private volatile Long renewed;

    SteadyLock(Leadership.Lease lease) {
        this(lease, System::nanoTime);
    }

    SteadyLock(Leadership.Lease lease, LongSupplier nanoTime) {
        this.lease = lease;
        this.nanoTime = nanoTime;
        this.lock = new LeaseLock(lease.namespace(), lease.name(), lease.identity());
    }

    @Override
    public LeaderElectionRecord get(KubernetesClient client) {
        return steady(() -> {
            var record = lock.get(client);
            holder = record == null ? null : record.getHolderIdentity();
            if (!lease.identity().equals(holder)) {
                // Whoever holds it, or takes it next, may have done so before our time was over: they go by the time
                // that we wrote into it and by their own clock.
                renewed = null;
            }
            return record;
        });
    }

    @Override
    public void create(KubernetesClient client, LeaderElectionRecord record) {
        steady(() -> {
            long sent = nanoTime.getAsLong();
            lock.create(client, record);
            renewed = sent;
            return null;
        });
    }

    @Override
    public void update(KubernetesClient client, LeaderElectionRecord record) {
        steady(() -> {
            if (record.getHolderIdentity() == null) {
                renewed = null;
                giveUp(client);
            } else {
                long sent = nanoTime.getAsLong();
                lock.update(client, record);
                renewed = sent;
            }
            return null;
        });
    }

    /**
     * Whether nobody else holds the lease, as far as is known: others wait for its duration after the last renewal, if
     * the clocks agree.
     */
    boolean held() {
        var since = renewed;
        return since != null && nanoTime.getAsLong() - since < lease.duration().toNanos();
    }

    /** Why this replica doesn't hold the lease any more. */
    String loss() {
        return lease.identity().equals(holder)
                ? "the lease couldn't be renewed in time"
                : "the lease is held by " + holder;
    }

    @Override
    public String identity() {
        return lock.identity();
    }

    @Override
    public String describe() {
        return lock.describe();
    }

    private void giveUp(KubernetesClient client) {
        var there = client.leases().inNamespace(lease.namespace()).withName(lease.name());
        var current = there.get();
        if (current != null && lease.identity().equals(current.getSpec().getHolderIdentity())) {
            there.patch(
                    PatchContext.of(PatchType.JSON_MERGE),
                    NO_HOLDER.formatted(current.getMetadata().getResourceVersion()));
        }
    }

    private <T> T steady(Supplier<T> call) {
        try {
            var answer = call.get();
            reachable(true, "");
            return answer;
        } catch (KubernetesClientException e) {
            // A conflict is a race for the lease, and tells that it was reached.
            reachable(
                    e.getCode() == 409,
                    e.getCause() == null ? e.getMessage() : e.getCause().toString());
            throw e;
        } catch (RuntimeException e) {
            reachable(false, e.toString());
            throw new KubernetesClientException("the lease can't be read or written: " + e, e);
        }
    }

    /** Says once that the lease is out of reach, and once that it isn't any more. */
    private void reachable(boolean now, String why) {
        if (now != reachable) {
            reachable = now;
            if (now) {
                LOG.info("{} can be reached again", describe());
            } else {
                LOG.warn("{} can't be reached: {}", describe(), why);
            }
        }
    }
}
