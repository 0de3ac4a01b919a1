package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Replacement;
import dev.capstan.crds.training.Redundancy;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods that stand by take the ranks of lost workers. */
class SparesTest {
    private final TermsTable terms = new TermsTable();
    private final PlanTable table = terms.table;

    @Test
    void aGangIsPlacedAndChargedWithItsSparesAndTrainingWaitsForTheWorkersAlone() {
        table.job.getSpec().setRedundancy(new Redundancy().setSpares(1).setSpread("zone"));
        table.pass();
        var workload = table.workload().orElseThrow();
        assertEquals(3, workload.minimum());
        assertEquals(Optional.of("zone"), workload.spread());
        assertEquals("waits for places for 3 pods", table.message());

        var made = terms.madeWithSpares(1);
        assertEquals(
                List.of("mnist-tj-1-worker-0-0", "mnist-tj-1-worker-1-0", "mnist-tj-1-worker-2-0"),
                table.podNames(made));
        assertEquals(List.of("", "", "mnist-tj-1-worker-2-0"), TermsTable.standBy(made));
        assertEquals(
                List.of("a", "b", "c"),
                JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                        .orElseThrow()
                        .podSets()
                        .getFirst()
                        .nodes());
        assertEquals(
                2,
                JobFiles.of(table.description(), 1, PlanTable.SETTINGS.timeouts())
                        .peers()
                        .size(),
                "as many peers as there are ranks");

        table.run(0, true);
        table.run(1, true);
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertEquals("2/2, 0/1 spares", table.job.getStatus().getWorkers().getSummary());
        assertEquals(
                "2 of 2 workers are ready; 0 of 1 spare is ready",
                table.condition("PodsReady").getMessage());
        table.run(2, true);
        var plan = table.pass();
        assertEquals("2/2, 1/1 spares", table.job.getStatus().getWorkers().getSummary());
        assertEquals(2, table.job.getStatus().getWorkers().getTotal());
        assertEquals(
                List.of("mnist-tj-1-worker-2-0"),
                plan.gang().orElseThrow().spares().stream().map(Plan.Peer::pod).toList(),
                "listened to before there is a loss");
        assertTrue(table.workload().isEmpty(), "it lacks no place");
        terms.spareSays(2, true, true);
        table.pass();
        assertNull(table.job.getStatus().getMembership(), "that a spare is ready says nothing of the workers");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aSpareTakesTheRankInTheSamePassAndTheLostSeatIsASparesFromThenOn(int rank) {
        terms.trainsWithSpares(1);
        table.ended(rank, 137, "Error", null);
        var plan = table.pass();
        assertEquals(List.of(), table.podNames(plan), "nobody has to be waited for");
        assertEquals(1, table.job.getStatus().getTerm());
        var spare = new Membership.Member("mnist-tj-1-worker-2-0", "10.0.0.2:29400");
        var other = new Membership.Member(
                "mnist-tj-1-worker-%d-0".formatted(1 - rank), "10.0.0.%d:29400".formatted(1 - rank));
        var gang = plan.gang().orElseThrow();
        assertEquals(
                Optional.of(new Membership(1, 1, rank == 0 ? List.of(spare, other) : List.of(other, spare))),
                gang.membership());
        assertEquals(Set.of(rank), gang.newcomers());
        assertEquals(List.of("Killed"), gang.lost());
        assertEquals(List.of(), gang.spares());
        assertEquals(
                List.of(
                        new Replacement().setRank(rank).setIncarnation(1).setHeld(rank),
                        new Replacement()
                                .setRank(2)
                                .setIncarnation(0)
                                .setTerm(1)
                                .setHolds(rank)),
                table.job.getStatus().getMembership().getReplaced());
        assertEquals(
                List.of(Notice.Reason.WorkerLost, Notice.Reason.WorkerReplaced),
                table.reasons().subList(3, 5));
        assertEquals(
                "a spare takes the place: worker %d is pod mnist-tj-1-worker-2-0 on node b now, from term 1 on"
                        .formatted(rank),
                table.told.get(4).note());
        assertEquals(
                gang.membership(), table.pass().gang().orElseThrow().membership(), "a new leader tells them again");
        assertEquals(List.of(), table.podNames(table.pass()), "another spare can wait until all are at work");

        table.later(1);
        terms.recovers(1 - rank);
        assertEquals("1.000", table.job.getStatus().getRecovery().getLastSeconds());
        assertEquals("2/2, 0/1 spares", table.job.getStatus().getWorkers().getSummary());
        var made = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-%d-1".formatted(rank)), table.podNames(made));
        assertEquals(table.podNames(made), TermsTable.standBy(made));
        table.make(made);
        assertEquals(List.of(), table.podNames(table.pass()));
        assertEquals("Ready Training", table.standing());
    }

    /** Every night one dies, rank 0 as often as rank 1, and each time the spare of the last night is there. */
    @Test
    void sparesTakeOverFromEachOtherAgainAndAgain() {
        table.maxRestarts(0);
        terms.trainsWithSpares(1);
        for (int night = 1; night <= 6; night++) {
            int rank = night % 2;
            int seat = Seats.of(table.description()).of(rank);
            table.checkpoint(100 + night);
            table.pass();
            table.delete(seat);
            table.pass();
            assertEquals(night, table.job.getStatus().getTerm());
            terms.recovers(1 - rank);
            table.make(table.pass());
            terms.standsBy(Seats.of(table.description()).ofSpares().getFirst());
            table.pass();
            assertEquals("2/2, 1/1 spares", table.job.getStatus().getWorkers().getSummary());
            assertEquals(List.of(seat), Seats.of(table.description()).ofSpares());
        }
        assertEquals(1, table.job.getStatus().getAttempt());
        assertEquals(6, table.job.getStatus().getRecovery().getRestarts());
        var names = table.description().workingPods().stream().map(table::name).toList();
        assertEquals(3, table.pods.size());
        assertTrue(table.pods.keySet().containsAll(names), names.toString());
    }

    static Stream<Arguments> coldSpares() {
        return Stream.of(
                row("it isn't ready", terms -> terms.table.run(2, false)),
                row("it doesn't answer", terms -> terms.spareSays(2, false, true)),
                row("it still loads", terms -> terms.spareSays(2, true, false)),
                row("it is gone", terms -> terms.table.delete(2)));
    }

    private static Arguments row(String what, Consumer<TermsTable> is) {
        return Arguments.of(what, is);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("coldSpares")
    void withoutASpareThatIsReadyAPodIsMadeForTheRank(String what, Consumer<TermsTable> is) {
        terms.trainsWithSpares(1);
        is.accept(terms);
        table.delete(0);
        table.pass();
        assertNull(table.job.getStatus().getTerm());
        var made = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-0-1"), table.podNames(made));
        assertEquals(List.of(""), TermsTable.standBy(made));
    }

    /** It was on its way when the worker was lost, and is sooner there than another pod. */
    @Test
    void aSpareThatGetsReadyMeanwhileTakesTheRankOfAWorkerThatHasNoPodYet() {
        terms.trainsWithSpares(1);
        table.run(2, false);
        table.delete(0);
        table.pass();
        table.make(table.pass());
        table.run(2, true);
        var plan = table.pass();
        assertEquals(1, table.job.getStatus().getTerm());
        assertEquals(
                "mnist-tj-1-worker-2-0",
                plan.gang()
                        .orElseThrow()
                        .membership()
                        .orElseThrow()
                        .members()
                        .getFirst()
                        .pod());
        table.later(5);
        var deletes = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-0-1"), table.deleted(deletes), "what was on its way was no spare");
        table.make(deletes);
        terms.recovers(1);
        assertEquals(List.of("mnist-tj-1-worker-0-2"), TermsTable.standBy(table.pass()));
    }

    /** The one without a place would take longer by a new pod: it gets the spare. One term is written, for both. */
    @Test
    void ofTwoThatAreLostTheOneWithoutAPlaceGetsTheSpareAndTheOtherAPod() {
        threeTrainWithASpare();
        table.delete(0);
        table.delete(1);
        table.nodes.remove("b");
        table.pass();
        assertNull(table.job.getStatus().getTerm(), "all ranks are needed for a step");
        assertEquals(3, Seats.of(table.description()).of(1));
        assertEquals(List.of(new Placement().setRank(1).setNode("b")), JobWorkloads.givenBack(table.job));
        var made = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-0-1"), table.podNames(made));
        table.make(made);
        table.run(0, false);
        var plan = table.pass();
        assertEquals(
                List.of("mnist-tj-1-worker-0-1", "mnist-tj-1-worker-3-0", "mnist-tj-1-worker-2-0"),
                plan.gang().orElseThrow().membership().orElseThrow().members().stream()
                        .map(Membership.Member::pod)
                        .toList());
        assertEquals(1, table.job.getStatus().getTerm());
        assertEquals(Set.of(0, 1), plan.gang().orElseThrow().newcomers());

        // The lost one's place is the spare's to wait for.
        terms.recovers(2);
        terms.place(0, "a", 2, "c", 3, "d");
        table.pass();
        assertEquals(List.of(), JobWorkloads.givenBack(table.job));
        table.verdict = Optional.of(new Wait(WaitReason.WAITING_FOR_CAPACITY, "needs 1 pod, 0 free"));
        assertEquals(List.of(), table.podNames(table.pass()));
        assertTrue(table.workload().isPresent());
        assertTrue(
                table.condition("PodsReady")
                        .getMessage()
                        .endsWith("; 0 of 1 spare is ready, one waits for a place: needs 1 pod, 0 free"),
                table.condition("PodsReady").getMessage());
        terms.place(0, "a", 1, "a", 2, "c", 3, "d");
        assertEquals(List.of("mnist-tj-1-worker-1-1"), TermsTable.standBy(table.pass()));
    }

    @Test
    void aSpareThatIsLostAsItJoinsIsAnotherLossAndNoneInVain() {
        table.maxRestarts(0);
        terms.trainsWithSpares(2);
        table.delete(0);
        table.pass();
        table.delete(2);
        var plan = table.pass();
        assertEquals(2, table.job.getStatus().getTerm());
        assertEquals(
                "mnist-tj-1-worker-3-0",
                plan.gang()
                        .orElseThrow()
                        .membership()
                        .orElseThrow()
                        .members()
                        .getFirst()
                        .pod());
        assertEquals(0, table.job.getStatus().getRestartsWithoutProgress());
        terms.recovers(1);
        assertEquals(List.of("mnist-tj-1-worker-0-1", "mnist-tj-1-worker-2-1"), TermsTable.standBy(table.pass()));
        assertEquals(2, table.job.getStatus().getRecovery().getRestarts());

        // Now without a spare: the pod that holds the rank gets another on its own seat.
        table.checkpoint(101);
        table.pass();
        table.delete(3);
        table.pass();
        var made = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-3-1"), table.podNames(made));
        assertEquals(List.of(""), TermsTable.standBy(made), "it is no spare");
        assertEquals(List.of("0"), TermsTable.told(made, Contract.RANK), "whose rank it has, whatever its seat");
    }

    @Test
    void aSpareThatIsGoneBeforeTheTermBeginsIsFollowedByAPod() {
        threeTrainWithASpare();
        table.delete(0);
        table.delete(1);
        table.pass();
        assertEquals(3, Seats.of(table.description()).of(0));
        table.delete(3);
        table.pass();
        assertEquals(
                List.of("mnist-tj-1-worker-3-1", "mnist-tj-1-worker-1-1"),
                table.podNames(table.pass()),
                "of ranks 0 and 1");
    }

    private void threeTrainWithASpare() {
        table.job.getSpec().getWorkers().setReplicas(3);
        table.job.getSpec().setRedundancy(new Redundancy().setSpares(1));
        table.pass();
        table.nodes.putAll(Map.of("c", true, "d", true));
        terms.place(0, "a", 1, "b", 2, "c", 3, "d");
        table.pass();
        table.make(table.pass());
        table.pass();
        for (int rank = 0; rank < 3; rank++) {
            table.run(rank, true);
        }
        table.pass();
        terms.standsBy(3);
        terms.on(2, "c");
        terms.on(3, "d");
        terms.speak(0, 1, 2);
    }

    /** Rank 0's new worker doesn't know yet how far the others are. */
    @Test
    void progressIsWhatRankZeroSaysWhoeverThatIs() {
        terms.trainsWithSpares(1);
        table.delete(0);
        var plan = table.pass();
        assertEquals("10.0.0.2", plan.follow().orElseThrow().podIp());
        table.progress = Optional.of(new Progress(1, Progress.Stage.STANDBY, 0, 5, 0, 0, 0, 0, 0, null, null));
        assertEquals(100, table.pass().status().getProgress().getStep());
        terms.recovers(1);
        table.checkpoint(120);
        assertEquals(120, table.pass().status().getProgress().getStep());
    }

    @Test
    void whatRankZeroSaysLastCountsWhoeverThatIs() {
        terms.trainsWithSpares(1);
        table.delete(0);
        table.pass();
        terms.recovers(1);
        table.make(table.pass());
        terms.standsBy(0);
        table.pass();
        table.suspend(true);
        table.pass();
        table.pass();
        table.end(
                2,
                new Outcome(
                        Outcome.Reason.Terminated,
                        "asked to stop",
                        null,
                        new Progress.Checkpoint(
                                130,
                                "pvc://models/mnist/checkpoints/uid-1/step-130",
                                PlanTable.digest(130),
                                "2026-01-01T00:00:00Z")));
        table.lastWords.hear(table.pods.get("mnist-tj-1-worker-2-0"), Optional.of(table.description()));
        table.end(0, Outcome.Reason.StateNotKept, "a spare has none");
        table.lastWords.hear(table.pods.get(table.name(0)), Optional.of(table.description()));
        table.pods.clear();
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        assertEquals(130, table.job.getStatus().getLastCheckpoint().getStep());
        assertEquals("Suspended", table.condition("Suspended").getReason(), "its state is kept");
    }

    @Test
    void ofALostAttemptAllPodsGoAndTheNextBeginsAsTheFirstDid() {
        terms.trainsWithSpares(1);
        table.delete(1);
        table.pass();
        table.delete(0);
        table.pass();
        assertEquals(2, table.job.getStatus().getAttempt());
        assertNull(table.job.getStatus().getMembership());
        assertEquals(List.of(0, 1), table.description().workingPods());
    }

    @Test
    void whatAWorkerEndedByCountsThoughASpareHasTakenItsRank() {
        terms.trainsWithSpares(1);
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.silent(1);
        table.pass();
        assertEquals(1, table.job.getStatus().getTerm());
        table.status(
                "mnist-tj-1-worker-1-0", "b", table.ended(new Outcome(Outcome.Reason.OutOfMemory, "the heap", null)));
        table.pass();
        assertEquals("Stalled OutOfMemory", table.standing());
    }

    static Stream<Arguments> whatNoWorkerSaid() {
        return Stream.of(Outcome.Reason.NotNeeded, Outcome.Reason.InvalidData).map(Arguments::of);
    }

    /** It was on a node that was cut off, and its end is told when the node is back, after others had its seat. */
    @ParameterizedTest
    @MethodSource("whatNoWorkerSaid")
    void whatAnEarlierSpareOfTheSeatEndedBySaysNothingOfTheRankThatALaterOneTook(Outcome.Reason reason) {
        table.maxRestarts(0);
        terms.trainsWithSpares(1);
        var earlier = table.name(2);
        var pod = table.pods.get(earlier);
        table.ended(2, 137, "Error", null);
        table.pass();
        table.make(table.pass());
        terms.standsBy(2);
        assertEquals("mnist-tj-1-worker-2-1", table.name(2));
        table.ended(0, 137, "Error", null);
        table.pass();
        assertEquals(2, Seats.of(table.description()).of(0));
        table.ended(2, 137, "Error", null);
        table.pass();
        table.pods.put(earlier, pod);
        table.status(earlier, "b", table.ended(new Outcome(reason, "asked to stop", null)));
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void aSpareThatIsAskedToStopAsItIsGivenARankIsAnotherLoss() {
        table.maxRestarts(0);
        terms.trainsWithSpares(1);
        table.ended(0, 137, "Error", null);
        table.pass();
        table.end(2, Outcome.Reason.NotNeeded, "asked to stop as a spare, before a rank was lost");
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertEquals(List.of("mnist-tj-1-worker-2-1"), table.podNames(table.pass()));
        assertEquals(2, table.job.getStatus().getRecovery().getRestarts());
    }
}
