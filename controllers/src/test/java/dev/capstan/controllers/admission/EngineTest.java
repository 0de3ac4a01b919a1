package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.cordoned;
import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Nodes.notReady;
import static dev.capstan.controllers.admission.Nodes.offering;
import static dev.capstan.controllers.admission.Nodes.tainted;
import static dev.capstan.controllers.admission.Scenario.cpus;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.DeviceUse;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PendingReason;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who finds room where, without quotas. */
class EngineTest {
    private static final String PLACE = "; place 1 of 1 in the queue";

    private final Scenario cluster = new Scenario();

    @Test
    void allPodsOfAGangGetPlacesTogether() {
        cluster.with(node("a", 2), node("b", 2)).waits(job("x").pods(4));
        assertEquals("x on a a b b", cluster.pass());
    }

    @Test
    void aGangOfWhichOneFindsNoPlaceGetsNone() {
        cluster.with(node("a", 2), node("b", 1)).waits(job("x").pods(4));
        never("needs 4 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, 2 nodes have room for 3 together"
                + " (free: 3 of 3 nvidia.com/gpu, 32 of 32 cpu)");
    }

    @Test
    void whatOthersTakeIsNotFree() {
        cluster.with(node("a", 2), node("b", 2))
                .pod("any", "a", gpus(2))
                .pod("any", "b", gpus(1))
                .waits(job("x").pods(2));
        notNow("needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; 2 nodes have room for 1 together now"
                + " (free: 1 of 4 nvidia.com/gpu, 29 of 32 cpu)");
    }

    @Test
    void podsThatEndedTakeNothing() {
        cluster.with(node("a", 2)).waits(job("x").pods(2));
        cluster.engine.put(pod("done", "a", true));
        assertEquals("x on a a", cluster.pass());
    }

    @Test
    void podsThatNoNodeHasYetTakeNothing() {
        cluster.with(node("a", 2)).waits(job("x").pods(2));
        cluster.engine.put(pod("pending", null, false));
        assertEquals("x on a a", cluster.pass());
    }

    @Test
    void aPodThatEndsGivesItsRoomBackAndOneThatTerminatesDoesNot() {
        cluster.with(node("a", 1)).waits(job("x"));
        // A pod that is terminating comes as one that hasn't finished: its kubelet is still at it.
        cluster.engine.put(pod("p", "a", false));
        assertEquals("nobody", cluster.pass());
        cluster.engine.put(pod("p", "a", true));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aGrantHoldsItsPlacesUntilItsPodsHaveThem() {
        cluster.with(node("a", 3)).runs(job("u").pods(2), "a", "a").waits(job("x"), job("y"));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aGrantWhosePodIsThereIsNotCountedTwice() {
        var u = job("u").pods(2);
        cluster.with(node("a", 3)).runs(u, "a", "a").bound(u, 0, "a").bound(u, 1, null);
        cluster.waits(job("x"), job("y"));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aGrantIsNotCountedTwiceWhicheverIsSeenFirst() {
        var u = job("u");
        cluster.with(node("a", 2)).bound(u, 0, "a").runs(u, "a").waits(job("x"));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aGrantThatEndsBeforeItsPodsAreGoneLeavesThemTheirRoom() {
        var u = job("u").pods(2);
        cluster.with(node("a", 2)).runs(u, "a", "a").bound(u, 0, "a").ends("u").waits(job("x"), job("y"));
        assertEquals("x on a", cluster.pass());
        cluster.engine.removePod("u-0");
        assertEquals("x on a; y on a", cluster.pass());
    }

    @Test
    void aPlaceWhosePodIsGoneWhileTheGrantStandsIsKeptForItsSuccessor() {
        var u = job("u");
        cluster.with(node("a", 1)).runs(u, "a").bound(u, 0, "a").waits(job("x"));
        cluster.engine.removePod("u-0");
        assertEquals("nobody", cluster.pass());
    }

    @Test
    void aPodOnAnotherNodeThanWasGrantedTakesRoomWhereItIs() {
        var u = job("u");
        cluster.with(node("a", 1), node("b", 1)).runs(u, "a").bound(u, 0, "b").waits(job("x"));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aPodOfAnotherAttemptDoesNotTakeTheSeat() {
        var u = job("u");
        var first = u.grant(Scenario.START, "a");
        var second = new Grant(first.id(), 2, 0, first.podSets(), first.since(), Optional.empty(), first.savedAt());
        cluster.with(node("a", 2)).bound(u, 0, "a").waits(job("x"));
        cluster.engine.put(second);
        assertEquals("nobody", cluster.pass());
    }

    @Test
    void aPodOfAnotherNamespaceDoesNotTakeTheSeat() {
        cluster.with(node("a", 1)).runs(job("u"), "a").waits(job("x"));
        cluster.engine.put(new ClusterView.Pod(
                "forged",
                "elsewhere",
                "a",
                false,
                Scenario.cpus(1),
                Optional.of(new ClusterView.Seat("elsewhere", "u", 1, 0))));
        assertEquals("nobody", cluster.pass());
    }

    @Test
    void aPodThatEndedStillHasItsSeat() {
        var seat = new ClusterView.Seat("default", "u", 1, 0);
        cluster.with(node("a", 1)).runs(job("u"), "a").waits(job("x"));
        cluster.engine.put(new ClusterView.Pod("u-0", "default", "a", true, gpus(1), Optional.of(seat)));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void nodesThatAreNotReadyOrCordonedAreNotUsedButMayComeBack() {
        cluster.with(notReady(node("a", 2)), cordoned(node("b", 2)), node("c", 1))
                .waits(job("x").pods(2));
        notNow(
                "needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; 1 node has room for 1 now"
                        + " (free: 1 of 1 nvidia.com/gpu, 16 of 16 cpu); of the others, 2 are not ready, cordoned or refused a pod of it");
        cluster.with(node("a", 2));
        assertEquals("x on a a", cluster.pass());
    }

    @Test
    void aNodeThatRefusedAPodIsBarredForThatGangAlone() {
        cluster.with(node("a", 1)).waits(job("x").notOn("a").at(0), job("y").at(1));
        assertEquals("y on a", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("x"));
    }

    @Test
    void aTaintKeepsAwayWhoDoesNotTolerateIt() {
        cluster.with(tainted(node("a", 2), "team", "red", "NoSchedule"), node("b", 1))
                .waits(job("x").pods(2));
        never("needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, 1 node has room for 1"
                + " (free: 1 of 1 nvidia.com/gpu, 16 of 16 cpu); of the others,"
                + " 1 has a taint that its pods do not tolerate (team=red:NoSchedule)");
        var red = new TolerationBuilder().withKey("team").withValue("red").build();
        cluster.waits(job("x").pods(2).tolerating(red));
        assertEquals("x on a a", cluster.pass());
    }

    @Test
    void theTaintsThatKeepPodsAwayAreNamedAndThoseThatDoNotAreNot() {
        var cpus =
                new TolerationBuilder().withKey("cpus").withOperator("Exists").build();
        var keys = List.of("nvidia.com/gpu", "nvidia.com/gpu", "d", "c", "b");
        for (int i = 0; i < keys.size(); i++) {
            cluster.with(tainted(node("n" + i, 1), keys.get(i), null, "NoSchedule"));
        }
        cluster.with(tainted(node("of-cpus", 0), "cpus", "x", "NoExecute")).waits(job("x").tolerating(cpus));
        never("needs 1 pod of 1 nvidia.com/gpu, 1 cpu; the node that may take one has no nvidia.com/gpu;"
                + " of the others, 5 have taints that its pods do not tolerate"
                + " (b:NoSchedule, c:NoSchedule, d:NoSchedule and 1 more)");
    }

    @Test
    void aTaintOfTheMomentIsNoReasonToGiveUp() {
        cluster.with(tainted(node("a", 1), "node.kubernetes.io/memory-pressure", null, "NoSchedule"))
                .waits(job("x"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("x"));
    }

    @Test
    void onlyNodesWithTheSelectedLabelsAreUsed() {
        cluster.with(node("a", 4), node("b", 1, "zone=z"))
                .waits(job("x").on("zone=z").at(0));
        assertEquals("x on b", cluster.pass());
        cluster.waits(job("x").on("zone=z").pods(2));
        never("needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, 1 node has room for 1"
                + " (free: 1 of 1 nvidia.com/gpu, 16 of 16 cpu); of the others, 1 lacks a label of nodeSelector");
    }

    @Test
    void aGangThatFitsNoEmptyClusterNeverFits() {
        cluster.with(node("a", 2)).pod("any", "a", gpus(2)).waits(job("x").pods(3), job("y").pods(2));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("y"));
    }

    @Test
    void inAClusterWithoutNodesThereIsNoRoomEver() {
        cluster.waits(job("x"));
        never("needs 1 pod of 1 nvidia.com/gpu, 1 cpu; there are no nodes");
    }

    @Test
    void whatNoNodeHasIsSaidByName() {
        cluster.with(node("a", 0), node("b", 0)).waits(job("x"));
        never("needs 1 pod of 1 nvidia.com/gpu, 1 cpu; of the 2 nodes that may take one, none has any nvidia.com/gpu");
    }

    @Test
    void nodesThatAreAllOutOfTheQuestionAreSaidToBe() {
        cluster.with(node("a", 2, "zone=x")).waits(job("x").on("zone=y"));
        never(
                "needs 1 pod of 1 nvidia.com/gpu, 1 cpu; no node may take one; of the others, 1 lacks a label of nodeSelector");
    }

    @Test
    void bigHolesStayBig() {
        cluster.with(node("a", 8), node("b", 2), node("c", 4)).waits(job("x").pods(2));
        assertEquals("x on b b", cluster.pass());
        cluster.waits(job("x").pods(3));
        assertEquals("x on c c c", cluster.pass());
        cluster.waits(job("x").pods(10));
        assertEquals("x on a a a a a a a a b b", cluster.pass());
    }

    @Test
    void bigHolesStayBigAlsoWhereOthersOfThePassHaveTakenSome() {
        cluster.with(node("a", 4), node("b", 4));
        cluster.waits(
                job("x").at(1), job("y").each(gpus(2)).at(2), job("z").pods(3).at(3));
        assertEquals("x on a; y on a; z on b b b", cluster.pass());
    }

    @Test
    void whoNeedsNoGpuLeavesTheNodesThatHaveThem() {
        cluster.with(node("a", 8), node("b", 0)).waits(job("x").each(cpus(1)));
        assertEquals("x on b", cluster.pass());
        cluster.waits(job("x").each(cpus(16)).pods(2));
        assertEquals("x on b a", cluster.pass(), "unless there is no room elsewhere");
    }

    @Test
    void theNodesLimitOfPodsCounts() {
        var pods = Resources.units("pods", 1);
        cluster.with(offering(node("a", 0), cpus(16).plus(Resources.units("pods", 2))))
                .waits(job("x").each(cpus(1).plus(pods)).pods(2));
        assertEquals("x on a a", cluster.pass());
        cluster.waits(job("x").each(cpus(1).plus(pods)).pods(3));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
    }

    @Test
    void podsThatAskForNothingButMuchMemoryAreCountedToo() {
        var memory = Resources.asked(Map.of("memory", new Quantity("512Gi")));
        cluster.with(offering(node("a", 0), memory.times(3)))
                .waits(
                        job("x").each(memory).pods(4).at(1),
                        job("y").each(memory).pods(3).at(2));
        assertEquals("y on a a a", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
    }

    @Test
    void aSliceOfAGpuIsAResourceOfItsOwn() {
        var slice = Resources.units("nvidia.com/mig-1g.10gb", 1);
        var sliced = offering(node("m", 0), cpus(16).plus(slice.times(2)));
        cluster.with(sliced, node("a", 1)).waits(job("x").each(slice).pods(2), job("y"));
        assertEquals("x on m m; y on a", cluster.pass());
        cluster.waits(job("x").each(slice).pods(3));
        assertEquals("y on a", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
    }

    @Test
    void devicesThatAreFreeAreToldFromThoseOnNodesThatAreInUse() {
        var slice = Resources.units("nvidia.com/mig-1g.10gb", 1);
        cluster.with(node("a", 8), node("b", 8), node("c", 4), notReady(node("d", 8)), cordoned(node("e", 8)))
                .with(offering(node("m", 0), slice.times(2)))
                .pod("any", "a", gpus(3))
                .pod("any", "c", cpus(4))
                .runs(job("u").pods(8), "b", "b", "b", "b", "b", "b", "b", "b");
        assertEquals(
                List.of(
                        new DeviceUse("nvidia.com/gpu", 20_000, 9_000, 4_000),
                        new DeviceUse("nvidia.com/mig-1g.10gb", 2_000, 2_000, 2_000)),
                cluster.engine.devices());
    }

    @Test
    void whatOneGangGetsTheNextCannotHave() {
        cluster.with(node("a", 3))
                .waits(job("x").pods(2).at(1), job("y").pods(2).at(2));
        assertEquals("x on a a", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("y"));
    }

    @Test
    void decidingTwiceDecidesTheSameUntilGrantsBecomeHolds() {
        cluster.with(node("a", 2), node("b", 2)).waits(job("x").pods(3));
        assertEquals("x on a a b", cluster.pass());
        assertEquals("x on a a b", cluster.pass());
        cluster.engine.recount();
        assertEquals("x on a a b", cluster.start());
        cluster.waits(job("y"), job("z"));
        assertEquals("y on b", cluster.pass());
    }

    @Test
    void aGangThatChangesIsDecidedOnAsItIsNow() {
        cluster.with(node("a", 2)).waits(job("x").pods(3));
        assertEquals("nobody", cluster.pass());
        cluster.waits(job("x").pods(2));
        assertEquals("x on a a", cluster.pass());
        cluster.waitsNoMore("x");
        assertEquals("nobody", cluster.pass());
        assertEquals(0, cluster.engine.waiting());
        assertEquals(Optional.empty(), cluster.engine.reason("x"));
    }

    private static ClusterView.Pod pod(String uid, String node, boolean finished) {
        return new ClusterView.Pod(uid, "default", node, finished, gpus(2), Optional.empty());
    }

    private void notNow(String why) {
        refused(PendingReason.NO_ROOM_NOW, why);
    }

    private void never(String why) {
        refused(PendingReason.NO_ROOM_EVER, why);
    }

    private void refused(PendingReason refusal, String why) {
        assertEquals("nobody", cluster.pass());
        assertEquals(refusal, cluster.refusal("x"));
        var message = cluster.why("x");
        assertTrue(message.startsWith(why + PLACE), message);
    }
}
