package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.cordoned;
import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.cpus;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.queue.PendingReason;
import org.junit.jupiter.api.Test;

/** More kinds of pods are asked for than there is memory to keep track of. */
class ShapeMemoryBudgetTest {
    /** What it takes to keep track of two kinds on two nodes. */
    private static final long TWO_KINDS = 2 * 2 * Fit.BYTES_PER_ROW;

    private final Scenario cluster = new Scenario(new Engine(TWO_KINDS)).with(node("a", 4), node("b", 4));

    @Test
    void whatThereIsMemoryForIsLookedAt() {
        cluster.waits(job("x").each(gpus(1)), job("y").each(gpus(2)), job("z").each(gpus(1)));
        assertEquals("x on a; y on a; z on b", cluster.pass());
        assertEquals(0, cluster.engine.leftOut());
    }

    @Test
    void oneKindMoreHasToWaitForItsTurn() {
        threeKindsWaitIn(cluster);
        assertEquals("x on a; y on a", cluster.pass());
        assertEquals(PendingReason.NOT_LOOKED_AT, cluster.refusal("z"));
        assertEquals(1, cluster.engine.leftOut());
        assertTrue(cluster.engine.isBehind());
        assertEquals("x on a; z on a", cluster.start());
        assertEquals("y on b", cluster.pass());
        assertEquals(0, cluster.engine.leftOut());
        assertFalse(cluster.engine.isBehind());
    }

    @Test
    void aPersonIsToldWhy() {
        threeKindsWaitIn(cluster);
        cluster.pass();
        assertEquals(
                "needs 1 pod of 3 nvidia.com/gpu, 3 cpu; room is looked for in turns, for 2 kinds of pods at once, as there is no memory for all that are asked for; place 3 of 3 in the queue",
                cluster.why("z"));
    }

    @Test
    void whoAsksForTheSameAsSomebodyInViewIsLookedAtToo() {
        threeKindsWaitIn(cluster);
        cluster.waits(job("late").at(4).each(gpus(1)).pods(2));
        assertEquals("x on a; y on a; late on b b", cluster.pass());
    }

    @Test
    void whoComesFirstByPriorityIsLookedAtFirst() {
        threeKindsWaitIn(cluster);
        cluster.waits(job("z").at(3).each(gpus(3)).priority(1));
        assertEquals("z on a; x on a", cluster.pass());
        assertEquals(PendingReason.NOT_LOOKED_AT, cluster.refusal("y"));
    }

    @Test
    void aTopologyTakesMemoryToo() {
        var bigger = new Scenario(new Engine(TWO_KINDS * 3 / 2)).with(node("a", 4), node("b", 4));
        threeKindsWaitIn(bigger);
        assertEquals("x on a; y on a; z on b", bigger.pass());
        bigger.waits(job("x").at(1).each(gpus(1)).within("kubernetes.io/hostname"));
        bigger.pass();
        assertEquals(1, bigger.engine.leftOut());
    }

    @Test
    void eachQuotaHasItsPart() {
        var bigger = new Scenario(new Engine(2 * TWO_KINDS)).with(node("a", 4), node("b", 4));
        bigger.with(quota("many").gpus(8), quota("few").gpus(8));
        checkTheFewAreLookedAt(bigger);
    }

    @Test
    void eachNamespaceUnderNoneHasItsPart() {
        checkTheFewAreLookedAt(new Scenario(new Engine(2 * TWO_KINDS)).with(node("a", 4), node("b", 4)));
    }

    /** With memory for four kinds, of which one is for those who haven't been looked at for longest. */
    private static void checkTheFewAreLookedAt(Scenario cluster) {
        for (int i = 1; i <= 4; i++) {
            cluster.waits(job("many-" + i).of("many").at(i).each(cpus(i)));
        }
        cluster.waits(job("few").of("few").at(9).each(gpus(3)));
        assertEquals("many-1 on a; many-2 on a; many-3 on a; few on a", cluster.pass());
        assertEquals(PendingReason.NOT_LOOKED_AT, cluster.refusal("many-4"));
    }

    @Test
    void whoIsRefusedByTheQuotaAloneTakesNoMemory() {
        cluster.with(
                quota("stopped").gpus(8).stopped(),
                quota("small").gpus(1),
                quota("open").gpus(8));
        cluster.waits(
                job("stopped").of("stopped").each(gpus(1)),
                job("big").of("small").each(gpus(4)),
                job("y").of("open").at(1).each(gpus(2)),
                job("z").of("open").at(2).each(gpus(3)));
        assertEquals("y on a; z on b", cluster.pass());
        assertEquals(PendingReason.QUOTA_STOPPED, cluster.refusal("stopped"));
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("big"));
        assertEquals(0, cluster.engine.leftOut());
    }

    @Test
    void nobodyWaitsForEverBehindThoseThatCannotStart() {
        cluster.with(cordoned(node("c", 16)));
        for (int i = 0; i < 5; i++) {
            cluster.waits(job("waits-for-c-" + i).each(gpus(5 + i)));
            cluster.waits(job("fits-nowhere-" + i).each(gpus(20 + i)));
        }
        cluster.waits(job("x").at(1));
        assertEquals("x on a", untilAllWereLookedAt());
    }

    @Test
    void whenAllWereLookedAtThereIsNoNeedForMore() {
        for (int i = 0; i < 5; i++) {
            cluster.waits(job("huge-" + i).each(gpus(5 + i)));
        }
        assertEquals("nobody", untilAllWereLookedAt());
        cluster.pass();
        assertFalse(cluster.engine.isBehind());
        assertEquals(3, cluster.engine.leftOut());
    }

    @Test
    void whatWasFoundOfThemIsStillKnown() {
        for (int i = 0; i < 5; i++) {
            cluster.waits(job("huge-" + i).each(gpus(5 + i)));
        }
        untilAllWereLookedAt();
        for (int i = 0; i < 5; i++) {
            assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("huge-" + i));
        }
    }

    @Test
    void whatChangesIsLookedAtForAllOfThem() {
        for (int i = 0; i < 5; i++) {
            cluster.waits(job("huge-" + i).each(gpus(5 + i)));
        }
        untilAllWereLookedAt();
        cluster.with(node("c", 9));
        for (int i = 0; i < 5; i++) {
            assertEquals("huge-" + i + " on c", untilAllWereLookedAt());
            cluster.start();
            cluster.ends("huge-" + i);
        }
    }

    @Test
    void whenPlacesAreNoLongerKeptAllOfThemAreLookedAtAgain() {
        cluster.runs(job("u").each(gpus(3)), "a");
        cluster.waits(
                job("big").pods(2).each(gpus(4)).at(1), job("z").each(gpus(2)).at(9));
        for (int i = 0; i < 5; i++) {
            cluster.waits(job("huge-" + i).each(gpus(5 + i)).at(2 + i));
        }
        assertEquals("nobody", untilAllWereLookedAt(), "b is kept for big");
        cluster.waitsNoMore("big");
        assertTrue(cluster.engine.isBehind());
        assertEquals("z on b", untilAllWereLookedAt());
    }

    @Test
    void whenFewWaitAllAreLookedAtAgain() {
        cluster.with(quota("stopped").gpus(8).stopped());
        cluster.waits(job("stopped").of("stopped").each(gpus(1)));
        for (int i = 0; i < 5; i++) {
            cluster.waits(job("huge-" + i).each(gpus(5 + i)));
        }
        cluster.pass();
        for (int i = 1; i < 5; i++) {
            cluster.waitsNoMore("huge-" + i);
        }
        cluster.with(quota("stopped").gpus(8));
        assertEquals("stopped on a", cluster.pass());
        assertEquals(0, cluster.engine.leftOut());
    }

    @Test
    void twoKindsAreLookedForHoweverLittleMemoryThereIs() {
        var small = new Scenario(new Engine(0)).with(node("a", 4), node("b", 4));
        threeKindsWaitIn(small);
        small.waits(job("like x").at(4).each(gpus(1)).pods(2));
        assertEquals("x on a; y on a; like x on b b", small.pass());
        small.waitsNoMore("like x");
        small.start();
        assertEquals("y on b", small.pass());
    }

    private static void threeKindsWaitIn(Scenario cluster) {
        cluster.waits(
                job("x").at(1).each(gpus(1)),
                job("y").at(2).each(gpus(2)),
                job("z").at(3).each(gpus(3)));
    }

    /** Who got places in the last of these passes. */
    private String untilAllWereLookedAt() {
        String placed;
        int passes = 0;
        do {
            placed = cluster.pass();
            assertTrue(passes++ < 20, "there is no end of it");
        } while (placed.equals("nobody") && cluster.engine.isBehind());
        return placed;
    }
}
