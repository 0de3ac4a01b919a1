package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Phase;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * A job does not care when the operator goes away, as it doesn't care for the API server, see {@link OutagesTest}: it
 * keeps its pods and its first attempt, and leaves the very model that it would have left undisturbed. Nor does a
 * service: it answers on.
 */
@OnCluster
@Turn.Of(Turn.OPERATOR)
@Order(1) // Samples alone run beside it, and at the start there are some.
class InterruptionsTest {
    private static final Duration SOON = Duration.ofMinutes(3);
    private static final int WORKERS = 2;
    private static final Pattern RECEIVED = Pattern.compile("\"requestReceivedTimestamp\":\"([^\"]+)\"");

    @BeforeEach
    void writeData(Tenant tenant) {
        tenant.putBlobs();
    }

    @Test
    void aLeaderThatIsKilledTenTimesCostsNothing(Cluster cluster, Tenant tenant) {
        var job = "struck";
        try (var watch = new PodWatch(cluster, tenant, job);
                var replicas = new Replicas(cluster);
                // Two moments that would pass in milliseconds last for as long as something is in the way.
                var secondPod = tenant.occupy(job + "-tj-1-worker-1-0");
                var completion = tenant.refuseCompletion()) {
            var bystander = Bystander.under(Bystander.serving(cluster, tenant, 0), "");
            var processes = bystander.processes();
            var blows = new Blows(tenant, job, replicas);
            var leader = replicas.leader();
            // Of its time until it is whole, several takeovers take some.
            tenant.create(held(job).with("scheduling.timeoutSeconds", "600"));
            blows.strike("right after apply", leader);

            leader = replicas.leader();
            tenant.watchPod(job + "-tj-1-worker-0-0", pod -> pod != null);
            blows.strike("as the first pod appears", leader);

            leader = replicas.leader();
            tenant.awaitReason(job, Conditions.PODS_READY, "NameTaken", SOON);
            blows.strike("when one of two pods is made", leader);
            secondPod.close();

            leader = replicas.leader();
            tenant.watchPod(job + "-tj-1-worker-1-0", InterruptionsTest::isAWorker);
            blows.strike("when all pods are made and none is ready", leader);

            // It is there for as long as it takes to kill some more.
            var brake = Brake.onceItTrains(tenant, job);
            leader = replicas.leader();
            tenant.watchJob(job, now -> now.getStatus().getPhase() == Phase.RUNNING);
            blows.strike("as it starts to train", leader);

            leader = replicas.leader();
            awaitProgress(tenant, job);
            blows.strike("in training", leader);

            blows.strike("in training, as it takes over", replicas.leader());

            leader = replicas.leader();
            awaitProgress(tenant, job);
            blows.strike("in training, once more", leader);

            leader = replicas.leader();
            var standby = replicas.standby();
            brake.close();
            tenant.watchPods(job, pods -> pods.stream().anyMatch(PodWatch::ended));
            blows.strike("as the first worker ends, and the standby too", leader, standby);

            leader = replicas.leader();
            tenant.watchPods(job, pods -> pods.stream().allMatch(PodWatch::ended));
            blows.strike("just before it writes that the job is complete", leader);
            assertEquals(Phase.RUNNING, tenant.job(job).getStatus().getPhase());
            completion.close();

            bystander.assertUntouched(processes, "leaders were killed ten times");
            assertEndsAsIfNothingHadHappened(tenant, job, watch);
        }
    }

    @Test
    void neitherALeaderThatWakesUpTooLateNorAnUpgradeTouchesAWorker(Cluster cluster, Tenant tenant) {
        var job = "shielded";
        try (var watch = new PodWatch(cluster, tenant, job);
                var replicas = new Replicas(cluster)) {
            var sleeper = replicas.leader();
            var transitions = replicas.lease().getLeaseTransitions();
            tenant.create(held(job));
            // With half a gang on its mind.
            tenant.watchPod(job + "-tj-1-worker-0-0", pod -> pod != null);
            sleeper.signal("STOP");
            var asleep = Instant.now();
            Replicas.Replica successor;
            List<String> written;
            try {
                successor = replicas.successor(sleeper);
                // Who sleeps any longer is killed by its liveness probe.
                tenant.watchPod(job + "-tj-1-worker-1-0", pod -> pod != null);
                written = cluster.writesOf(sleeper.pod());
            } finally {
                sleeper.signal("CONT");
            }
            Awaitility.await("the late leader stands by")
                    .atMost(SOON)
                    .until(() -> cluster.log(sleeper.pod()).contains(sleeper.name() + " no longer works"));
            assertTrue(written.toString().contains(tenant.namespace()), "what it wrote before is in the audit");
            var late = new ArrayList<>(cluster.writesOf(sleeper.pod()));
            late.removeAll(written);
            // It may have fallen asleep with half of a request sent, an event's for one.
            late.removeIf(write -> received(write).isBefore(asleep));
            assertEquals(List.of(), late);
            assertEquals(successor.name(), replicas.lease().getHolderIdentity());
            assertEquals(transitions + 1, replicas.lease().getLeaseTransitions());

            try (var brake = Brake.onceItTrains(tenant, job)) {
                tenant.watchJob(job, Tenant::trains);
                cluster.upgrade("logLevel=DEBUG");
                try {
                    awaitProgress(tenant, job);
                } finally {
                    cluster.undoUpgrade();
                }
            }
            assertEndsAsIfNothingHadHappened(tenant, job, watch);
            cluster.awaitRollout();
        }
    }

    /** When the API server had the first bytes of a request, as its audit has it. */
    private static Instant received(String write) {
        var time = RECEIVED.matcher(write);
        assertTrue(time.find(), write);
        return Instant.parse(time.group(1));
    }

    static JobManifest held(String name) {
        return JobManifest.of(name).lasting(Undisturbed.EPOCHS);
    }

    static void assertEndsAsIfNothingHadHappened(Tenant tenant, String job, PodWatch watch) {
        Undisturbed.begin(tenant);
        tenant.awaitCondition(job, Conditions.COMPLETE, "True", Tenant.TO_THE_END);
        var status = tenant.job(job).getStatus();
        assertEquals(1, status.getAttempt());
        assertEquals(0, status.getRestarts());
        assertEquals(Undisturbed.digest(tenant), status.getArtifact().getDigest());
        watch.assertOneUntouchedPodARank(WORKERS);
    }

    private static boolean isAWorker(Pod pod) {
        return pod != null
                && pod.getMetadata().getLabels() != null
                && pod.getMetadata().getLabels().containsKey("capstan.dev/job");
    }

    /** Waits until the status tells of more steps than now: whoever leads is at work, and the workers are too. */
    private static void awaitProgress(Tenant tenant, String job) {
        long before = step(tenant.job(job));
        tenant.watchJob(job, now -> step(now) > before || step(now) == steps(now));
        assertTrue(
                tenant.pods(job).stream().noneMatch(PodWatch::ended), "the job ended too soon to be interrupted again");
    }

    private static long steps(TrainingJob job) {
        return Tenant.trains(job) ? job.getStatus().getProgress().getSteps() : -1;
    }

    private static long step(TrainingJob job) {
        return Tenant.trains(job) ? job.getStatus().getProgress().getStep() : 0;
    }

    /** Kills the operator's replicas, and tells at what moment of the job. */
    private record Blows(Tenant tenant, String job, Replicas replicas) {
        void strike(String moment, Replicas.Replica... victims) {
            replicas.kill(victims);
            var found = tenant.job(job);
            System.out.printf(
                    "killed %s: the job is %s, with %d pods, at step %d%n",
                    moment,
                    found.getStatus().getPhase() == null
                            ? "untouched"
                            : found.getStatus().getPhase(),
                    tenant.pods(job).size(),
                    step(found));
        }
    }
}
