package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.crds.Conditions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A job does not care when the operator or the API server goes away. */
@OnCluster
class OperatorTest {
    private static final Duration SOON = Duration.ofMinutes(4);

    @BeforeEach
    void writeData(Tenant tenant) {
        tenant.putBlobs();
    }

    @Test
    void killedInMidJobItTakesUpWhereItWas(Cluster cluster, Tenant tenant) {
        var seen = new PodNames();
        try (var watch = cluster.client().pods().inNamespace(tenant.namespace()).watch(seen)) {
            tenant.apply(JobManifest.of("steady").epochs(JobManifest.LONG).file());
            LostWorkersTest.trainingWorker(tenant, "steady", 0);
            cluster.killOperator();
            tenant.awaitCondition("steady", Conditions.COMPLETE, "True", SOON);
        }
        assertEquals(1, tenant.job("steady").getStatus().getAttempt());
        assertEquals(Set.of("steady-1-worker-0-0", "steady-1-worker-1-0"), seen.names);
    }

    @Test
    void killedWhileAGangStartsItMakesNoPodTwice(Cluster cluster, Tenant tenant) {
        var seen = new PodNames();
        try (var watch = cluster.client().pods().inNamespace(tenant.namespace()).watch(seen)) {
            tenant.apply(JobManifest.of("young").file());
            cluster.killOperator();
            tenant.awaitCondition("young", Conditions.COMPLETE, "True", SOON);
        }
        assertEquals(Set.of("young-1-worker-0-0", "young-1-worker-1-0"), seen.names);
    }

    @Test
    void aStoppedApiServerStopsNoTraining(Cluster cluster, Tenant tenant) throws InterruptedException {
        tenant.apply(JobManifest.of("deaf").epochs(JobManifest.LONG).file());
        LostWorkersTest.trainingWorker(tenant, "deaf", 0);
        cluster.stopApiServer();
        try {
            Thread.sleep(Duration.ofSeconds(10));
        } finally {
            cluster.startApiServer();
        }
        tenant.awaitCondition("deaf", Conditions.COMPLETE, "True", SOON);
        assertEquals(1, tenant.job("deaf").getStatus().getAttempt());
    }

    /** Every name that a pod ever had, as a watch saw them come: the end state would not show one too many. */
    private static final class PodNames implements Watcher<Pod> {
        final Set<String> names = ConcurrentHashMap.newKeySet();

        @Override
        public void eventReceived(Action action, Pod pod) {
            names.add(pod.getMetadata().getName());
        }

        @Override
        public void onClose(WatcherException cause) {
            // The test's end closes the watch; a broken one leaves names out, and the comparison fails.
        }
    }
}
