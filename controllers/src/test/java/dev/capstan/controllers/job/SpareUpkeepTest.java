package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.crds.Placement;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of spares disturbs nobody, and others take their places. */
class SpareUpkeepTest {
    private final TermsTable terms = new TermsTable();
    private final PlanTable table = terms.table;

    private static Arguments row(String what, Consumer<TermsTable> is) {
        return Arguments.of(what, is);
    }

    /** What hangs has its room until it is gone: another pod would find none there. */
    @Test
    void aSpareIsMadeWhenThePodBeforeItIsGone() {
        terms.trainsWithSpares(1);
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.silent(1);
        table.pass();
        assertEquals(1, table.job.getStatus().getTerm());
        terms.recovers(0);
        var next = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-1-0"), table.deleted(next));
        assertEquals(List.of(), table.podNames(next));
        table.make(next);
        assertEquals(List.of("mnist-tj-1-worker-1-1"), TermsTable.standBy(table.pass()));
    }

    static Stream<Arguments> endsOfASpare() {
        return Stream.of(
                row("killed", terms -> terms.table.ended(2, 137, "Error", null)),
                row("by a fault of its own", terms -> terms.table.end(2, Outcome.Reason.WorkerError, "a bug")),
                row("by data that it can't read", terms -> terms.table.end(2, Outcome.Reason.InvalidData, "no idx")),
                row("as if it was done", terms -> terms.table.end(2, Outcome.Reason.NotNeeded, "asked to stop")),
                row(
                        "evicted",
                        terms -> terms.table.status(
                                2,
                                new PodStatusBuilder()
                                        .withPhase("Failed")
                                        .withReason("Evicted")
                                        .build())),
                row("with its node", terms -> {
                    terms.on(2, "c");
                    terms.table.nodes.remove("c");
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("endsOfASpare")
    void aSpareThatEndsIsMadeAnewAndDisturbsNobody(String what, Consumer<TermsTable> ends) {
        terms.trainsWithSpares(1);
        ends.accept(terms);
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertEquals("2/2, 0/1 spares", table.job.getStatus().getWorkers().getSummary());
        assertEquals(1, terms.replaced(2));
        assertEquals(Notice.Reason.SpareLost, table.reasons().getLast());
        var next = table.pass();
        if (table.nodes.containsKey("c")) {
            assertEquals(List.of("mnist-tj-1-worker-2-1"), TermsTable.standBy(next));
            assertEquals(List.of("mnist-tj-1-worker-2-0"), table.deleted(next));
        } else {
            assertEquals(List.of(), table.podNames(next));
            assertEquals(1, JobWorkloads.givenBack(table.job).size());
        }
        var status = table.job.getStatus();
        assertNull(status.getTerm());
        assertNull(status.getRecovery());
        assertNull(status.getMembership().getSince());
        assertEquals(List.of(1, 0, 0), List.of(status.getAttempt(), status.getRestarts(), status.getCrashes()));
    }

    @Test
    void aSpareThatEndsAgainAndAgainIsMadeMoreAndMoreSeldom() {
        terms.trainsWithSpares(1);
        for (int again = 1; again <= 4; again++) {
            created(table.name(2));
            table.end(2, Outcome.Reason.WorkerError, "a bug");
            var waits = table.pass();
            assertEquals(Duration.ofSeconds(1L << again - 1), waits.again().orElseThrow());
            assertEquals(again - 1, terms.replaced(2));
            table.later(1 << again - 1);
            table.pass();
            assertEquals(again, terms.replaced(2));
            table.make(table.pass());
        }
        assertEquals("Ready Training", table.standing());
    }

    private void created(String pod) {
        table.pods.compute(
                pod,
                (name, there) -> new PodBuilder(there)
                        .editMetadata()
                        .withCreationTimestamp(table.now.toString())
                        .endMetadata()
                        .build());
    }

    @Test
    void aSpareThatIsDeletedIsMadeAgain() {
        terms.trainsWithSpares(1);
        table.delete(2);
        assertEquals(List.of("mnist-tj-1-worker-2-0"), TermsTable.standBy(table.pass()));
        assertEquals("Ready Training", table.standing());
    }

    @Test
    void aPlaceThatTheSchedulerFindsNoWayToIsGivenBackByASpareToo() {
        terms.trainsWithSpares(1);
        table.delete(2);
        table.make(table.pass());
        table.unschedulable(2, "node(s) were unschedulable");
        table.later(5);
        table.pass();
        assertEquals(List.of(new Placement().setRank(2).setNode("c")), JobWorkloads.givenBack(table.job));
        assertEquals(1, terms.replaced(2));
    }

    @Test
    void thatASpareHasToGoIsNoDisruptionOfTheJob() {
        terms.trainsWithSpares(1);
        table.disrupt(2, "EvictionByEvictionAPI", "drained");
        table.lastWords.hear(table.pods.get(table.name(2)), Optional.of(table.description()));
        assertEquals(Optional.empty(), table.lastWords.of("uid-1"));
        table.disrupt(1, "EvictionByEvictionAPI", "drained");
        table.lastWords.hear(table.pods.get(table.name(1)), Optional.of(table.description()));
        assertTrue(table.lastWords.of("uid-1").isPresent());
    }

    @Test
    void sparesEndWithTheJobAndTheWorkersWhenTheyWill() {
        terms.trainsWithSpares(1);
        table.succeed();
        table.pass();
        assertEquals("Ready Succeeded", table.standing());
        assertEquals("0/2, 0/1 spares", table.job.getStatus().getWorkers().getSummary());
        assertEquals(List.of("mnist-tj-1-worker-2-0"), table.deleted(table.pass()));
    }

    @Test
    void aSpareThatIsNotTakenIsTriedAgainLaterAndTheWorkersGoOn() {
        terms.trainsWithSpares(1);
        table.delete(2);
        assertEquals(1, table.pass().children().make().size());
        var refusal = new Refusal.OverQuota("exceeded quota: small");
        var plan = table.take(JobPlan.refused(table.description(), table.world(), PlanTable.SETTINGS, refusal));
        assertEquals("Ready Training", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
        assertEquals(Notice.Reason.SpareRefused, table.reasons().getLast());
        assertEquals(
                "a spare can't be made, and is tried again every 30 s; the workers go on: exceeded quota: small",
                table.told.getLast().note());
        assertEquals(Duration.ofSeconds(30), plan.again().orElseThrow());
        var waits = table.pass();
        assertEquals(List.of(), table.podNames(waits));
        assertEquals(Duration.ofSeconds(30), waits.again().orElseThrow());
        table.later(30);
        table.pass();
        assertEquals(List.of("mnist-tj-1-worker-2-0"), table.podNames(table.pass()));
    }

    /** Somebody's finalizer keeps its pod. */
    @Test
    void theLastWordOfASpareThatWasReplacedIsNobodys() {
        terms.trainsWithSpares(1);
        table.end(2, Outcome.Reason.InvalidData, "no idx");
        table.pass();
        var kept = table.pods.get("mnist-tj-1-worker-2-0");
        table.make(table.pass());
        table.pods.put("mnist-tj-1-worker-2-0", kept);
        table.delete(1);
        table.pass();
        table.pass();
        assertEquals("Ready Training", table.standing());
    }
}
