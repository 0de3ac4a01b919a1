package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.cordoned;
import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Nodes.notReady;
import static dev.capstan.controllers.admission.Nodes.offering;
import static dev.capstan.controllers.admission.Scenario.cpus;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.queue.PendingReason;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Nodes and pods that come, change and go, in the order in which watches happen to tell of them. */
class ChurnTest {
    private final Scenario cluster = new Scenario();

    @Test
    void aPodThatIsSeenBeforeItsNodeIsOnItWhenItComes() {
        cluster.pod("any", "b", gpus(1)).with(node("a", 1)).waits(job("x").pods(2));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
        cluster.with(node("b", 2));
        assertEquals("x on b a", cluster.pass());
    }

    @Test
    void aPodOnANodeThatNobodyHasSeenDisturbsNobody() {
        cluster.with(node("a", 1)).waits(job("x").pods(2));
        assertEquals("nobody", cluster.pass());
        cluster.pod("any", "b", gpus(1));
        assertEquals("nobody", cluster.pass());
        assertEquals(
                "needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, 1 node has room for 1"
                        + " (free: 1 of 1 nvidia.com/gpu, 16 of 16 cpu); place 1 of 1 in the queue",
                cluster.why("x"));
        cluster.with(node("b", 2));
        assertEquals("x on a b", cluster.pass());
    }

    @Test
    void aNodeThatIsGoneIsNotUsed() {
        cluster.with(node("a", 1), node("b", 1)).waits(job("x").pods(2));
        assertEquals("x on a b", cluster.pass());
        cluster.without("a");
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
    }

    @Test
    void aNodeThatComesBackStillHasItsPods() {
        cluster.with(node("a", 3)).pod("any", "a", gpus(2)).waits(job("x"), job("y"));
        cluster.pass();
        cluster.without("a");
        assertEquals("nobody", cluster.pass());
        cluster.with(node("a", 3));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aNodeThatComesAfterAnotherIsGoneInheritsNothing() {
        cluster.with(node("a", 2)).pod("any", "a", gpus(2)).waits(job("x").pods(2));
        assertEquals("nobody", cluster.pass());
        cluster.without("a");
        cluster.engine.removePod("pod-0");
        cluster.with(node("b", 2));
        assertEquals("x on b b", cluster.pass());
    }

    @Test
    void aGrantOnANodeThatIsGoneIsThereAgainWithTheNode() {
        cluster.with(node("a", 1)).runs(job("u"), "a").waits(job("x"));
        cluster.pass();
        cluster.without("a");
        cluster.pass();
        cluster.with(node("a", 1));
        assertEquals("nobody", cluster.pass());
        cluster.ends("u");
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void whatANodeOffersMayChange() {
        cluster.with(node("a", 1)).waits(job("x").pods(2));
        assertEquals("nobody", cluster.pass());
        cluster.with(node("a", 2));
        assertEquals("x on a a", cluster.pass());
        cluster.with(offering(node("a", 2), cpus(16)));
        assertEquals("nobody", cluster.pass());
    }

    @Test
    void aNodeOnWhichMoreIsTakenThanItOffersHasNoRoomAndOwesNothingElsewhere() {
        cluster.with(node("a", 4), node("b", 1)).pod("any", "a", gpus(4));
        cluster.with(node("a", 2)).waits(job("x"), job("y"));
        assertEquals("x on b", cluster.pass());
    }

    @Test
    void aDeviceThatNobodyKnewComesWithItsNode() {
        var tpu = Resources.units("google.com/tpu", 1);
        cluster.with(node("a", 1)).waits(job("x").each(tpu));
        assertEquals("nobody", cluster.pass());
        cluster.with(offering(node("b", 0), tpu));
        assertEquals("x on b", cluster.pass());
    }

    @Test
    void aNodeThatIsCordonedAndBackIsUsedAgain() {
        cluster.with(node("a", 1)).waits(job("x"));
        assertEquals("x on a", cluster.pass());
        cluster.with(cordoned(node("a", 1)));
        assertEquals("nobody", cluster.pass());
        cluster.with(notReady(node("a", 1)));
        assertEquals("nobody", cluster.pass());
        cluster.with(node("a", 1));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aNodeMayMoveFromOneDomainToAnother() {
        cluster.with(node("a", 1, "rack=r1"), node("b", 1, "rack=r2"))
                .waits(job("x").pods(2).within("rack"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_EVER, cluster.refusal("x"));
        cluster.with(node("b", 1, "rack=r1"));
        assertEquals("x on a b", cluster.pass());
        cluster.with(node("a", 1));
        assertEquals("nobody", cluster.pass(), "without the label it is in no domain");
    }

    @Test
    void aNodeMayMoveFromOneFlavorToAnotherWithThePodsOnIt() {
        cluster.with(quota("red")
                .flavor("old", "gpu=old")
                .lists(Scenario.GPU, 4)
                .flavor("new", "gpu=new")
                .lists(Scenario.GPU, 4));
        cluster.with(node("a", 4, "gpu=old")).pod("red", "a", gpus(3));
        assertEquals(3000, cluster.usage("red").uses().get(0).used());
        cluster.with(node("a", 4, "gpu=new"));
        assertEquals(0, cluster.usage("red").uses().get(0).used());
        assertEquals(3000, cluster.usage("red").uses().get(1).used());
        cluster.engine.removePod("pod-0");
        assertEquals(0, cluster.usage("red").uses().get(1).used());
    }

    @Test
    void podsAreChargedOnceTheirNodeIsKnownAndNotWhileItIsGone() {
        cluster.with(quota("red").gpus(4)).pod("red", "a", gpus(3));
        assertEquals(0, cluster.use("red").used());
        cluster.with(node("a", 4));
        assertEquals(3000, cluster.use("red").used());
        cluster.without("a");
        assertEquals(0, cluster.use("red").used());
        cluster.engine.removePod("pod-0");
        cluster.with(node("a", 4));
        assertEquals(0, cluster.use("red").used());
    }

    @Test
    void moreNodesThanThereWasRoomForAtFirst() {
        for (int i = 0; i < 200; i++) {
            cluster.with(node("n%03d".formatted(i), 1, "rack=r" + i % 2));
        }
        cluster.waits(
                job("x").pods(100).within("rack").at(1),
                job("z").pods(100).at(2),
                job("y").pods(101).at(3));
        assertTrue(cluster.pass().endsWith("n198; z on " + oddOnes()), cluster.pass());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("y"));
    }

    private static String oddOnes() {
        return IntStream.range(0, 100)
                .mapToObj(i -> "n%03d".formatted(2 * i + 1))
                .collect(Collectors.joining(" "));
    }

    @Test
    void whatComesBackOnANodeThatIsGoneIsNotForetoldForAnother() {
        var u = job("u").atMost(60);
        var ended = new ClusterView.Pod(
                "u-0", "default", "a", true, gpus(1), Optional.of(new ClusterView.Seat("default", "u", 1, 0)));
        cluster.with(node("a", 1)).runs(u, "a");
        cluster.engine.put(ended);
        cluster.without("a").with(node("b", 1)).pod("any", "b", gpus(1));
        cluster.engine.removePod("u-0");
        cluster.waits(job("x"));
        assertEquals("nobody", cluster.pass());
        assertEquals(
                "needs 1 pod of 1 nvidia.com/gpu, 1 cpu; 1 node has room for none now"
                        + " (free: 0 of 1 nvidia.com/gpu, 15 of 16 cpu); place 1 of 1 in the queue",
                cluster.why("x"));
    }

    @Test
    void thousandsOfNodesThatCameAndWentLeaveNothingBehind() {
        var nodes = new NodeTable();
        var occupancy = new Occupancy(nodes);
        for (int i = 0; i < 1000; i++) {
            var name = "n" + i;
            var u = job("u");
            var pod = new ClusterView.Pod("p", "default", name, false, gpus(1), Optional.empty());
            var seated = new ClusterView.Pod(
                    "u-0", "default", name, true, gpus(1), Optional.of(new ClusterView.Seat("default", "u", 1, 0)));
            nodes.put(node(name, 4));
            occupancy.put(u.grant(Scenario.START, name));
            occupancy.put(pod);
            occupancy.put(seated);
            nodes.remove(name);
            occupancy.removePod("p");
            occupancy.removeGrant("u");
            occupancy.removePod("u-0");
        }
        assertEquals(1, nodes.size());
    }
}
