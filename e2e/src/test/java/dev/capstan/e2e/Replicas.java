package dev.capstan.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * The operator's replicas as processes that are signalled from their nodes, at once.
 *
 * <p>The kubelet starts a crashed container again at once, but only the first time: a pod whose process was killed
 * twice is deleted by force, so that a new one needn't wait.
 */
final class Replicas implements AutoCloseable {
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final String LEASE = "capstan-operator";
    private static final Duration OFTEN = Duration.ofMillis(30);

    private final Cluster cluster;
    private final Map<String, NodeShell> shells = new HashMap<>();
    /** Names of pods whose container crashed. */
    private final Set<String> crashed = new HashSet<>();
    /** When the lease was renewed last by a process that is dead now. */
    private ZonedDateTime lastWord;

    Replicas(Cluster cluster) {
        this.cluster = cluster;
        cluster.workerNodes().stream()
                .map(node -> node.getMetadata().getName())
                .forEach(node -> shells.put(node, NodeShell.open(node)));
    }

    /** The process of a replica. */
    record Replica(Pod pod, NodeShell shell, String pid) {
        String name() {
            return pod.getMetadata().getName();
        }

        /** Sends a signal, such as STOP; the process has it when this returns. */
        void signal(String name) {
            shell.run("kill -" + name + " " + pid);
        }
    }

    /** Waits until a process that wasn't killed holds the lease, and returns it. */
    Replica leader() {
        var leads = awaitLease(lease -> !lease.getRenewTime().equals(lastWord));
        return Awaitility.await("the process of the replica that leads")
                .atMost(SOON)
                .pollDelay(Duration.ZERO)
                .pollInterval(OFTEN)
                .ignoreException(KubernetesClientException.class)
                .until(() -> process(leads.getHolderIdentity()), Optional::isPresent)
                .orElseThrow();
    }

    /** Waits until another replica than this one leads, and returns it. */
    Replica successor(Replica before) {
        awaitLease(lease -> !lease.getHolderIdentity().equals(before.name()));
        return leader();
    }

    /** Waits, by a watch, until somebody holds the lease, and as wanted. */
    private LeaseSpec awaitLease(Predicate<LeaseSpec> wanted) {
        return cluster.client()
                .leases()
                .inNamespace(Cluster.SYSTEM)
                .withName(LEASE)
                .waitUntilCondition(
                        now -> now != null && now.getSpec().getHolderIdentity() != null && wanted.test(now.getSpec()),
                        SOON.toSeconds(),
                        TimeUnit.SECONDS)
                .getSpec();
    }

    /**
     * Kills replicas with SIGKILL, at once: no lease is released, nothing is finished. The kubelet starts a container
     * that crashed for the first time again at once; a pod whose container crashed before is deleted by force, and
     * another takes its place.
     */
    void kill(Replica... replicas) {
        for (var replica : replicas) {
            replica.signal("KILL");
        }
        for (var replica : replicas) {
            replica.shell().run("while [ -e /proc/" + replica.pid() + " ]; do sleep 0.01; done");
            if (!crashed.add(replica.name())) {
                cluster.client().resource(replica.pod()).withGracePeriod(0).delete();
            }
        }
        lastWord = lease().getRenewTime();
    }

    /** The replica that does not lead. */
    Replica standby() {
        var leader = lease().getHolderIdentity();
        return Awaitility.await("a standby")
                .atMost(SOON)
                .until(
                        () -> cluster.operatorPods().stream()
                                .map(pod -> pod.getMetadata().getName())
                                .filter(name -> !name.equals(leader))
                                .flatMap(name -> process(name).stream())
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    LeaseSpec lease() {
        return cluster.client()
                .leases()
                .inNamespace(Cluster.SYSTEM)
                .withName(LEASE)
                .get()
                .getSpec();
    }

    private Optional<Replica> process(String name) {
        var pod = cluster.client()
                .pods()
                .inNamespace(Cluster.SYSTEM)
                .withName(name)
                .get();
        if (pod == null || pod.getSpec().getNodeName() == null) {
            return Optional.empty();
        }
        var shell = shells.get(pod.getSpec().getNodeName());
        return shell.javaOf(pod).map(pid -> new Replica(pod, shell, pid));
    }

    @Override
    public void close() {
        shells.values().forEach(NodeShell::close);
    }
}
