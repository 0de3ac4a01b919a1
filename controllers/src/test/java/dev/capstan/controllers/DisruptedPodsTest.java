package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.PlayedWorker;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.protocol.Contract;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Others have the pods of a job go, and say so in a condition of the pod before they delete it, as those who see to
 * taints and evictions do; on a real API server, where the test plays them, the kubelets and the workers.
 */
class DisruptedPodsTest {
    private static final String TAINT = "Taint manager: deleting due to NoExecute taint";
    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void whoHadAllPodsGoIsSaidThoughTheyAreGoneAtOnce() {
        try (var stage = Stage.open(api, "tainted")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            pods.forEach(stage::runs);
            stage.await("a", Conditions.READY);
            pods.forEach(pod -> hasToGo(stage, pod));
            pods.forEach(stage::gone);
            awaitRestart(
                    stage,
                    "attempt 1 was lost: the pod of worker [01] was deleted; pod a-tj-1-worker-[01]-0"
                            + " had to go: DeletionByTaintManager: " + TAINT);
        }
    }

    @Test
    void ofAWorkerThatIsReplacedItIsSaidAndCounted() throws Exception {
        try (var stage = Stage.open(api, "taintedone");
                var zero = new PlayedWorker(0, "127.18.30.1", Contract.HTTP_PORT);
                var one = new PlayedWorker(1, "127.18.30.2", Contract.HTTP_PORT)) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            stage.runs(pods.get(0), zero.ip());
            stage.runs(pods.get(1), one.ip());
            stage.await("a", "listened to", job -> job.getStatus().getMembership() != null);
            hasToGo(stage, pods.get(1));
            stage.gone(pods.get(1));
            stage.await("a", "mending", job -> job.getStatus().getRecovery() != null);
            assertEquals(
                    Map.of("Evicted", 1),
                    stage.job("a").getStatus().getRecovery().getRestartsByCause());
            stage.awaitEvents("a", "Queued", "Admitted", "Started", "WorkerLost");
            assertEquals(
                    List.of("worker 1 on node " + stage.namespace
                            + "-a was lost (Evicted): its pod a-tj-1-worker-1-0 had"
                            + " to go: DeletionByTaintManager: " + TAINT + "; the other workers keep their state"),
                    notes(stage, "WorkerLost"));
        }
    }

    /** A taint on a node takes the operator's own pod, too. */
    @Test
    void aLeaderThatHasJustBegunFindsWhatOthersTold() {
        try (var stage = Stage.open(api, "taintedall")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            pods.forEach(stage::runs);
            stage.await("a", Conditions.READY);
            stage.stopControllers();
            pods.forEach(pod -> {
                stage.tell(
                        pod,
                        "Normal",
                        "TaintManagerEviction",
                        "Marking for deletion Pod " + stage.namespace + "/"
                                + pod.getMetadata().getName());
                hasToGo(stage, pod);
                stage.gone(pod);
            });
            stage.startControllers();
            awaitRestart(
                    stage,
                    "attempt 1 was lost: the pod of worker 0 was deleted; pod a-tj-1-worker-0-0 had to"
                            + " go: TaintManagerEviction: Marking for deletion Pod " + stage.namespace
                            + "/a-tj-1-worker-0-0");
        }
    }

    /** The condition was there before this operator was, and the end comes while it looks on. */
    @Test
    void aLeaderThatHasJustBegunHearsPodsThatAreStillThere() {
        try (var stage = Stage.open(api, "taintedlate")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            pods.forEach(stage::runs);
            stage.await("a", Conditions.READY);
            stage.stopControllers();
            hasToGo(stage, pods.get(1));
            stage.startControllers();
            stage.await("a", Conditions.READY);
            stage.gone(pods.get(1));
            awaitRestart(
                    stage,
                    "attempt 1 was lost: the pod of worker 1 was deleted; pod a-tj-1-worker-1-0 had to"
                            + " go: DeletionByTaintManager: " + TAINT);
        }
    }

    /** As the taint manager does it: the condition first, then the deletion. */
    private static void hasToGo(Stage stage, Pod pod) {
        var there = stage.client
                .pods()
                .inNamespace(stage.namespace)
                .withName(pod.getMetadata().getName());
        there.editStatus(now -> new PodBuilder(now)
                .editStatus()
                .addNewCondition()
                .withType("DisruptionTarget")
                .withStatus("True")
                .withReason("DeletionByTaintManager")
                .withMessage(TAINT)
                .endCondition()
                .endStatus()
                .build());
        there.withGracePeriod(30).delete();
    }

    /** By the event: the condition soon tells of the next attempt. */
    private static void awaitRestart(Stage stage, String pattern) {
        stage.await("a", "lost", job -> stage.eventReasons("a").contains("Restarting"));
        var note = notes(stage, "Restarting").getFirst();
        assertTrue(note.matches(pattern), note);
    }

    private static List<String> notes(Stage stage, String reason) {
        return stage.client.events().v1().events().inNamespace(stage.namespace).list().getItems().stream()
                .filter(event -> event.getReason().equals(reason))
                .map(event -> event.getNote())
                .toList();
    }
}
