package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.WorkerTemplate;
import dev.capstan.crds.inference.Batching;
import dev.capstan.crds.inference.Redundancy;
import dev.capstan.crds.inference.Rollout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A new revision takes the place of the one before, seat by seat. */
class RolloutTest {
    private final ServiceTable table = new ServiceTable(3).settle();

    private void batch(int size) {
        table.edit(spec -> spec.setBatching(new Batching().setMaxSize(size)));
    }

    @Test
    void aNewPodLetsAnOldOneGoAndSoOnUntilTheSurgeGoesAtLast() {
        batch(8);
        var seen = new ArrayList<List<String>>();
        for (int step = 0; step < 60; step++) {
            table.step(revision -> true);
            assertTrue(table.ready() >= 3, () -> "never fewer than wanted: " + table.live());
            assertTrue(table.holds(Conditions.READY), "it answers all the time, and says so");
            var live = table.live();
            if (seen.isEmpty() || !seen.getLast().equals(live)) {
                seen.add(live);
            }
        }
        assertEquals(List.of("2.0@a*", "2.1@b*", "2.2@c*"), table.live());
        assertTrue(seen.contains(List.of("1.1@b*", "1.2@c*", "2.3@d*")), seen::toString);
        assertEquals(2, table.service.getStatus().getRevision());
        assertNull(table.service.getStatus().getUpdatingRevision());
        assertEquals(3, table.service.getStatus().getSeats().getReplicas(), "the surge was given back");
        assertEquals("Ready Serving", table.standing());
        assertEquals(List.of("RevisionCreated 2", "RolledOut 2"), table.events().subList(3, 5));
    }

    @Test
    void aRolloutSaysHowFarItIs() {
        batch(8);
        table.settle(revision -> revision.equals("1"));
        assertEquals("Ready Serving, Reconciling RollingOut", table.standing());
        assertTrue(table.holds(Conditions.ROLLOUT_PROGRESSING));
        assertEquals(
                "revision 2 takes the place of revision 1: 0 of 3 replicas answer by it",
                table.condition(Conditions.ROLLOUT_PROGRESSING).getMessage());
        assertEquals(1, table.service.getStatus().getRevision(), "what is served is still the first");
        assertEquals(2, table.service.getStatus().getUpdatingRevision());
        assertEquals(1, table.service.getStatus().getUpdatedReplicas());
    }

    @Test
    void aRevisionThatCannotBeLoadedTakesNothingFromTheOldOne() {
        batch(8);
        table.settle(revision -> revision.equals("1"));
        table.fails("digits-infsvc-2-replica-3-0", "model.onnx: unexpected end of file");
        table.settle(revision -> revision.equals("1"));
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*", "2.3@d"), table.live());
        assertEquals("Ready Serving, Stalled ModelLoadFailed", table.standing());
        assertFalse(table.holds(Conditions.ROLLOUT_PROGRESSING));
        assertEquals(
                "revision 2, pod digits-infsvc-2-replica-3-0: model.onnx: unexpected end of file",
                table.condition(Conditions.ROLLOUT_PROGRESSING).getMessage());
        assertEquals(
                "model.onnx: unexpected end of file",
                table.revisions().getLast().getProblem());
        assertTrue(table.events().contains("RolloutStopped 2"));
        assertEquals(1, table.service.getStatus().getRevision());
    }

    @Test
    void anOldPodThatIsLostDuringAFailedRolloutIsMadeByItsOwnRevision() {
        batch(8);
        table.settle(revision -> revision.equals("1"));
        table.pods.remove("digits-infsvc-1-replica-1-0");
        table.settle(revision -> revision.equals("1"));
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*", "2.3@d"), table.live());
        var pod = table.pods.get("digits-infsvc-1-replica-1-0");
        assertEquals(
                "digits-infsvc-1",
                pod.getSpec().getVolumes().getFirst().getConfigMap().getName());
    }

    @Test
    void changingTheSpecBackCancelsARollout() {
        batch(8);
        table.settle(revision -> revision.equals("1"));
        table.edit(spec -> spec.setBatching(null));
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
        assertEquals("Ready Serving", table.standing());
        assertNull(table.service.getStatus().getUpdatingRevision());
        assertEquals(2, table.revisions().size(), "no third revision for what is the first");
    }

    @Test
    void aThirdRevisionTakesThePlaceOfASecondThatFails() {
        batch(8);
        table.settle(revision -> revision.equals("1"));
        batch(4);
        table.settle(revision -> !revision.equals("2"));
        assertEquals(List.of("3.0@a*", "3.1@b*", "3.2@c*"), table.live());
    }

    @Test
    void withoutASurgeOldPodsMakeRoomOneAtATime() {
        table.edit(spec -> spec.setRollout(new Rollout().setMaxSurge(0)));
        batch(8);
        int fewest = 3;
        for (int step = 0; step < 60; step++) {
            table.step(revision -> true);
            fewest = Math.min(fewest, (int) table.ready());
            assertTrue(table.pods.size() <= 3);
        }
        assertEquals(2, fewest);
        assertEquals(List.of("2.0@a*", "2.1@b*", "2.2@c*"), table.live());
    }

    @Test
    void theOnlyReplicaMakesRoomWhereNoneNeedsToAnswerMeanwhile() {
        table.edit(spec -> spec.setReplicas(1)
                .setRollout(new Rollout().setMaxSurge(0))
                .setRedundancy(new Redundancy().setMinAvailable(0)));
        table.settle();
        assertEquals(List.of("1.0@a*"), table.live());
        batch(8);
        table.settle(revision -> revision.equals("1"));
        assertEquals(List.of("2.0@a"), table.live());
        assertFalse(table.holds(Conditions.READY), "one has to answer");
        table.settle();
        assertEquals(List.of("2.0@a*"), table.live());
        assertTrue(table.holds(Conditions.READY));
    }

    @Test
    void withoutASurgeARevisionThatFailsCostsOnePodAndNoMore() {
        table.edit(spec -> spec.setRollout(new Rollout().setMaxSurge(0)));
        batch(8);
        table.settle(revision -> revision.equals("1"));
        assertEquals(List.of("1.1@b*", "1.2@c*", "2.0@a"), table.live());
        assertTrue(table.holds(Conditions.READY));
    }

    @Test
    void noRolloutGoesBelowTheMinimum() {
        table.edit(spec ->
                spec.setRollout(new Rollout().setMaxSurge(0)).setRedundancy(new Redundancy().setMinAvailable(3)));
        batch(8);
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
        assertEquals("Ready Serving, Reconciling RollingOut", table.standing());
        assertEquals(
                "revision 2 takes the place of revision 1: 0 of 3 replicas answer by it; no replica can go, as redundancy.minAvailable is 3, and none may come before, as rollout.maxSurge is 0: change one of them",
                table.condition(Conditions.ROLLOUT_PROGRESSING).getMessage());
    }

    @Test
    void whereNothingIsFreeForLongOldPodsMakeRoom() {
        table.room.remove("d");
        table.verdict = Optional.of(new Wait(WaitReason.WAITING_FOR_CAPACITY, "needs 1 place, 0 free"));
        batch(8);
        var waiting = table.settle().pass();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
        assertEquals(300, waiting.plan().again().orElseThrow().toSeconds());
        assertEquals(
                "revision 2 takes the place of revision 1: 0 of 3 replicas answer by it; needs 1 place, 0 free",
                table.condition(Conditions.ROLLOUT_PROGRESSING).getMessage());
        table.later(300);
        table.settle();
        assertEquals(List.of("2.0@a*", "2.1@b*", "2.2@c*"), table.live());
    }

    @Test
    void aRolloutGoesOnAsSoonAsThereIsRoom() {
        table.room.remove("d");
        batch(8);
        table.settle();
        table.room.put("d", 1);
        table.settle();
        assertEquals(List.of("2.0@a*", "2.1@b*", "2.2@c*"), table.live());
        assertEquals("Ready Serving", table.standing());
    }

    @Test
    void anOldRevisionThatDoesNotAnswerIsNotInTheWayOfTheNewOne() {
        table.edit(spec ->
                spec.setRollout(new Rollout().setMaxSurge(0)).setRedundancy(new Redundancy().setMinAvailable(3)));
        table.pods.keySet().forEach(table::unready);
        batch(8);
        table.settle();
        assertEquals(List.of("2.0@a*", "2.1@b*", "2.2@c*"), table.live());
    }

    @Test
    void aFirstRevisionThatNeverAnsweredIsReplacedByOneThatDoes() {
        var wrong = new ServiceTable(3).settle(revision -> false);
        wrong.edit(spec -> spec.setBatching(new Batching().setMaxSize(8)));
        wrong.settle(revision -> revision.equals("2"));
        assertEquals(List.of("2.0@a*", "2.1@b*", "2.2@c*"), wrong.live());
        assertEquals(2, wrong.service.getStatus().getRevision());
    }

    @Test
    void aServiceOfOneReplicaInAFullClusterRollsOutIfAGapIsFine() {
        var one = new ServiceTable(1).settle();
        one.room.clear();
        one.edit(spec -> spec.setBatching(new Batching().setMaxSize(8))
                .setRollout(new Rollout().setMaxSurge(0))
                .setRedundancy(new Redundancy().setMinAvailable(0)));
        one.settle();
        assertEquals(List.of("2.0@a*"), one.live());
    }

    @Test
    void aServiceOfOneReplicaIsNeverWithoutOne() {
        var one = new ServiceTable(1).settle();
        one.edit(spec -> spec.setBatching(new Batching().setMaxSize(8)));
        for (int step = 0; step < 40; step++) {
            one.step(revision -> true);
            assertTrue(one.ready() >= 1, () -> one.live().toString());
        }
        assertEquals(List.of("2.0@a*"), one.live());
    }

    @Test
    void aTemporaryTroubleOfAllOldPodsDoesNotHaveThemAllDeleted() {
        table.pods.keySet().forEach(table::unready);
        batch(8);
        table.settle(revision -> revision.equals("1"));
        long old = table.live().stream().filter(pod -> pod.startsWith("1.")).count();
        assertTrue(old >= 2, () -> table.live().toString());
    }

    @Test
    void aSeatIsGivenBackWhereTheNewPodAsksForSomethingElse() {
        table.edit(spec -> spec.setWorkers(new WorkerTemplate().setNodeSelector(Map.of("disk", "ssd"))));
        boolean gaveBack = false;
        for (int step = 0; step < 80; step++) {
            table.step(revision -> true);
            gaveBack |= table.service.getStatus().getGivenBack() != null;
            assertTrue(table.ready() >= 3, () -> table.live().toString());
        }
        assertTrue(gaveBack);
        assertEquals(
                3, table.live().stream().filter(pod -> pod.startsWith("2.")).count());
    }
}
