package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.GPU;
import static dev.capstan.controllers.admission.Scenario.cpus;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.admission.queue.PendingReason;
import org.junit.jupiter.api.Test;

/** Who comes before whom. */
class FairShareOrderTest {
    private final Scenario cluster = new Scenario();

    @Test
    void theOlderComesFirst() {
        cluster.with(node("a", 1)).waits(job("younger").at(2), job("older").at(1));
        assertEquals("older on a", cluster.pass());
    }

    @Test
    void ofTwoOfTheSameAgeTheNameDecides() {
        cluster.with(node("a", 1)).waits(job("y"), job("x"));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void theHigherPriorityComesBeforeTheOlder() {
        cluster.with(node("a", 3))
                .waits(
                        job("older").pods(2).at(1),
                        job("higher").pods(2).priority(7).at(2));
        assertEquals("higher on a a", cluster.pass());
    }

    @Test
    void aSmallerMayPassABiggerThatHasNoRoom() {
        cluster.with(node("a", 4), node("b", 2))
                .pod("any", "a", gpus(2))
                .waits(job("big").pods(5).at(1), job("small").at(2));
        assertEquals("small on a", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("big"));
    }

    @Test
    void whoBorrowsComesAfterWhoDoesNot() {
        cluster.with(node("a", 4))
                .with(quota("red").in("c").gpus(2), quota("blue").in("c").gpus(2));
        cluster.runs(job("u").of("red").pods(2), "a", "a");
        cluster.waits(
                job("older").of("red").at(1), job("own").of("blue").pods(2).at(2));
        assertEquals("own on a a", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("older"));
    }

    @Test
    void whoCouldOnlyStartByBorrowingInAnotherFlavorComesAfterWhoDoesNot() {
        cluster.with(
                        node("h1", 1, "gpu=h100", "rack=r1"),
                        node("h2", 1, "gpu=h100", "rack=r2"),
                        node("a", 2, "gpu=a100", "rack=r3"))
                .with(twoFlavors("red", 2, 0), twoFlavors("blue", 0, 2));
        cluster.waits(
                job("older").of("red").pods(2).within("rack").at(1),
                job("own").of("blue").pods(2).on("gpu=a100").at(2));
        assertEquals("own on a a", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("older"));
        cluster.waitsNoMore("own");
        assertEquals("older on a a", cluster.pass());
    }

    @Test
    void whoCouldOnlyStartByBorrowingNowThatAnotherWasPlacedComesAfterWhoDoesNot() {
        cluster.with(node("h", 1, "gpu=h100"), node("a", 1, "gpu=a100"))
                .with(twoFlavors("red", 1, 0), twoFlavors("blue", 0, 1));
        cluster.waits(
                job("first").of("blue").on("gpu=h100").priority(1).at(3),
                job("older").of("red").at(1),
                job("own").of("blue").at(2));
        assertEquals("first on h; own on a", cluster.pass());
    }

    @Test
    void ofTwoWhoBorrowTheOneWithTheSmallerShareComesFirst() {
        cluster.with(node("a", 16))
                .with(
                        quota("idle").in("c").gpus(12),
                        quota("red").in("c").gpus(2),
                        quota("blue").in("c").gpus(2));
        cluster.waits(
                job("more").of("red").pods(8).at(1),
                job("less").of("blue").pods(7).at(2));
        assertEquals("less on a a a a a a a; more on a a a a a a a a", cluster.pass());
    }

    @Test
    void aShareCountsByWeight() {
        cluster.with(node("a", 16))
                .with(
                        quota("idle").in("c").gpus(12),
                        quota("heavy").in("c").weight(3).gpus(2),
                        quota("light").in("c").gpus(2));
        // The heavy one would borrow 6 of 16, by its weight an eighth; the light one 4, a quarter.
        cluster.waits(
                job("light").of("light").pods(6).at(1),
                job("heavy").of("heavy").pods(8).at(2));
        assertEquals("heavy on a a a a a a a a; light on a a a a a a", cluster.pass());
    }

    @Test
    void theShareGrowsWithEachGrantOfAPass() {
        cluster.with(node("a", 8))
                .with(
                        quota("idle").in("c").gpus(8),
                        quota("red").in("c").gpus(0),
                        quota("blue").in("c").gpus(0));
        cluster.waits(
                job("r1").of("red").at(1),
                job("r2").of("red").at(2),
                job("r3").of("red").at(3),
                job("b1").of("blue").at(4),
                job("b2").of("blue").at(5));
        assertEquals("r1 on a; b1 on a; r2 on a; b2 on a; r3 on a", cluster.pass());
    }

    @Test
    void priorityComesBeforeFairShare() {
        cluster.with(node("a", 4))
                .with(quota("red").in("c").gpus(2), quota("blue").in("c").gpus(2));
        cluster.runs(job("u").of("red").pods(2), "a", "a");
        cluster.waits(
                job("borrows").of("red").priority(1).at(2),
                job("own").of("blue").pods(2).at(1));
        assertEquals("borrows on a", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("own"));
    }

    @Test
    void fairShareComesBeforeAgeOnlyBetweenQuotas() {
        cluster.with(node("a", 8))
                .with(quota("idle").in("c").gpus(8), quota("red").in("c").gpus(0));
        cluster.waits(job("big").of("red").pods(5).at(1), job("small").of("red").at(2));
        assertEquals("big on a a a a a; small on a", cluster.pass());
    }

    @Test
    void quotasOfDifferentCohortsDoNotCompete() {
        cluster.with(node("a", 2)).with(quota("red").gpus(1), quota("blue").gpus(1));
        cluster.waits(job("y").of("blue").at(1), job("x").of("red").at(2));
        assertEquals("y on a; x on a", cluster.pass());
    }

    @Test
    void whoIsUnderNoQuotaComesAfterAllWhoAre() {
        cluster.with(node("a", 1)).with(quota("red").gpus(1));
        cluster.waits(job("free").priority(9).at(1), job("x").of("red").at(2));
        assertEquals("x on a", cluster.pass());
        assertEquals("x on a", cluster.start());
        cluster.ends("x");
        assertEquals("free on a", cluster.pass());
    }

    @Test
    void whoIsUnderNoQuotaMayUseWhatIsFreeWhateverTheQuotasSay() {
        cluster.with(node("a", 4)).with(quota("red").gpus(1));
        cluster.waits(job("x").of("red").pods(2), job("free").pods(3));
        assertEquals("free on a a a", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("x"));
    }

    @Test
    void theShareIsThatInTheFlavorThatHasRoom() {
        cluster.with(node("a", 8, "gpu=a100"));
        cluster.with(twoFlavors("idle", 0, 8), twoFlavors("red", 8, 0), twoFlavors("blue", 0, 2));
        // In h100, of which there is no node, red would borrow nothing.
        cluster.waits(
                job("borrows").of("red").pods(3).at(1),
                job("own").of("blue").pods(2).at(2));
        assertEquals("own on a a; borrows on a a a", cluster.pass());
    }

    @Test
    void theDominantShareIsTheLargestOverAJobsResources() {
        cluster.with(node("a", 8), node("b", 8));
        cluster.with(
                quota("idle").in("c").flavor("any").lists(Scenario.GPU, 8).lists("cpu", 32),
                quota("gpus").in("c").flavor("any").lists(Scenario.GPU, 0).lists("cpu", 0),
                quota("cpus").in("c").flavor("any").lists(Scenario.GPU, 0).lists("cpu", 0));
        // 4 of 8 GPUs and 4 of 32 cores are a half; 1 GPU and 12 cores are three eighths.
        cluster.waits(
                job("g").of("gpus").pods(4).at(1),
                job("c").of("cpus").each(gpus(1).plus(cpus(11))).at(2));
        assertEquals("c on a; g on a a a a", cluster.pass());
    }

    private static Scenario.Quota twoFlavors(String name, int h100, int a100) {
        return quota(name)
                .in("c")
                .flavor("h100", "gpu=h100")
                .lists(GPU, h100)
                .flavor("a100", "gpu=a100")
                .lists(GPU, a100);
    }
}
