package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.util.function.Supplier;

/**
 * A lock whose every failure is one that Fabric8's elector tries again after. Any other exception, such as of a lease
 * that somebody wrote garbage into, ends the elector's loop without a word, and the replica would stand by for ever.
 */
record SteadyLock(Lock lock) implements Lock {

    @Override
    public LeaderElectionRecord get(KubernetesClient client) {
        return steady(() -> lock.get(client));
    }

    @Override
    public void create(KubernetesClient client, LeaderElectionRecord record) {
        steady(() -> {
            lock.create(client, record);
            return null;
        });
    }

    @Override
    public void update(KubernetesClient client, LeaderElectionRecord record) {
        steady(() -> {
            lock.update(client, record);
            return null;
        });
    }

    @Override
    public String identity() {
        return lock.identity();
    }

    @Override
    public String describe() {
        return lock.describe();
    }

    private static <T> T steady(Supplier<T> call) {
        try {
            return call.get();
        } catch (KubernetesClientException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new KubernetesClientException("the lease can't be read or written: " + e, e);
        }
    }
}
