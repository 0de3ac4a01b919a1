package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.cpus;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.queue.PendingReason;
import org.junit.jupiter.api.Test;

/** Workloads that never end by themselves: they ask for more, want less, and give single places back. */
class ServicesTest {
    private static final String HOST = "kubernetes.io/hostname";

    private final Scenario cluster = new Scenario();

    private static Scenario.Job service(String name, int replicas) {
        return job(name).pods(replicas).atLeast(1).lasts();
    }

    @Test
    void whatHasNoPlaceIsToldByNumber() {
        cluster.with(node("a", 1)).with(quota("red").gpus(4));
        cluster.waits(service("x", 3).of("red").atLeast(1));
        assertEquals("x on a", cluster.start());
        assertEquals("nobody", cluster.start());
        assertEquals(
                "2 of 3 workers have no place: needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; 1 node has room for none now"
                        + " (free: 0 of 1 nvidia.com/gpu, 15 of 16 cpu); place 1 of 1 in the queue of quota red",
                cluster.why("x"));
        cluster.with(node("b", 1));
        assertEquals("x also on b", cluster.start());
        cluster.pass();
        assertTrue(cluster.why("x").startsWith("1 of 3 workers has no place: needs 1 pod of "), cluster.why("x"));
    }

    @Test
    void surgeIsChargedToTheQuota() {
        cluster.with(node("a", 8)).with(quota("red").gpus(3));
        cluster.waits(service("x", 3).of("red")).start();
        cluster.start();
        assertEquals(3000, cluster.use("red").used());
        cluster.waits(service("x", 4).of("red").at(10));
        assertEquals("nobody", cluster.start());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("x"));
        assertTrue(
                cluster.why("x")
                        .startsWith("1 of 4 workers has no place: needs 1 pod of 1 nvidia.com/gpu, 1 cpu; quota red"
                                + " has 3 of its 3 nvidia.com/gpu in use"),
                cluster.why("x"));
        cluster.with(quota("red").gpus(4));
        assertEquals("x also on a", cluster.start());
        assertEquals(4000, cluster.use("red").used());
        // The rollout is through.
        cluster.waits(service("x", 3).of("red")).givesBack("x", "worker", 3);
        assertEquals("nobody", cluster.start());
        assertEquals(3000, cluster.use("red").used());
    }

    @Test
    void whoWantsLessAsksForNothingAndKeepsItsPlacesUntilItGivesThemBack() {
        cluster.with(node("a", 4)).waits(service("x", 4)).start();
        cluster.start();
        cluster.waits(service("x", 2), job("y"));
        assertEquals("nobody", cluster.start());
        assertEquals(0, cluster.engine.waiting() - 1, "y waits alone");
        cluster.givesBack("x", "worker", 3);
        assertEquals("y on a", cluster.start());
        cluster.givesBack("x", "worker", 0);
        assertEquals("x also on a", cluster.start(), "rank 0 is one of the two that it wants");
    }

    @Test
    void whoGaveAllBackStartsAgainWithItsMinimumOrNotAtAll() {
        var x = service("x", 3).atLeast(2);
        cluster.with(node("a", 2)).waits(x).start();
        cluster.ends("x").without("a").with(node("b", 1));
        cluster.waits(x);
        assertEquals("nobody", cluster.start());
        cluster.with(node("c", 1));
        assertEquals("x on b c", cluster.start());
    }

    @Test
    void aPlaceWhosePodHasEndedIsStillTheServices() {
        var x = service("x", 1);
        cluster.with(node("a", 1)).runs(x, "a").bound(x, 0, "a").waits(job("y"));
        cluster.finished(x, 0, "a");
        assertEquals("nobody", cluster.pass(), "its next pod will come");
        cluster.gone(x, 0);
        assertEquals("nobody", cluster.pass());
        cluster.ends("x");
        assertEquals("y on a", cluster.pass());
    }

    @Test
    void aPodThatStillEndsCountsBesideThePlaceThatItsRankHasNowElsewhere() {
        var x = service("x", 2).of("red");
        cluster.with(node("a", 1), node("b", 1), node("c", 1)).with(quota("red").gpus(4));
        cluster.waits(x).start();
        cluster.start();
        cluster.bound(x, 0, "a").bound(x, 1, "b").terminating(x, 0, "a", 30);
        cluster.givesBack("x", "worker", 0).waits(x);
        assertEquals("x also on c", cluster.start());
        assertEquals(3000, cluster.use("red").used(), "the two that it has, and the one that ends");
        cluster.waits(job("y").of("red").at(1));
        assertEquals("nobody", cluster.pass(), "neither is its place on c free, nor a before the pod is gone");
        var told = new Scenario();
        told.with(node("a", 1), node("b", 1), node("c", 1)).with(quota("red").gpus(4));
        told.terminating(x, 0, "a", 30)
                .bound(x, 1, "b")
                .runs(x, "c", "b")
                .waits(job("y").of("red").at(1));
        assertEquals("nobody", told.pass(), "and a new operator counts the same");
        assertEquals(3000, told.use("red").used());
        cluster.gone(x, 0);
        assertEquals("y on a", cluster.pass());
        assertEquals(2000, cluster.use("red").used());
    }

    @Test
    void aServiceThatScalesUpComesAfterWhoHasWaitedForLonger() {
        cluster.with(node("a", 1)).waits(service("x", 1)).start();
        cluster.waits(job("y").at(1), service("x", 3).at(2), job("z").at(3)).with(node("b", 1));
        assertEquals("y on b", cluster.start());
        cluster.with(node("c", 3));
        assertEquals("x also on c c; z on c", cluster.start());
    }

    @Test
    void nobodyKeepsPlacesForTheEndOfAService() {
        cluster.with(node("a", 4), node("b", 4));
        cluster.runs(service("x", 3), "a", "a", "a");
        cluster.waits(job("big").pods(8), job("long").pods(4).at(1));
        assertEquals("long on b b b b", cluster.pass(), "else b would be idle for as long as x is there");
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("big"));
        assertFalse(cluster.why("big").contains("expected"), cluster.why("big"));
        assertFalse(cluster.why("big").contains("not before"), cluster.why("big"));
    }

    @Test
    void byQuotaTooNobodyWaitsForTheEndOfAService() {
        cluster.with(node("a", 8)).with(quota("red").gpus(4));
        cluster.runs(service("x", 3).of("red"), "a", "a", "a");
        cluster.waits(job("big").of("red").pods(4), job("small").of("red").at(1));
        assertEquals("small on a", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("big"));
        assertFalse(cluster.why("big").contains("it is next"), cluster.why("big"));
    }

    @Test
    void whatIsPlacedInTheSamePassIsNoEndToWaitForEither() {
        cluster.with(node("a", 4), node("b", 4));
        cluster.waits(
                service("x", 3).atLeast(3).priority(2),
                job("big").pods(8).priority(1),
                job("long").pods(4).at(1));
        assertEquals("x on a a a; long on b b b b", cluster.pass());
    }

    @Test
    void forAReplicaThatIsNextPlacesAreKeptUntilAJobEnds() {
        cluster.with(node("a", 1), node("b", 2)).runs(job("u").each(gpus(2)).atMost(30), "b");
        cluster.runs(service("x", 1).each(gpus(1)), "a");
        cluster.waits(service("x", 2), job("y").each(gpus(2)).at(1));
        assertEquals("nobody", cluster.pass());
        assertTrue(cluster.engine.isNext("x"));
        assertTrue(
                cluster.why("x")
                        .endsWith("; it is next: places are kept for it, expected to start about 2026-01-01T00:31:00Z"),
                cluster.why("x"));
    }

    @Test
    void replicasGoToAsManyNodesAsHaveRoom() {
        cluster.with(node("a", 4), node("b", 4), node("c", 1));
        cluster.waits(service("x", 6).atLeast(2).apartBy(HOST));
        assertEquals("x on c a", cluster.start(), "of equals the one with the least room first");
        assertEquals("x also on b a b a", cluster.start());
        cluster.waits(job("y").pods(3));
        assertEquals("y on b b a", cluster.pass(), "jobs are packed as before");
    }

    @Test
    void replicasAreApartByTheLabelThatIsNamedAsFarAsThereIsRoom() {
        cluster.with(node("a", 4, "zone=z1"), node("b", 4, "zone=z1"), node("c", 1, "zone=z2"), node("d", 9));
        cluster.waits(service("x", 4).atLeast(2).apartBy("zone"));
        assertEquals("x on c a", cluster.start());
        assertEquals("x also on b a", cluster.start(), "in a zone, before those that are in none");
    }

    @Test
    void whereOneNodeIsAskedForAllAreThereAndThatComesBeforeBeingApart() {
        cluster.with(node("a", 4, HOST + "=a"), node("b", 3, HOST + "=b"));
        cluster.waits(service("x", 3).atLeast(2).within(HOST).apartBy(HOST));
        assertEquals("x on b b", cluster.start());
        assertEquals("x also on b", cluster.start());
    }

    @Test
    void replicasAndRoutersAreEachApart() {
        cluster.with(node("a", 0), node("b", 0));
        cluster.waits(service("x", 2)
                .atLeast(2)
                .each(cpus(8))
                .and("router", 2, cpus(1))
                .apartBy(HOST));
        assertEquals("x on a b, router a b", cluster.start());
    }

    @Test
    void ifTheyHaveRoomOnlyCloseTogetherTheyAreCloseTogether() {
        cluster.with(node("a", 0), node("b", 0)).pod("any", "b", cpus(4));
        // Of a's sixteen cores and b's twelve, two pods of eight that are apart leave room for one of six alone.
        cluster.waits(
                service("x", 2).atLeast(2).each(cpus(6)).and("big", 2, cpus(8)).apartBy(HOST));
        assertEquals("x on big a a, b b", cluster.start());
    }

    @Test
    void withoutDevicesTheyLeaveNodesThatHaveSomeToOthers() {
        cluster.with(node("a", 4), node("b", 0), node("c", 0));
        cluster.waits(service("x", 2).atLeast(2).each(cpus(1)).apartBy(HOST));
        assertEquals("x on b c", cluster.pass());
    }
}
