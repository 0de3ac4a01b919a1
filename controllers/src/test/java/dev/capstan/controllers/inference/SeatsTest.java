package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Scheduling;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Seats are taken, lost, moved and given back one by one. */
class SeatsTest {
    private final ServiceTable table = new ServiceTable(3).settle();

    @Test
    void aServiceIsScaledUpSeatBySeat() {
        table.edit(spec -> spec.setReplicas(4));
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*", "1.3@d*"), table.live());
        assertEquals("Ready Serving", table.standing());
    }

    @Test
    void whatIsScaledUpAndHasNoRoomSaysSoWhileTheOthersAnswer() {
        table.verdict = Optional.of(new Wait(WaitReason.WAITING_FOR_QUOTA, "needs 1 GPU, 0 of 4 free in quota team"));
        table.edit(spec -> spec.setReplicas(5));
        table.settle();
        assertEquals(4, table.ready());
        assertEquals("Ready Serving, Reconciling WaitingForQuota", table.standing());
        assertEquals(
                "4 of 5 replicas have a place: needs 1 GPU, 0 of 4 free in quota team",
                table.condition(Conditions.RECONCILING).getMessage());
        assertTrue(table.holds(Conditions.ADMITTED), "its minimum has");
        assertFalse(table.holds(Conditions.QUOTA_RESERVED));
        assertEquals(List.of(), table.pass().ask());
    }

    @Test
    void aServiceIsScaledDownFromTheHighestRankAndGivesItsPlacesBack() {
        table.edit(spec -> spec.setReplicas(1));
        table.settle();
        assertEquals(List.of("1.0@a*"), table.live());
        assertEquals(1, table.service.getStatus().getAdmission().getPlacements().size());
        assertNull(table.service.getStatus().getGivenBack());
    }

    @Test
    void whoeverAnswersStaysUntilOthersDoWhenAServiceIsScaledDown() {
        table.unready("digits-infsvc-1-replica-0-0");
        table.edit(spec -> spec.setReplicas(1));
        table.settle();
        assertEquals(List.of("1.0@a", "1.1@b*"), table.live(), "rank 0 is kept, and isn't ready");
        table.ready("digits-infsvc-1-replica-0-0");
        table.settle();
        assertEquals(List.of("1.0@a*"), table.live());
    }

    @Test
    void aServiceIsScaledToNothingAndBack() {
        table.edit(spec -> spec.setReplicas(0));
        table.settle();
        assertEquals(List.of(), table.live());
        assertEquals("Ready ScaledToZero", table.standing());
        assertNull(table.service.getStatus().getAdmission());
        table.edit(spec -> spec.setReplicas(2));
        table.settle();
        assertEquals(2, table.ready());
    }

    @Test
    void aPodThatSomebodyDeletesIsMadeAgainInItsSeat() {
        table.pods.remove("digits-infsvc-1-replica-1-0");
        table.pass();
        assertTrue(table.pods.containsKey("digits-infsvc-1-replica-1-0"));
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
    }

    @Test
    void aPodThatStillEndsKeepsItsSeatAndItsSuccessorWaits() {
        table.delete("digits-infsvc-1-replica-1-0");
        table.pass();
        assertEquals(3, table.pods.size(), "there is no room for both");
        assertNull(table.service.getStatus().getGivenBack());
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
    }

    @Test
    void aLostNodesSeatIsGivenBackAndFilledElsewhere() {
        table.node("b", false, false);
        var plan = table.pass();
        assertEquals(3, table.live().size(), "it may come back in a moment");
        assertEquals(10, plan.plan().again().orElseThrow().toSeconds());
        table.later(10);
        table.pass();
        assertEquals(
                List.of(new Placement().setRank(1).setNode("b")),
                table.service.getStatus().getGivenBack());
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@d*", "1.2@c*"), table.live());
        assertTrue(table.pods.containsKey("digits-infsvc-1-replica-1-0"), "which ends when its node is back");
        assertTrue(table.pods.containsKey("digits-infsvc-1-replica-1-1"));
        assertNull(table.service.getStatus().getGivenBack());
    }

    @Test
    void aPodOfANodeThatIsGoneIsReplacedAtOnce() {
        table.nodes.remove("b");
        table.settle();
        assertEquals(3, table.ready(), "without the one on the lost node");
        assertTrue(table.live().contains("1.1@d*"));
    }

    @Test
    void whatAKubeletRefusedGivesItsPlaceBack() {
        table.edit(
                "digits-infsvc-1-replica-1-0",
                pod -> new PodBuilder(pod)
                        .withStatus(new PodStatusBuilder()
                                .withPhase("Failed")
                                .withReason("Evicted")
                                .withMessage("The node was low on resource: memory")
                                .build())
                        .build());
        table.room.put("b", -1);
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@d*", "1.2@c*"), table.live());
    }

    @Test
    void aPodThatTheSchedulerCannotBindGivesItsPlaceBackAfterAMinute() {
        table.pods.remove("digits-infsvc-1-replica-1-0");
        table.pass();
        table.edit(
                "digits-infsvc-1-replica-1-0",
                pod -> new PodBuilder(pod)
                        .withStatus(new PodStatusBuilder()
                                .withPhase("Pending")
                                .addNewCondition()
                                .withType("PodScheduled")
                                .withStatus("False")
                                .withReason("Unschedulable")
                                .withMessage("0/4 nodes are available")
                                .withLastTransitionTime(table.now.toString())
                                .endCondition()
                                .build())
                        .build());
        var plan = table.pass();
        assertEquals(60, plan.plan().again().orElseThrow().toSeconds());
        assertEquals(
                "2 of 3 replicas answer; pod digits-infsvc-1-replica-1-0: Unschedulable: 0/4 nodes are available",
                table.condition(Conditions.RECONCILING).getMessage());
        table.later(60);
        table.room.put("b", -1);
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@d*", "1.2@c*"), table.live());
    }

    @Test
    void aDrainedNodesReplicaGoesWhenAnotherAnswers() {
        var one = new ServiceTable(1).settle();
        one.node("a", true, true);
        for (int step = 0; step < 40; step++) {
            one.step(revision -> true);
            assertTrue(one.ready() >= 1, () -> one.live().toString());
        }
        assertEquals(1, one.live().size());
        assertFalse(one.live().getFirst().contains("@a"), () -> one.live().toString());
        assertEquals("Ready Serving", one.standing());
    }

    @Test
    void aDrainThatHasToWaitForRoomSaysSo() {
        table.room.remove("d");
        table.verdict = Optional.of(new Wait(WaitReason.WAITING_FOR_CAPACITY, "needs 1 place, 0 free"));
        table.node("b", true, true);
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
        assertEquals("Ready Serving, Reconciling DrainWaits", table.standing());
        assertEquals(
                "node b is being emptied, and pod digits-infsvc-1-replica-1-0 on it goes when another answers: needs 1 place, 0 free",
                table.condition(Conditions.RECONCILING).getMessage());
    }

    @Test
    void nothingIsMadeInASeatThatIsBeingGivenBack() {
        table.edit(spec -> spec.setReplicas(2));
        table.pass();
        assertEquals(1, table.service.getStatus().getGivenBack().size());
        table.edit(spec -> spec.setReplicas(3));
        table.pods.remove("digits-infsvc-1-replica-2-0");
        table.pass();
        assertEquals(2, table.live().size(), "admission hasn't taken it back yet");
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
    }

    @Test
    void aLostPodIsReplacedThoughThePriorityClassIsGone() {
        table.edit(spec -> spec.setScheduling(new Scheduling().setPriorityClassName("high")));
        table.settle();
        table.priorityClassThere = false;
        table.pods.remove("digits-infsvc-1-replica-1-0");
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
        var fresh = new ServiceTable(1);
        fresh.edit(spec -> spec.setScheduling(new Scheduling().setPriorityClassName("high")));
        fresh.priorityClassThere = false;
        fresh.settle();
        assertEquals("Reconciling MissingReference", fresh.standing());
    }

    @Test
    void ofTwoPodsInOneSeatOneGoes() {
        var twin = table.pods.get("digits-infsvc-1-replica-1-0");
        table.pods.put(
                "digits-infsvc-1-replica-1-1",
                new PodBuilder(twin)
                        .editMetadata()
                        .withName("digits-infsvc-1-replica-1-1")
                        .withUid("twin")
                        .endMetadata()
                        .build());
        table.settle();
        assertEquals(List.of("1.0@a*", "1.1@b*", "1.2@c*"), table.live());
    }

    @Test
    void aServiceRestoredWithoutItsStatusKeepsItsPodsAndFindsThemSeatsAgain() {
        table.service.setStatus(null);
        table.room.putAll(Map.of("a", 1, "b", 1, "c", 1));
        for (int step = 0; step < 80; step++) {
            table.step(revision -> true);
            assertTrue(table.ready() >= 3, () -> table.live().toString());
        }
        assertEquals(3, table.live().size());
        assertEquals("Ready Serving", table.standing());
    }

    @Test
    void aReplicaThatCrashesAgainAndAgainSaysWhatItSaid() {
        var one = new ServiceTable(1);
        one.settle(revision -> false);
        one.waits("digits-infsvc-1-replica-0-0", "CrashLoopBackOff", "back-off 10s restarting failed container");
        one.settle(revision -> false);
        assertEquals("Stalled ModelLoadFailed", one.standing());
        assertEquals(
                "revision 1, pod digits-infsvc-1-replica-0-0: CrashLoopBackOff: back-off 10s restarting failed container",
                one.condition(Conditions.READY).getMessage());
    }

    @Test
    void whoeverAnsweredOnceAndCrashesNowIsNotReady() {
        var one = new ServiceTable(1).settle();
        one.unready("digits-infsvc-1-replica-0-0");
        one.servings.clear();
        one.waits("digits-infsvc-1-replica-0-0", "CrashLoopBackOff", "back-off 5m0s restarting failed container");
        one.settle();
        assertEquals("Stalled ModelLoadFailed", one.standing());
        assertFalse(one.holds(Conditions.MODEL_READY));
        assertEquals("0/1", one.service.getStatus().getSummary());
    }

    @Test
    void anImageThatCannotBePulledIsNamedInTheKubeletsWords() {
        var one = new ServiceTable(1);
        one.settle(revision -> false);
        one.waits("digits-infsvc-1-replica-0-0", "ImagePullBackOff", "Back-off pulling image \"nowhere/worker:1\"");
        one.settle(revision -> false);
        assertEquals("Stalled ReplicasFailing", one.standing());
        assertEquals("ModelLoading", one.condition(Conditions.MODEL_READY).getReason());
    }
}
