package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobSpec;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What keeps jobs from starting, on a real API server. */
class WaitingJobTest {
    private static final Outcome SUCCESS = new Outcome(
            Outcome.Reason.Succeeded,
            "done",
            new Outcome.Artifact("pvc://models/a", "sha256:" + "0".repeat(64), 407056, Map.of("accuracy", 0.9761)));

    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void ofTwoJobsForOneRoomOneWaitsWithNumbersAndStartsWhenTheOtherEnds() {
        try (var stage = Stage.open(api, "room")) {
            stage.node("a", 3);
            stage.submit(Jobs.mnist(stage.namespace, "first", 2));
            var pods = stage.awaitPods("first", 1, 2);
            stage.submit(Jobs.mnist(stage.namespace, "second", 2));
            var waiting = stage.await(
                    "second",
                    "told why it waits",
                    job -> stage.condition("second", Conditions.RECONCILING)
                            .getMessage()
                            .startsWith("needs 2 pods"));
            var message = stage.condition("second", Conditions.RECONCILING).getMessage();
            assertTrue(message.contains("1 node has room for 1 now (free: 1 of 3 nvidia.com/gpu"), message);
            assertNull(waiting.getStatus().getAdmission());
            assertEquals(List.of(), stage.pods("second", 1), "nothing holds a GPU that it can't use");

            pods.forEach(stage::runs);
            stage.await("first", Conditions.READY);
            stage.ends(pods.get(0), SUCCESS);
            stage.ends(pods.get(1), new Outcome(Outcome.Reason.Succeeded, "done", null));
            stage.awaitPods("second", 1, 2);
        }
    }

    @Test
    void aJobThatFitsNoNodeSaysSo() throws InterruptedException {
        var before = Thread.getAllStackTraces().keySet();
        Set<Thread> scheduling;
        try (var stage = Stage.open(api, "never")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 4));
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.DOES_NOT_FIT);
            scheduling = assertNoThreadPolls(before);
            stage.node("b", 3);
            stage.awaitPods("a", 1, 4);
        }
        for (var thread : scheduling) {
            assertTrue(thread.join(Duration.ofSeconds(10)), thread + " outlives its controllers");
        }
    }

    /** So a mistake doesn't cost the job; and what is said of it while it has places can be followed. */
    @Test
    void workersChangeWhileTheJobWaitsAndWhileItIsSuspended() {
        try (var stage = Stage.open(api, "mended")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 4));
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.DOES_NOT_FIT);
            stage.patch("a", "\"workers\": {\"replicas\": 2, \"image\": \"worker:2\"}");
            var pods = stage.awaitPods("a", 1, 2);
            assertEquals(
                    "worker:2",
                    pods.getFirst().getSpec().getContainers().getFirst().getImage());

            var three = "\"workers\": {\"image\": \"worker:3\", \"replicas\": 1}";
            stage.await("a", "has places", job -> job.getStatus().getStartTime() != null);
            var refused = assertThrows(KubernetesClientException.class, () -> stage.patch("a", three));
            for (var field : List.of("image", "replicas")) {
                var words = "workers." + field + " " + JobSpec.FIXED_WITH_PODS;
                assertTrue(refused.getMessage().contains(words), refused.getMessage());
            }
            stage.suspend("a", true);
            pods.forEach(stage::awaitTerminating);
            pods.forEach(stage::gone);
            stage.await("a", Conditions.SUSPENDED);
            stage.patch("a", three);
            stage.suspend("a", false);
            var again = stage.awaitPods("a", 2, 1);
            assertEquals(
                    "worker:3",
                    again.getFirst().getSpec().getContainers().getFirst().getImage());
        }
    }

    @Test
    void aJobWhoseClaimIsMissingNamesItAndStartsWhenItComes() {
        try (var stage = Stage.empty(api, "claims")) {
            stage.claim("datasets");
            stage.startControllers();
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.MISSING_REFERENCE);
            assertEquals(
                    "persistent volume claim models does not exist in the namespace: create it",
                    stage.condition("a", Conditions.RECONCILING).getMessage());
            stage.claim("models");
            stage.awaitPods("a", 1, 1);
        }
    }

    @Test
    void aGangThatDoesNotBecomeWholeIsRolledBackWhole() {
        try (var stage = Stage.open(api, "rollback")) {
            stage.node("a", 2);
            var job = Jobs.mnist(stage.namespace, "a", 2);
            job.getSpec().setScheduling(new Scheduling().setTimeoutSeconds(15));
            stage.submit(job);
            var pods = stage.awaitPods("a", 1, 2);
            stage.runs(pods.get(0));
            stage.await("a", "rolled back", now -> now.getStatus().getAttempt() == 2);
            stage.awaitTerminating(pods.get(0));
            pods.forEach(stage::gone);
            stage.awaitPods("a", 2, 2);
            assertEquals(0, stage.job("a").getStatus().getRestarts());
            assertTrue(stage.eventReasons("a").contains("RolledBack"));
            assertEquals(
                    1.0,
                    stage.registry
                            .counter("capstan.job.transitions", "kind", "TrainingJob", "transition", "RolledBack")
                            .count());
        }
    }

    @Test
    void aClaimOfOnePodIsForJobsOfOneWorker() {
        try (var stage = Stage.empty(api, "onepod")) {
            stage.claim("datasets");
            stage.client.resource("""
                            ---
                            apiVersion: v1
                            kind: PersistentVolumeClaim
                            metadata: {name: models, namespace: %s}
                            spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
                            """.formatted(stage.namespace)).create();
            stage.bind("models");
            stage.startControllers();
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.CLAIM_NOT_SHAREABLE);
            stage.submit(Jobs.mnist(stage.namespace, "b", 1));
            stage.awaitPods("b", 1, 1);
            assertEquals(List.of(), stage.pods("a", 1));
        }
    }

    @Test
    void aNameThatSomebodyElseHasIsWaitedForAndLeftAlone() {
        try (var stage = Stage.open(api, "taken")) {
            stage.node("a", 1);
            stage.serviceOfSomebodyElse("a-tj-workers");
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.NAME_TAKEN);
            assertEquals(List.of(), stage.pods("a", 1));
            stage.client
                    .services()
                    .inNamespace(stage.namespace)
                    .withName("a-tj-workers")
                    .delete();
            stage.awaitPods("a", 1, 1);
        }
    }

    /**
     * A pool whose core is no thread has one wake up a hundred times a second, see {@link Controllers}.
     *
     * @param others threads that aren't the controllers'
     * @return those that wait for what is scheduled
     */
    private static Set<Thread> assertNoThreadPolls(Set<Thread> others) {
        var waiting = new HashSet<Thread>();
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            for (var frame : stack) {
                if (frame.getClassName().endsWith("ScheduledThreadPoolExecutor$DelayedWorkQueue")
                        && !others.contains(thread)) {
                    assertEquals("take", frame.getMethodName(), thread.getName());
                    waiting.add(thread);
                }
            }
        });
        assertFalse(waiting.isEmpty(), "nothing is scheduled");
        return waiting;
    }
}
