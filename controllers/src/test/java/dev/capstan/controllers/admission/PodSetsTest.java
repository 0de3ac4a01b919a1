package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.GPU;
import static dev.capstan.controllers.admission.Scenario.cpus;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.queue.PendingReason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Workloads with pods of several sizes, and such as start with some of their pods. Each node has 16 cores. */
class PodSetsTest {
    private final Scenario cluster = new Scenario();

    /** Six workers with a GPU each, and two servers of twelve cores. */
    private static Scenario.Job served(String name) {
        return job(name).pods(6).and("server", 2, cpus(12));
    }

    @Test
    void podsOfAllSizesGetPlacesTogether() {
        cluster.with(node("a", 4), node("b", 4), node("c", 0)).waits(served("x"));
        assertEquals("x on a a a a b b, server c a", cluster.pass());
    }

    @Test
    void ifWorkersFindNoPlaceServersGetNoneEither() {
        cluster.with(node("a", 4), node("b", 1), node("c", 0), node("d", 0)).waits(served("x"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
        assertEquals(
                "needs 6 pods of 1 nvidia.com/gpu, 1 cpu each and 2 pods of 12 cpu each"
                        + "; for pods of 1 nvidia.com/gpu, 1 cpu; even empty, 4 nodes have room for 5 together"
                        + " (free: 5 of 5 nvidia.com/gpu, 64 of 64 cpu); place 1 of 1 in the queue",
                cluster.why("x"));
    }

    @Test
    void ifServersFindNoPlaceWorkersGetNoneEither() {
        cluster.with(node("a", 8), node("b", 0)).pod("any", "b", cpus(5)).waits(served("x"), job("y").at(1));
        assertEquals("y on a", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("x"));
        assertTrue(
                cluster.why("x").contains("; for pods of 12 cpu; 2 nodes have room for 1 together now"),
                cluster.why("x"));
    }

    @Test
    void whatTheOneSizeTakesTheOtherCannotHave() {
        cluster.with(node("a", 1)).waits(job("x").and("server", 1, cpus(16)));
        assertEquals("nobody", cluster.pass());
        assertEquals(
                "needs 1 pod of 1 nvidia.com/gpu, 1 cpu and 1 pod of 16 cpu"
                        + "; there is room for the pods of each size, but not for all together; place 1 of 1 in the queue",
                cluster.why("x"));
        cluster.with(node("b", 0));
        assertEquals("x on a, server b", cluster.pass());
    }

    @Test
    void triesInVainLeaveNothingTaken() {
        cluster.with(node("a", 2))
                .waits(job("x").and("server", 1, cpus(16)), job("y").pods(2).at(1));
        assertEquals("y on a a", cluster.pass());
    }

    @Test
    void theQuotaCountsPodsOfAllSizes() {
        cluster.with(node("a", 8)).with(quota("red").gpus(7));
        cluster.waits(job("x").of("red").pods(6).and("server", 2, gpus(1)));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("x"));
        cluster.with(quota("red").gpus(8));
        assertEquals("x on server a a, a a a a a a", cluster.start());
        assertEquals(8000, cluster.use("red").used());
    }

    @Test
    void eachSizeMayBeChargedToAFlavorOfItsOwn() {
        cluster.with(node("a", 2, "gpu=h100"), node("b", 0));
        cluster.with(quota("red")
                .flavor("h100", "gpu=h100")
                .lists(GPU, 2)
                .lists("cpu", 4)
                .flavor("plain")
                .lists("cpu", 32));
        cluster.waits(job("x").of("red").pods(2).and("server", 1, cpus(12)));
        var decision = (Decision.Admit) cluster.engine.cycle(Scenario.START).getFirst();
        assertEquals(List.of("h100", "plain"), decision.flavors());
        assertEquals(
                List.of("a", "a", "b"),
                decision.podSets().stream()
                        .flatMap(seats -> seats.nodes().stream())
                        .toList());
    }

    @Test
    void oneDomainHasToHaveRoomForAllSizes() {
        cluster.with(node("a", 4, "rack=r1"), node("b", 4, "rack=r2"), node("c", 0, "rack=r2"));
        cluster.waits(job("x").pods(4).and("server", 1, cpus(13)).within("rack"));
        assertEquals("x on b b b b, server c", cluster.pass());
        cluster.without("c");
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_NOW, cluster.refusal("x"));
        assertTrue(cluster.why("x").contains("no rack has room for the pods of all sizes together"), cluster.why("x"));
    }

    @Test
    void theyAreNearEachOtherIfThatIsPreferredAndElseAnywhere() {
        cluster.with(node("a", 4, "rack=r1"), node("b", 4, "rack=r2"), node("c", 0, "rack=r2"));
        cluster.waits(job("x").pods(4).and("server", 1, cpus(13)).near("rack"));
        assertEquals("x on b b b b, server c", cluster.pass());
        cluster.without("c");
        assertEquals("x on a a a a, server b", cluster.pass());
    }

    @Test
    void placesAreKeptForAllSizesOfWhoIsNext() {
        cluster.with(node("a", 2), node("b", 0));
        cluster.runs(job("u").pods(2).atMost(60), "a", "a").pod("any", "b", cpus(4));
        cluster.waits(
                job("x").pods(2).and("server", 1, cpus(12)),
                job("y").each(cpus(1)).at(1));
        assertEquals("y on a", cluster.pass());
        assertTrue(
                cluster.why("x").contains("it is next: places are kept for it, expected to start"), cluster.why("x"));
        // All that is free on b is for the server.
        cluster.waits(job("y").each(cpus(1)).on("kubernetes.io/hostname=b").at(1));
        assertEquals("nobody", cluster.pass());
        cluster.waitsNoMore("y").ends("u");
        assertEquals("x on a a, server b", cluster.pass());
    }

    @Test
    void whatIsMoreThanTheMinimumComesWhenThereIsRoom() {
        cluster.with(node("a", 2)).waits(job("x").pods(4).atLeast(2));
        assertEquals("x on a a", cluster.start());
        assertEquals("nobody", cluster.start());
        assertEquals(
                "has its minimum, and lacks 2 more pods of 1 nvidia.com/gpu, 1 cpu each; 1 node has room for none now"
                        + " (free: 0 of 2 nvidia.com/gpu, 14 of 16 cpu); place 1 of 1 in the queue",
                cluster.why("x"));
        cluster.with(node("b", 1));
        assertEquals("x also on b", cluster.start());
        cluster.with(node("c", 1));
        assertEquals("x also on c", cluster.start());
        assertEquals(0, cluster.engine.waiting());
    }

    @Test
    void whoHasLessThanItsMinimumStartsNothing() {
        cluster.with(node("a", 1)).waits(job("x").pods(4).atLeast(2));
        assertEquals("nobody", cluster.start());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
    }

    @Test
    void furtherPodsWaitTheirTurn() {
        cluster.with(node("a", 2)).waits(job("x").pods(4).atLeast(2));
        cluster.start();
        cluster.waits(job("y").priority(1).pods(2).at(1)).with(node("b", 3));
        assertEquals("y on b b; x also on b", cluster.start());
    }

    @Test
    void onePlaceThatWasGivenBackIsFilledAlone() {
        cluster.with(node("a", 1), node("b", 1)).waits(job("x").pods(2).atLeast(1));
        assertEquals("x on a", cluster.start());
        assertEquals("x also on b", cluster.start());
        cluster.givesBack("x", "worker", 0).waits(job("x").pods(2).atLeast(1));
        cluster.pod("any", "a", gpus(1));
        assertEquals("nobody", cluster.start());
        cluster.with(node("c", 1));
        assertEquals("x also on c", cluster.start());
        assertEquals("nobody", cluster.start());
    }

    @Test
    void whatIsGivenBackIsFreeForOthers() {
        cluster.with(node("a", 2)).waits(job("x").pods(2)).start();
        cluster.givesBack("x", "worker", 1).waits(job("y"));
        assertEquals("y on a", cluster.pass());
    }

    @Test
    void furtherPodsStayWhereTheOthersAreIfTheyHaveTo() {
        cluster.with(node("a", 1, "rack=r1"), node("b", 1, "rack=r2"), node("c", 1, "rack=r1"));
        cluster.pod("any", "c", gpus(1)).waits(job("x").pods(2).atLeast(1).within("rack"));
        assertEquals("x on a", cluster.start());
        assertEquals("nobody", cluster.start());
        cluster.with(node("d", 1, "rack=r1"));
        assertEquals("x also on d", cluster.start());
    }

    @Test
    void whoHasItsMinimumIsAdmittedAndNotPending() {
        cluster.with(node("a", 1))
                .with(quota("red").gpus(4))
                .waits(job("x").of("red").pods(3).atLeast(1));
        assertEquals(1, cluster.usage("red").pending());
        cluster.start();
        assertEquals(0, cluster.usage("red").pending());
        assertEquals(1, cluster.usage("red").admitted());
        assertEquals(1, cluster.engine.waiting());
    }

    @Test
    void evictionCostsTheWorkThatIsNotSavedOnAllDevices() {
        var granted = job("x").pods(3).each(gpus(2)).grant(Scenario.START, "a", "a", "b");
        var later = Scenario.START.plus(Duration.ofMinutes(10));
        assertEquals(3 * 2 * 600, granted.evictionCost(later));
        var saved = new Grant(
                granted.id(), 1, 0, granted.podSets(), granted.since(), granted.ends(), later.minusSeconds(5));
        assertEquals(3 * 2 * 5, saved.evictionCost(later));
        assertEquals(
                3 * 600,
                job("x").pods(3)
                        .each(cpus(8))
                        .grant(Scenario.START, "a", "a", "b")
                        .evictionCost(later));
    }
}
