package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.PlayedWorker;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Replacement;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.Redundancy;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Membership;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Lost workers are replaced on a real API server; the test plays kubelets and workers. */
class ReplacedWorkerTest {
    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void aLostWorkerIsReplacedWhoeverLeadsMeanwhile() throws Exception {
        try (var stage = Stage.open(api, "replaced");
                var zero = worker(0, 1);
                var one = worker(1, 2)) {
            var node = stage.node("a", 1);
            var other = stage.node("b", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            stage.runs(pods.get(0), zero.ip());
            stage.runs(pods.get(1), one.ip());
            stage.await("a", Conditions.READY);
            stage.node("c", 1);
            stage.await("a", "listened to", job -> job.getStatus().getMembership() != null);

            // The node dies; whoever is on it answers nobody, and its pod stays as it was.
            one.close();
            boolean first = pods.get(1).getSpec().getAffinity().toString().contains("[" + node + "]");
            unready(stage, first ? node : other);
            zero.happens(Events.Kind.LOST, Membership.FIRST, 1);
            stage.await(
                    "a",
                    "given another place",
                    job -> job.getStatus().getAdmission().getPlacements().stream()
                            .anyMatch(place ->
                                    place.getRank() == 1 && place.getNode().endsWith("-c")));
            stage.stopControllers();
            stage.startControllers();
            var next = stage.awaitPod("a-tj-1-worker-1-1");
            assertTrue(
                    next.getSpec().getContainers().getFirst().getEnv().stream()
                            .anyMatch(variable -> variable.getName().equals(Contract.INCARNATION)
                                    && variable.getValue().equals("1")),
                    next.toString());
            stage.awaitTerminating(pods.get(1));
            assertEquals(0, zero.memberships.size(), "not before all have an address");
            try (var newcomer = worker(1, 3)) {
                stage.runs(next, newcomer.ip());
                var told = newcomer.memberships.poll(20, TimeUnit.SECONDS);
                assertEquals(told, zero.memberships.poll(20, TimeUnit.SECONDS));
                assertEquals(
                        new Membership(
                                1,
                                1,
                                List.of(
                                        new Membership.Member("a-tj-1-worker-0-0", zero.ip() + ":29400"),
                                        new Membership.Member("a-tj-1-worker-1-1", newcomer.ip() + ":29400"))),
                        told);
                assertEquals(1, stage.job("a").getStatus().getTerm(), "it was written first");

                // Written, and told to some only: the next leader tells all of them.
                stage.stopControllers();
                zero.memberships.clear();
                stage.startControllers();
                assertEquals(told, zero.memberships.poll(20, TimeUnit.SECONDS));
                zero.happens(Events.Kind.RECOVERED, 1);
                var job = stage.await(
                        "a",
                        "at work again",
                        now -> now.getStatus().getMembership().getSettled() != null);
                assertEquals(1, job.getStatus().getAttempt());
                assertEquals(0, job.getStatus().getRestarts());
                assertEquals(
                        Map.of("NodeLost", 1), job.getStatus().getRecovery().getRestartsByCause());
                assertNotNull(job.getStatus().getRecovery().getLastSeconds());
                stage.awaitEvents("a", "Queued", "Admitted", "Started", "WorkerLost", "WorkerReplaced", "Recovered");
                assertEquals(
                        1.0,
                        stage.registry
                                .get("capstan.workers.lost")
                                .tag("cause", "NodeLost")
                                .counter()
                                .count());
                assertEquals(1, stage.registry.get("capstan.recovery").timer().count());

                // One that can't go on in another term ends the attempt.
                zero.answer = 503;
                killed(stage, next);
                stage.runs(stage.awaitPod("a-tj-1-worker-1-2"), newcomer.ip());
                var restarted = stage.await(
                        "a", "in another attempt", now -> now.getStatus().getAttempt() == 2);
                assertEquals(1, restarted.getStatus().getRestarts());
                assertTrue(
                        stage.condition("a", Conditions.PODS_READY)
                                .getMessage()
                                .contains("worker 0 (pod a-tj-1-worker-0-0) can't go on in term 2"),
                        stage.condition("a", Conditions.PODS_READY).getMessage());
            }
        }
    }

    @Test
    void aSpareTakesRankZeroAtOnceWhoeverLeadsThen() throws Exception {
        try (var stage = Stage.open(api, "spared");
                var zero = worker(0, 11);
                var one = worker(1, 12);
                var spare = worker(2, 13)) {
            stage.node("a", 1);
            stage.node("b", 1);
            stage.node("c", 1);
            var submitted = Jobs.mnist(stage.namespace, "a", 2);
            submitted.getSpec().setRedundancy(new Redundancy().setSpares(1).setSpread("kubernetes.io/hostname"));
            stage.submit(submitted);
            var pods = stage.awaitPods("a", 1, 3);
            stage.runs(pods.get(0), zero.ip());
            stage.runs(pods.get(1), one.ip());
            var trains = stage.await("a", Conditions.READY);
            assertEquals("2/2, 0/1 spares", trains.getStatus().getWorkers().getSummary(), "nobody waits for a spare");
            stage.runs(pods.get(2), spare.ip());
            assertEquals("a-tj-1-worker-2-0", standsBy(pods.get(2)));
            stage.await(
                    "a",
                    "listened to",
                    job -> job.getStatus().getMembership() != null
                            && job.getStatus().getWorkers().getSparesReady() == 1);

            zero.close();
            killed(stage, pods.get(0));
            var told = spare.memberships.poll(20, TimeUnit.SECONDS);
            assertEquals(
                    new Membership(
                            1,
                            1,
                            List.of(
                                    new Membership.Member("a-tj-1-worker-2-0", spare.ip() + ":29400"),
                                    new Membership.Member("a-tj-1-worker-1-0", one.ip() + ":29400"))),
                    told);
            assertEquals(told, one.memberships.poll(20, TimeUnit.SECONDS));
            var status = stage.job("a").getStatus();
            assertEquals(1, status.getTerm(), "it was written first");
            assertEquals(
                    List.of(
                            new Replacement().setRank(0).setIncarnation(1).setHeld(0),
                            new Replacement()
                                    .setRank(2)
                                    .setIncarnation(0)
                                    .setTerm(1)
                                    .setHolds(0)),
                    status.getMembership().getReplaced());

            // The next leader knows who has which rank, and makes the next spare when all are at work.
            stage.stopControllers();
            spare.memberships.clear();
            stage.startControllers();
            assertEquals(told, spare.memberships.poll(20, TimeUnit.SECONDS));
            one.happens(Events.Kind.RECOVERED, 1);
            assertEquals("a-tj-1-worker-0-1", standsBy(stage.awaitPod("a-tj-1-worker-0-1")));
            var job = stage.await(
                    "a", "at work again", now -> now.getStatus().getMembership().getSettled() != null);
            assertEquals(1, job.getStatus().getAttempt());
            assertEquals(3, job.getStatus().getAdmission().getPlacements().size());
            assertEquals(Map.of("Killed", 1), job.getStatus().getRecovery().getRestartsByCause());
            stage.awaitEvents("a", "Queued", "Admitted", "Started", "WorkerLost", "WorkerReplaced", "Recovered");
        }
    }

    private static String standsBy(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getEnv().stream()
                .filter(variable -> variable.getName().equals(Contract.SPARE))
                .map(variable -> variable.getValue())
                .findFirst()
                .orElse("");
    }

    private static PlayedWorker worker(int rank, int address) throws IOException {
        return new PlayedWorker(rank, "127.18.29." + address, Contract.HTTP_PORT);
    }

    private static void killed(Stage stage, Pod pod) {
        stage.status(
                pod,
                new PodStatusBuilder()
                        .withPhase("Failed")
                        .addNewContainerStatus()
                        .withName("worker")
                        .withState(new ContainerStateBuilder()
                                .withNewTerminated()
                                .withExitCode(137)
                                .withReason("Error")
                                .endTerminated()
                                .build())
                        .endContainerStatus()
                        .build());
    }

    private static void unready(Stage stage, String node) {
        stage.client
                .nodes()
                .withName(node)
                .editStatus(made -> new NodeBuilder(made)
                        .editStatus()
                        .withConditions(new NodeConditionBuilder()
                                .withType("Ready")
                                .withStatus("Unknown")
                                .build())
                        .endStatus()
                        .build());
    }
}
