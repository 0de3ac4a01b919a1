package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.NotRemade;
import static dev.capstan.controllers.plan.Notice.Reason.Remade;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.crds.Conditions;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What others do to the objects of a job that runs. */
class MeddlingTest {
    private static final List<String> NEEDED = List.of(
            "configmap mnist-tj-1",
            "networkpolicy mnist-tj-workers",
            "secret mnist-tj-peers",
            "service mnist-tj-workers");

    private final PlanTable table = new PlanTable();

    @Test
    void whatRunningPodsNeedIsMadeAgainAndTold() {
        table.running();
        table.gone.addAll(NEEDED);
        var plan = table.pass();
        assertEquals("Ready Training", table.standing(), "nothing is lost");
        assertEquals(
                List.of("Service", "NetworkPolicy", "ConfigMap"),
                plan.children().make().stream().map(HasMetadata::getKind).toList());
        assertEquals(
                "mnist-tj-peers",
                plan.children().peersSecret().orElseThrow().getMetadata().getName());
        assertEquals(Remade, table.told.getLast().reason());
        assertEquals(
                "somebody deleted configmap mnist-tj-1, networkpolicy mnist-tj-workers, secret mnist-tj-peers,"
                        + " service mnist-tj-workers, which the pods need: made again",
                table.told.getLast().note());
        table.later(1);
        table.gone.retainAll(List.of("service mnist-tj-workers"));
        var again = table.pass();
        assertEquals(1, again.children().make().size());
        assertEquals(Optional.empty(), again.children().peersSecret(), "that is there");
        assertEquals(
                2,
                table.told.stream()
                        .filter(notice -> notice.reason() == Remade)
                        .map(notice -> notice.about())
                        .distinct()
                        .count(),
                "each time is told");
    }

    @Test
    void theJobsOwnCopyOfItsModelIsMadeAgainAsItWas() {
        table.running();
        table.model = Optional.of("{\"confs\": []}");
        var copy = "configmap " + table.description().owner().names().model();
        table.gone.add(copy);
        var made = (ConfigMap) table.pass().children().make().getFirst();
        assertEquals(Map.of("model.json", "{\"confs\": []}"), made.getData());
        assertEquals(
                "somebody deleted " + copy + ", which the pods need: made again",
                table.told.getLast().note());
    }

    @Test
    void soItIsWithWhatAPodNeedsThatChecksTheData() {
        table.job.getSpec().getData().setCheckFirst(true);
        table.pass();
        table.grantCheck("a");
        assertFalse(JobPlan.needsUpkeep(table.description(), table.world().checks()), "nothing is made yet");
        table.make(table.pass());
        table.pass();
        assertTrue(JobPlan.needsUpkeep(table.description(), table.world().checks()));
        assertEquals(
                List.of("secret mnist-tj-peers", "networkpolicy mnist-tj-workers", "configmap mnist-tj-1"),
                JobPlan.needed(table.description(), PlanTable.SETTINGS, Optional.empty()).stream()
                        .map(Owned::key)
                        .toList(),
                "it has no peers to meet");
        table.gone.addAll(NEEDED);
        var plan = table.pass();
        assertEquals("Reconciling CheckingData", table.standing());
        assertEquals(
                List.of("NetworkPolicy", "ConfigMap"),
                plan.children().make().stream().map(HasMetadata::getKind).toList());
        assertTrue(plan.children().peersSecret().isPresent());
        assertEquals(Remade, table.told.getLast().reason());
        table.gone.clear();
        table.status(PlanTable.check(1), "a", table.ended(new Outcome(Outcome.Reason.Succeeded, "fine", null)));
        assertFalse(JobPlan.needsUpkeep(table.description(), table.world().checks()), "it has read them");
    }

    @Test
    void soItIsWhileTheGangStartsAndNotWhenItStops() {
        table.made();
        table.gone.add("secret mnist-tj-peers");
        assertTrue(table.pass().children().peersSecret().isPresent());
        table.suspend(true);
        assertTrue(table.pass().children().peersSecret().isEmpty());
    }

    @Test
    void whatCannotBeMadeAgainIsToldAndWhatRunsGoesOn() {
        table.running();
        table.gone.add("networkpolicy mnist-tj-workers");
        table.take(JobPlan.refused(
                table.description(),
                table.world(),
                PlanTable.SETTINGS,
                new Refusal.Taken("networkpolicy mnist-tj-workers exists and belongs to somebody else", false)));
        assertEquals("Ready Training", table.standing());
        assertEquals(NotRemade, table.told.getLast().reason());
        assertEquals(
                "somebody deleted networkpolicy mnist-tj-workers, which the pods need, and it can't be made again:"
                        + " networkpolicy mnist-tj-workers exists and belongs to somebody else",
                table.told.getLast().note());
    }

    @Test
    void aPodThatHasLostItsOwnerIsSaidToBeNobodysAndIsLeftAlone() {
        table.running();
        var pod = new PodBuilder(pod(0))
                .editMetadata()
                .withOwnerReferences()
                .endMetadata()
                .build();
        strays(0, pod);
        var plan = table.pass();
        assertEquals(
                "attempt 1 was lost: worker 0's pod mnist-tj-1-worker-0-0 is no longer this job's: its owner reference"
                        + " to the job was taken away",
                table.message());
        assertEquals(List.of(), table.deleted(plan));
    }

    @Test
    void aPodThatBelongsToAnotherIsSaidTo() {
        table.running();
        var pod = new PodBuilder(pod(0))
                .editMetadata()
                .editFirstOwnerReference()
                .withKind("Job")
                .withName("other")
                .withUid("uid-2")
                .endOwnerReference()
                .endMetadata()
                .build();
        strays(0, pod);
        table.pass();
        assertTrue(table.message().endsWith("no longer this job's: it belongs to Job other now"), table.message());
    }

    @Test
    void aPodThatHasLostLabelsGoesWithItsAttempt() {
        table.running();
        var pod = new PodBuilder(pod(1))
                .editMetadata()
                .removeFromLabels("capstan.dev/rank")
                .addToLabels(Map.of("capstan.dev/job", "another"))
                .endMetadata()
                .build();
        strays(1, pod);
        var plan = table.pass();
        assertEquals(
                "attempt 1 was lost: worker 1's pod mnist-tj-1-worker-1-0 is no longer this job's: its labels were"
                        + " changed: capstan.dev/job, capstan.dev/rank",
                table.message());
        assertEquals(List.of("mnist-tj-1-worker-1-0"), table.deleted(plan), "it is the job's by its owner");
    }

    @Test
    void aTwinIsNamedAndTakesNobodysPlace() {
        table.running();
        for (var name : List.of("a-copy", "zz-copy")) {
            table.pods.put(
                    name,
                    new PodBuilder(pod(1))
                            .editMetadata()
                            .withName(name)
                            .endMetadata()
                            .withStatus(null)
                            .build());
            table.pass();
            assertEquals("Ready Training", table.standing());
            assertEquals(
                    "2 of 2 workers are ready; pod " + name
                            + " says that it is worker 1 of this job too, and wasn't made for it: delete it",
                    table.condition(Conditions.PODS_READY).getMessage());
            table.pods.remove(name);
        }
        table.pass();
        assertEquals(
                "2 of 2 workers are ready",
                table.condition(Conditions.PODS_READY).getMessage());
    }

    private Pod pod(int rank) {
        return table.pods.get(table.name(rank));
    }

    private void strays(int rank, Pod pod) {
        table.pods.remove(table.name(rank));
        table.strays.put(rank, Strays.of(table.description(), 1, rank, pod));
    }
}
