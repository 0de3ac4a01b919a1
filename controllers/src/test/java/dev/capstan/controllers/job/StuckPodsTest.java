package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.RolledBack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods that are where they are to run and that their kubelets can't start. */
class StuckPodsTest {
    private static final String NONE = "[]";
    private static final String CREATING = "[{name: worker, state: {waiting: {reason: ContainerCreating}}}]";
    private static final String INITIALIZING = "[{name: worker, state: {waiting: {reason: PodInitializing}}}]";

    private final PlanTable table = new PlanTable();

    @Test
    void whatAKubeletSaysOfAVolumeIsShownAndPlacesAreGivenBackSoon() {
        table.made();
        table.run(0, true);
        table.bound(1, "Pending", NONE, CREATING);
        table.said.put("mnist-tj-1-worker-1-0", "FailedMount: secret \"keys\" not found");
        assertEquals(Duration.ofSeconds(3), table.pass().again().orElseThrow());
        assertEquals("Reconciling PodsStarting", table.standing());
        assertEquals(
                "1 of 2 workers are ready; pod mnist-tj-1-worker-1-0: FailedMount: secret \"keys\" not found",
                table.message());
        table.later(30);
        table.pass();
        assertEquals("Reconciling PodsFailing", table.standing());
        var message = "attempt 1 was rolled back (1 so far): pod mnist-tj-1-worker-1-0 can't start:"
                + " FailedMount: secret \"keys\" not found; queues again after 5 s";
        assertEquals(message, table.message());
        assertEquals(RolledBack, table.reasons().getLast());
        assertEquals(List.of("mnist-tj-1-worker-0-0", "mnist-tj-1-worker-1-0"), table.deleted(table.pass()));
        table.pods.clear();
        table.later(5);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(message, table.condition(Conditions.PODS_READY).getMessage(), "why can still be read");
    }

    @Test
    void aPodOfWhichNothingIsSaidIsAskedAfterAtGrowingDistances() {
        table.made();
        table.bound(0, "Pending", NONE, CREATING);
        table.bound(1, "Pending", NONE, CREATING);
        assertEquals(Duration.ofSeconds(3), table.pass().again().orElseThrow());
        table.later(10);
        assertEquals(Duration.ofSeconds(10), table.pass().again().orElseThrow());
        table.later(100);
        assertEquals(Duration.ofSeconds(30), table.pass().again().orElseThrow());
        assertEquals("0 of 2 workers are ready", table.message());
    }

    @Test
    void aVolumeThatIsMountedInTheEndCostsNothing() {
        table.made();
        table.run(0, true);
        table.bound(1, "Pending", NONE, CREATING);
        table.said.put("mnist-tj-1-worker-1-0", "FailedMount: secret \"keys\" not found");
        table.later(29);
        table.pass();
        table.said.clear();
        table.run(1, true);
        table.pass();
        assertEquals("Ready Training", table.standing());
    }

    @Test
    void anImageThatIsPulledInVainIsSaidAndGivenUpAtTheSecondTry() {
        table.made();
        table.bound(0, "Pending", NONE, waiting("ErrImagePull", "manifest unknown"));
        table.pass();
        assertEquals(
                "0 of 2 workers are ready; pod mnist-tj-1-worker-0-0: ErrImagePull: manifest unknown", table.message());
        table.bound(0, "Pending", NONE, waiting("ImagePullBackOff", "Back-off pulling image: manifest unknown"));
        table.pass();
        assertEquals("Reconciling PodsFailing", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): pod mnist-tj-1-worker-0-0 can't start: ImagePullBackOff:"
                        + " Back-off pulling image: manifest unknown; queues again after 5 s",
                table.message());
    }

    @Test
    void aContainerThatCantBeMadeHasASecretsTimeToCome() {
        table.made();
        table.bound(0, "Pending", NONE, waiting("CreateContainerConfigError", "couldn't find key a in Secret b"));
        table.later(29);
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
        assertEquals("Reconciling PodsStarting", table.standing());
        table.later(1);
        table.pass();
        assertEquals("Reconciling PodsFailing", table.standing());
        assertTrue(table.message().contains("CreateContainerConfigError: couldn't find key a"), table.message());
    }

    @Test
    void anInitContainersExitCodeAndLastWordsAreSaid() {
        table.made();
        table.run(0, false);
        table.bound(
                1,
                "Failed",
                "[{name: fetch, state: {terminated: {exitCode: 3, reason: Error, message: no such bucket}}}]",
                INITIALIZING);
        table.pass();
        assertEquals("Reconciling PodsFailing", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): pod mnist-tj-1-worker-1-0: container fetch ended with exit"
                        + " code 3 (Error): no such bucket; queues again after 5 s",
                table.message());
        assertEquals(List.of("mnist-tj-1-worker-0-0"), table.deleted(table.pass()), "the other's log can be read");
    }

    @Test
    void anInitContainerWithoutLastWordsHasALog() {
        table.made();
        table.bound(0, "Failed", "[{name: fetch, state: {terminated: {exitCode: 1, reason: Error}}}]", INITIALIZING);
        table.pass();
        assertTrue(
                table.message()
                        .contains("container fetch ended with exit code 1 (Error) and without a message;"
                                + " kubectl logs --container=fetch may say more"),
                table.message());
    }

    /** One that starts over again and again before the worker is begun. */
    @Test
    void aSidecarThatComesFirstIsNamed() {
        table.made();
        table.bound(
                0,
                "Pending",
                "[{name: mesh, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 2, message: no config}}}]",
                INITIALIZING);
        table.pass();
        assertEquals(
                "0 of 2 workers are ready; pod mnist-tj-1-worker-0-0: container mesh ended with exit code 2: no config",
                table.message());
        table.later(30);
        table.pass();
        assertEquals("Reconciling PodsFailing", table.standing());
    }

    /** Its worker runs, and the gang never gets whole. */
    @Test
    void aSidecarBesideTheWorkerIsNamed() {
        table.made();
        table.run(0, true);
        table.bound(
                1,
                "Running",
                NONE,
                "[{name: proxy, state: {terminated: {exitCode: 1, message: no certificate}}}, {name: worker, state: {running: {}}}]");
        table.pass();
        assertEquals(
                "1 of 2 workers are ready; pod mnist-tj-1-worker-1-0: container proxy ended with exit code 1: no certificate",
                table.message());
    }

    @Test
    void whatCantStartIsTriedAgainAfterLongerAndLongerWaits() {
        for (int seconds : List.of(5, 10, 20, 40, 80, 160, 300, 300)) {
            table.pass();
            table.grant().pass();
            table.make(table.pass());
            table.pass();
            table.bound(0, "Pending", NONE, waiting("InvalidImageName", "no"));
            table.pass();
            assertTrue(table.message().endsWith("; queues again after " + seconds + " s"), table.message());
            assertEquals(
                    table.now.plusSeconds(seconds),
                    Instant.parse(table.job.getStatus().getRequeueAt()));
            table.pods.clear();
            table.later(seconds);
        }
        assertEquals(8, table.job.getStatus().getRollbacks());
    }

    private static String waiting(String reason, String message) {
        return "[{name: worker, state: {waiting: {reason: %s, message: \"%s\"}}}]".formatted(reason, message);
    }
}
