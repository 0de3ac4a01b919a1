package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.testing.GitOpsVerdict;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Outcome;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What GitOps tools make of a job's status: Flux by kstatus itself, Argo CD by the check that the chart ships, run as
 * Argo CD runs it. Neither waits for the end of a training.
 */
class HealthTest {
    /** A situation, the way into it, and what is to be made of it. A new situation needs a row. */
    private record Row(
            Class<? extends Situation> situation, String name, Consumer<PlanTable> way, String kstatus, String argo) {}

    private static final List<Row> ROWS = List.of(
            row(Situation.Pending.class, "a claim is missing", "InProgress", "Progressing", table -> {
                table.missingClaims.add("datasets");
                table.pass();
            }),
            row(
                    Situation.ModelFound.class,
                    "the model that it goes on from is found",
                    "InProgress",
                    "Progressing",
                    table -> {
                        table.goOnFrom("base");
                        table.source = Optional.of(PlanTable.complete().job);
                        table.pass();
                    }),
            row(Situation.Checking.class, "its data are being checked", "InProgress", "Progressing", table -> {
                table.job.getSpec().getData().setCheckFirst(true);
                table.checking();
            }),
            row(Situation.Queued.class, "waits for a place to check its data", "InProgress", "Progressing", table -> {
                table.job.getSpec().getData().setCheckFirst(true);
                table.pass();
            }),
            row(Situation.Checked.class, "its data were checked", "InProgress", "Progressing", table -> {
                table.job.getSpec().getData().setCheckFirst(true);
                table.checking();
                table.endCheck(1, new Outcome(Outcome.Reason.Succeeded, "60000 samples", null));
                table.pass();
            }),
            row(Situation.Queued.class, "waits for places", "InProgress", "Progressing", PlanTable::pass),
            row(Situation.Queued.class, "fits on no node", "InProgress", "Progressing", table -> {
                table.verdict = Optional.of(new Wait(WaitReason.DOES_NOT_FIT, "needs 2 pods of 9 nvidia.com/gpu each"));
                table.pass();
            }),
            row(Situation.Granted.class, "has places", "InProgress", "Progressing", table -> {
                table.pass();
                table.grant().pass();
            }),
            row(Situation.Starting.class, "starts", "InProgress", "Progressing", table -> {
                table.made();
                table.run(0, true);
                table.pass();
            }),
            row(Situation.Running.class, "trains", "Current", "Healthy", PlanTable::running),
            row(Situation.Running.class, "trains, and a worker doesn't answer", "Current", "Healthy", table -> {
                table.running();
                table.run(1, false);
                table.pass();
            }),
            row(Situation.Running.class, "trains, and was changed unseen", "InProgress", "Progressing", table -> {
                table.running();
                change(table);
            }),
            row(Situation.Running.class, "trains, and was changed", "Current", "Healthy", table -> {
                table.running();
                change(table);
                table.pass();
            }),
            row(Situation.Requeued.class, "lost a worker", "InProgress", "Progressing", table -> {
                table.running();
                table.delete(1);
                table.pass();
            }),
            row(Situation.Pending.class, "waits before the next attempt", "InProgress", "Progressing", table -> {
                table.running();
                table.delete(1);
                table.pass();
                table.pods.clear();
                table.pass();
            }),
            row(
                    Situation.Keeping.class,
                    "is to be suspended, and can't keep its state",
                    "InProgress",
                    "Progressing",
                    table -> {
                        table.running();
                        table.checkpoint(4000, "checkpoint.storage pvc://models/mnist is full");
                        table.pass();
                        table.suspend(true);
                        table.pass();
                    }),
            row(Situation.Suspending.class, "is to be suspended", "InProgress", "Progressing", table -> {
                table.running();
                table.suspend(true);
                table.pass();
            }),
            row(Situation.Suspended.class, "is suspended", "Current", "Suspended", table -> {
                table.suspend(true);
                table.pass();
            }),
            row(Situation.Complete.class, "has its model", "Current", "Healthy", table -> {
                table.running();
                table.succeed();
                table.pass();
            }),
            row(Situation.Unchanged.class, "has its model, and was changed", "Current", "Healthy", table -> {
                table.running();
                table.succeed();
                table.pass();
                change(table);
                table.pass();
            }),
            row(Situation.Failed.class, "failed", "Failed", "Degraded", table -> {
                table.running();
                table.end(1, Outcome.Reason.InvalidData, "train/x.gz is truncated");
                table.pass();
            }));

    private static Row row(
            Class<? extends Situation> situation, String name, String kstatus, String argo, Consumer<PlanTable> way) {
        return new Row(situation, name, way, kstatus, argo);
    }

    /** Somebody edits the job: the generation moves on. */
    private static void change(PlanTable table) {
        table.maxRestarts(3);
        table.job.getMetadata().setGeneration(2L);
    }

    @TestFactory
    Stream<DynamicTest> fluxAndArgoSeeWhereAJobStands() throws IOException, InterruptedException {
        var jobs = ROWS.stream().map(HealthTest::jobOf).toList();
        var verdicts = GitOpsVerdict.of(jobs);
        assertEquals(ROWS.size(), verdicts.size());
        return IntStream.range(0, ROWS.size())
                .mapToObj(i -> DynamicTest.dynamicTest(ROWS.get(i).name(), () -> {
                    var row = ROWS.get(i);
                    var verdict = verdicts.get(i);
                    assertEquals(row.kstatus(), verdict.kstatus(), "to Flux");
                    assertEquals(row.argo(), verdict.argo(), "to Argo CD, which says: " + verdict.message());
                    assertAllSayOfWhichGeneration(jobs.get(i));
                }));
    }

    /** No operator runs: the status is what the API server gives a new job, without which kstatus took it for done. */
    @Test
    void aJobThatNobodyHasSeenIsNotHealthy() throws IOException, InterruptedException {
        var api = ApiServer.shared();
        var unseen = api.client()
                .resource(Jobs.mnist(api.newNamespace("health"), "mnist", 2))
                .create();
        var verdict = GitOpsVerdict.of(List.of(unseen)).getFirst();
        assertEquals("InProgress", verdict.kstatus(), "to Flux");
        assertEquals("Progressing", verdict.argo(), "to Argo CD");
    }

    @Test
    void everySituationHasARow() {
        var rows = ROWS.stream().map(Row::situation).collect(Collectors.toSet());
        assertEquals(Set.of(Situation.class.getPermittedSubclasses()), rows, "each situation, and those with a row");
    }

    private static void assertAllSayOfWhichGeneration(TrainingJob job) {
        var status = job.getStatus();
        assertTrue(
                status.getConditions().stream()
                        .allMatch(
                                condition -> status.getObservedGeneration().equals(condition.getObservedGeneration())),
                status.toString());
    }

    private static TrainingJob jobOf(Row row) {
        var table = new PlanTable();
        row.way().accept(table);
        return table.job;
    }
}
