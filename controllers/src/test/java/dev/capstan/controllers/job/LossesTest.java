package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Events;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What of a gang that trains is the loss of a worker, whose rank another takes, and what isn't. */
class LossesTest {
    private final TermsTable terms = new TermsTable();
    private final PlanTable table = terms.table;

    static Stream<Arguments> losses() {
        return Stream.of(
                of("deleted", "Deleted", table -> table.delete(1)),
                of("taken away by a taint, and gone before anybody looks", "Evicted", table -> {
                    table.disrupt(1, "DeletionByTaintManager", "why");
                    table.lastWords.hear(table.pods.get(table.name(1)), Optional.of(table.description()));
                    table.delete(1);
                }),
                of("taken away by a taint before this operator was there", "Evicted", table -> {
                    table.said.put(table.name(1), "TaintManagerEviction: Marking for deletion Pod team/it");
                    table.delete(1);
                }),
                of("killed", "Killed", table -> table.ended(1, 137, "Error", null)),
                of("killed with its machine", "Killed", table -> table.ended(1, 255, "ContainerStatusUnknown", null)),
                of("its machine is dead", "NodeLost", table -> {
                    table.ended(1, 255, "Unknown", null);
                    table.nodes.put("b", false);
                }),
                of(
                        "evicted",
                        "Evicted",
                        table -> table.status(
                                1,
                                new PodStatusBuilder()
                                        .withPhase("Failed")
                                        .withReason("Evicted")
                                        .build())),
                of("its node is gone", "NodeLost", table -> table.nodes.remove("b")),
                of("told to end on a dead node", "NodeLost", table -> {
                    table.terminate(1);
                    table.nodes.put("b", false);
                }),
                of("asked to stop, and has left", "Deleted", table -> {
                    table.end(1, Outcome.Reason.Left, "asked to stop");
                    table.terminate(1);
                }),
                of("evicted, and has left", "Evicted", table -> {
                    table.end(1, Outcome.Reason.Left, "asked to stop");
                    table.disrupt(1, "EvictionByEvictionAPI", "Eviction API: evicting");
                }),
                of("asked to stop, and no step ended in time", "Deleted", table -> {
                    table.end(1, Outcome.Reason.StateNotKept, "asked to stop");
                    table.terminate(1);
                }),
                of("its labels were changed", "Deleted", table -> {
                    table.delete(1);
                    table.strays.put(1, new World.Stray("mnist-tj-1-worker-1-0", "its labels", Optional.empty()));
                }));
    }

    private static Arguments of(String what, String cause, Consumer<PlanTable> happens) {
        return Arguments.of(what, cause, happens);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void whatTakesAWorkerAwayIsCounted(String what, String cause, Consumer<PlanTable> happens) {
        terms.trains();
        happens.accept(table);
        table.pass();
        assertEquals(1, table.job.getStatus().getAttempt());
        assertEquals(Map.of(cause, 1), table.job.getStatus().getRecovery().getRestartsByCause());
        assertEquals(1, terms.replaced(1));
    }

    static Stream<Arguments> ends() {
        return Stream.of(
                of("all lost", "Reconciling Restarting", table -> {
                    table.delete(0);
                    table.delete(1);
                }),
                of("a crash", "Reconciling Restarting", table -> table.ended(1, 139, "Error", null)),
                of("its own words", "Reconciling Restarting", table -> {
                    table.end(1, Outcome.Reason.WorkerError, "a bug");
                    table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
                }),
                of("told to stop", "Reconciling Restarting", table -> {
                    table.end(1, Outcome.Reason.Terminated, "asked to stop");
                    table.end(0, Outcome.Reason.Terminated, "asked to stop");
                }),
                of("all have left", "Reconciling Restarting", table -> {
                    table.end(1, Outcome.Reason.Left, "asked to stop");
                    table.end(0, Outcome.Reason.Left, "asked to stop");
                }),
                of("one has left, and the other's pod is told to end", "Reconciling Restarting", table -> {
                    table.end(1, Outcome.Reason.Left, "asked to stop");
                    table.terminate(0);
                }),
                of("bad data", "Stalled InvalidData", table -> table.end(1, Outcome.Reason.InvalidData, "no idx")),
                of("diverged", "Stalled Diverged", table -> table.end(1, Outcome.Reason.Diverged, "NaN")),
                of("one killed, and the other gave up", "Reconciling Restarting", table -> {
                    table.ended(1, 137, "Error", null);
                    table.end(0, Outcome.Reason.PeerLost, "no membership within 300 s");
                }),
                of("suspended", "Reconciling Suspending", table -> {
                    table.delete(1);
                    table.suspend(true);
                }),
                of("drained", "Reconciling Suspending", table -> {
                    table.delete(1);
                    table.drainedBy = Optional.of("team");
                }),
                of("over its deadline", "Stalled DeadlineExceeded", table -> {
                    table.job.getSpec().setActiveDeadlineSeconds(1);
                    table.delete(1);
                    table.later(2);
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ends")
    void whatIsNoLossOfAMachineEndsAsEver(String what, String standing, Consumer<PlanTable> happens) {
        terms.trains();
        happens.accept(table);
        table.pass();
        if (table.standing().equals("Ready Training")) {
            // All are heard first.
            table.later(5);
            table.pass();
        }
        assertEquals(standing, table.standing());
        assertNull(table.job.getStatus().getRecovery());
    }

    @Test
    void workersThatNobodyCanTalkToAboutItAreLostAsEver() {
        table.running();
        table.checkpoint(100);
        table.pass();
        assertNull(table.job.getStatus().getMembership());
        table.delete(1);
        table.pass();
        assertEquals(2, table.job.getStatus().getAttempt());
    }

    /** They say that they can begin with others, too. */
    @Test
    void whoIsLostWhileTheyReadTheirDataIsReplacedAsWell() {
        table.running();
        table.progress =
                Optional.of(new Progress(1, Progress.Stage.LOADING, 0, 0, 0, 0, Double.NaN, 0, -1, null, null));
        terms.hear(0);
        terms.hear(1);
        table.pass();
        table.delete(1);
        table.pass();
        assertEquals(1, table.job.getStatus().getAttempt());
        assertEquals(Map.of("Deleted", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        assertEquals(1, terms.replaced(1));
    }

    /** One waits for its peers, of which another is lost: it waits for the next pod, and the attempt goes on. */
    @Test
    void whoIsLostBeforeTheyHaveMetIsReplacedAsWell() {
        table.made();
        table.run(0, false);
        table.run(1, false);
        table.pass();
        terms.hear(0);
        table.pass();
        table.delete(1);
        table.pass();
        assertEquals(1, table.job.getStatus().getAttempt());
        assertEquals(Map.of("Deleted", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        assertEquals(1, terms.replaced(1));
        assertEquals(List.of("mnist-tj-1-worker-1-1"), table.podNames(table.pass()));
    }

    /** Nobody has said yet that it could wait for another. */
    @Test
    void whoIsLostBeforeAnyWorkerAnswersEndsTheAttempt() {
        table.made();
        table.run(0, false);
        table.run(1, false);
        table.pass();
        table.delete(1);
        table.pass();
        assertEquals(2, table.job.getStatus().getAttempt());
    }

    @Test
    void aSingleWorkerHasNobodyWhoKeepsItsState() {
        table.job.getSpec().getWorkers().setReplicas(1);
        assertFalse(table.description().replacesWorkers());
        assertNull(JobFiles.of(table.description(), 1, PlanTable.SETTINGS.timeouts())
                .timeouts()
                .regroup());
        table.job.getSpec().getWorkers().setReplicas(2);
        assertEquals(
                300,
                JobFiles.of(table.description(), 1, PlanTable.SETTINGS.timeouts())
                        .timeouts()
                        .regroup());
    }

    /** Its peers wait for another already; its kubelet says so a second later, and its last word is no news then. */
    @Test
    void whoSaysThatItLeavesIsLostAtOnce() {
        terms.trains();
        table.terminate(1);
        table.pass();
        assertEquals(0, terms.replaced(1), "it works on");
        terms.hear(1, TermsTable.event(1, 0, Events.Kind.LEFT));
        table.pass();
        assertEquals(Map.of("Deleted", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        assertEquals(1, terms.replaced(1));
        table.make(table.pass());
        table.status(
                "mnist-tj-1-worker-1-0", "b", table.ended(new Outcome(Outcome.Reason.Left, "asked to stop", null)));
        table.pass();
        assertEquals(1, terms.replaced(1));
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void whomPeersBlameIsLostIfItAnswersNobody() {
        terms.trains();
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        table.pass();
        assertEquals(0, terms.replaced(1), "it answers us");
        terms.silent(1);
        table.pass();
        assertEquals(
                Map.of("Unreachable", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        assertEquals(1, terms.replaced(1));
        var waits = table.pass();
        assertEquals(List.of(), table.deleted(waits), "it may yet tell why it ended");
        assertEquals(Duration.ofSeconds(5), waits.again().orElseThrow());
        table.later(5);
        assertEquals(
                List.of("mnist-tj-1-worker-1-0"),
                table.deleted(table.pass()),
                "what hangs must hold nothing, and write nothing");
    }

    /** Its peers miss it, and a spare or another pod is on its way, before its kubelet has told anybody. */
    @Test
    void whatTookAWorkerAwayIsCountedWhenItIsKnown() {
        terms.trains();
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.silent(1);
        table.pass();
        assertEquals(
                Map.of("Unreachable", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        table.make(table.pass());
        table.status("mnist-tj-1-worker-1-0", "b", table.ended(137, "Error", null));
        table.pass();
        assertEquals(Map.of("Killed", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        assertEquals(1, table.job.getStatus().getRecovery().getRestarts());
        var before = table.job.getStatus();
        table.pass();
        assertEquals(
                before.getRecovery().getRestartsByCause(),
                table.job.getStatus().getRecovery().getRestartsByCause(),
                "once");
    }

    /** It is gone, and nobody has told why. */
    @Test
    void whatNobodyTellsStaysUnreachable() {
        terms.trains();
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.silent(1);
        table.pass();
        assertTrue(
                table.job.getStatus().getMembership().getReplaced().getFirst().getUnexplained());
        table.pods.remove("mnist-tj-1-worker-1-0");
        table.pass();
        assertNull(
                table.job.getStatus().getMembership().getReplaced().getFirst().getUnexplained());
        assertEquals(
                Map.of("Unreachable", 1), table.job.getStatus().getRecovery().getRestartsByCause());
    }

    /** It has ended: it holds nothing. */
    @Test
    void ofThePodsThatWereKilledTheLastOneStaysForItsLog() {
        terms.trains();
        table.ended(1, 137, "Error", null);
        table.pass();
        var made = table.pass();
        assertEquals(List.of(), table.deleted(made));
        table.later(10);
        table.make(made);
        table.run(1, true);
        table.pass();
        terms.hear(0, TermsTable.event(1, 1, Events.Kind.RECOVERED));
        table.pass();
        assertEquals(List.of(), table.deleted(table.pass()), "as long as there is none after it");
        table.checkpoint(101);
        table.pass();
        table.ended(1, 137, "Error", null);
        table.pass();
        assertEquals(List.of("mnist-tj-1-worker-1-0"), table.deleted(table.pass()));
    }

    /** A node that was away: its worker gave up after its rank was taken, and others are lost just now. */
    @Test
    void whatALostWorkerEndsByAfterItWasReplacedSaysNothingOfTheOthers() {
        terms.trains();
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.silent(1);
        table.pass();
        table.make(table.pass());
        table.status(
                "mnist-tj-1-worker-1-0",
                "b",
                table.ended(new Outcome(Outcome.Reason.PeerLost, "no membership within 300 s", null)));
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    static Stream<Arguments> lastWords() {
        return Stream.of(
                of(
                        "too little memory",
                        "Stalled OutOfMemory",
                        table -> table.status(
                                "mnist-tj-1-worker-1-0",
                                "b",
                                table.ended(new Outcome(Outcome.Reason.OutOfMemory, "the heap", null)))),
                of(
                        "bad data",
                        "Stalled InvalidData",
                        table -> table.status(
                                "mnist-tj-1-worker-1-0",
                                "b",
                                table.ended(new Outcome(Outcome.Reason.InvalidData, "no idx", null)))),
                of("a crash", "Reconciling Restarting", table -> {
                    table.status(
                            "mnist-tj-1-worker-1-0",
                            "b",
                            table.ended(new Outcome(Outcome.Reason.WorkerError, "a bug", null)));
                    table.later(5);
                }));
    }

    @Test
    void whoHasSaidThatItEndsIsNoLoss() {
        terms.trains();
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.heard(1, false, TermsTable.event(1, 0, Events.Kind.ENDED));
        table.pass();
        assertEquals(0, terms.replaced(1));
        table.end(1, Outcome.Reason.InvalidData, "no idx");
        table.pass();
        assertEquals("Stalled InvalidData", table.standing());
    }

    /** Its peers miss a worker at once; what its kubelet says comes a second later. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("lastWords")
    void whatAWorkerEndedByCountsThoughItIsHeardLate(String what, String standing, Consumer<PlanTable> happens) {
        terms.trains();
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.silent(1);
        table.pass();
        table.make(table.pass());
        assertTrue(table.pods.containsKey("mnist-tj-1-worker-1-1"));
        happens.accept(table);
        table.pass();
        assertEquals(standing, table.standing());
    }

    /** And its pod is gone by then. */
    @Test
    void whoHadAPodGoCountsThoughItIsHeardLate() {
        terms.trains();
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.silent(1);
        var pod = table.name(1);
        table.pass();
        table.make(table.pass());
        assertEquals(
                Map.of("Unreachable", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        table.said.put(pod, "TaintManagerEviction: Marking for deletion Pod team/it");
        table.pods.remove(pod);
        table.pass();
        assertEquals(Map.of("Evicted", 1), table.job.getStatus().getRecovery().getRestartsByCause());
    }

    @Test
    void aNodeThatIsNotReadyAloneStopsNoWorkerOnIt() {
        terms.trains();
        table.nodes.put("b", false);
        terms.silent(1);
        table.pass();
        assertEquals(0, terms.replaced(1));
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        table.pass();
        assertEquals(Map.of("NodeLost", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        assertEquals(1, JobWorkloads.givenBack(table.job).size());
    }
}
