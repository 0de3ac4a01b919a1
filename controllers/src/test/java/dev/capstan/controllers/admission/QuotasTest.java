package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Nodes.offering;
import static dev.capstan.controllers.admission.Scenario.GPU;
import static dev.capstan.controllers.admission.Scenario.cpus;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.quota.Usage;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What quotas allow, in which flavor, and what is charged to them. */
class QuotasTest {
    private final Scenario cluster = new Scenario();

    @Test
    void aQuotaAllowsWhatIsItsOwn() {
        cluster.with(node("a", 8)).with(quota("red").gpus(3));
        cluster.waits(
                job("x").of("red").pods(2).at(1),
                job("y").of("red").at(2),
                job("z").of("red").at(3));
        assertEquals("x on a a; y on a", cluster.start());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("z"));
        cluster.ends("y");
        assertEquals("z on a", cluster.pass());
    }

    @Test
    void whatIsMoreThanAQuotaCouldEverUseIsRefusedForGood() {
        cluster.with(node("a", 8))
                .with(quota("red").in("c").gpus(3), quota("blue").in("c").gpus(2));
        cluster.waits(job("x").of("red").pods(6));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("x"));
    }

    @Test
    void whatOthersOfTheCohortLeaveIdleMayBeBorrowed() {
        cluster.with(node("a", 8))
                .with(quota("red").in("c").gpus(3), quota("blue").in("c").gpus(2));
        cluster.waits(job("x").of("red").pods(5));
        assertEquals("x on a a a a a", cluster.start());
        cluster.waits(job("y").of("blue"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("y"));
    }

    @Test
    void aBorrowingLimitLimitsWhatIsBorrowed() {
        cluster.with(node("a", 8))
                .with(
                        quota("red").in("c").gpus(2, 1, null),
                        quota("blue").in("c").gpus(4));
        cluster.waits(job("four").of("red").pods(4), job("three").of("red").pods(3));
        assertEquals("three on a a a", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("four"));
    }

    @Test
    void aLendingLimitKeepsTheRestForItsOwner() {
        cluster.with(node("a", 8))
                .with(quota("red").in("c").gpus(2), quota("blue").in("c").gpus(4, null, 1));
        cluster.waits(job("four").of("red").pods(4), job("three").of("red").pods(3));
        assertEquals("three on a a a", cluster.start());
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("four"));
        cluster.waits(
                job("its three").of("blue").pods(3).at(1),
                job("a fourth").of("blue").at(2));
        assertEquals("its three on a a a", cluster.start());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("a fourth"));
    }

    @Test
    void aQuotaWithoutACohortLendsAndBorrowsNothing() {
        cluster.with(node("a", 8)).with(quota("red").gpus(2), quota("blue").gpus(4));
        cluster.waits(job("x").of("red").pods(3));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("x"));
    }

    @Test
    void flavorsAreTriedInTheOrderOfTheList() {
        cluster.with(node("a", 8, "gpu=a100"), node("h", 8, "gpu=h100")).with(twoFlavors(2, 4));
        cluster.waits(job("x").of("red").pods(2).at(1), job("y").of("red").at(2));
        assertEquals("x on h h; y on a", cluster.pass());
    }

    @Test
    void aFlavorWithQuotaButWithoutRoomIsPassedOver() {
        cluster.with(node("a", 8, "gpu=a100"), node("h", 1, "gpu=h100")).with(twoFlavors(2, 4));
        cluster.waits(job("x").of("red").pods(2));
        assertEquals("x on a a", cluster.pass());
    }

    @Test
    void aGangTakesOneFlavorAndNotTwo() {
        cluster.with(node("a", 2, "gpu=a100"), node("h", 2, "gpu=h100")).with(twoFlavors(2, 2));
        cluster.waits(job("x").of("red").pods(3));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("x"));
    }

    @Test
    void aNodeBelongsToTheFirstFlavorThatItMatches() {
        cluster.with(node("fast", 2, "gpu=h100", "link=nvlink"));
        cluster.with(quota("red")
                .flavor("linked", "link=nvlink")
                .lists(GPU, 1)
                .flavor("any")
                .lists(GPU, 4));
        cluster.waits(job("x").of("red").pods(2));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"), "the node is of flavor linked, so not of any");
        cluster.with(node("plain", 2));
        assertEquals("x on plain plain", cluster.pass());
    }

    @Test
    void aNodeOfNoFlavorIsNotUsedByWhoAsksForDevices() {
        cluster.with(node("a", 4, "gpu=v100")).with(twoFlavors(4, 4));
        cluster.waits(job("x").of("red"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
        assertTrue(cluster.why("x").contains("; of the others, 1 is of another flavor"), cluster.why("x"));
    }

    @Test
    void aDeviceThatNoFlavorListsIsRefused() {
        var slice = Resources.units("nvidia.com/mig-1g.10gb", 1);
        cluster.with(offering(node("m", 0), cpus(16).plus(slice)))
                .with(quota("red").gpus(4));
        cluster.waits(job("x").of("red").each(slice));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_FLAVOR, cluster.refusal("x"));
        cluster.with(quota("red").flavor("any").lists(GPU, 4).lists("nvidia.com/mig-1g.10gb", 1));
        assertEquals("x on m", cluster.pass());
    }

    @Test
    void aJobThatAsksForTwoDevicesNeedsAFlavorWithBoth() {
        var both = gpus(1).plus(Resources.units("rdma/ib", 1));
        cluster.with(
                offering(node("a", 1, "gpu=a100"), both.times(4)), offering(node("h", 1, "gpu=h100"), both.times(4)));
        cluster.with(quota("red")
                .flavor("h100", "gpu=h100")
                .lists(GPU, 4)
                .flavor("a100", "gpu=a100")
                .lists(GPU, 4)
                .lists("rdma/ib", 4));
        cluster.waits(job("x").of("red").each(both).at(1), job("y").of("red").at(2));
        assertEquals("x on a; y on h", cluster.pass());
    }

    @Test
    void whoAsksForNoDeviceIsFreeOfAQuotaThatListsOnlyDevices() {
        cluster.with(node("a", 2), node("b", 0)).with(quota("red").gpus(0));
        cluster.waits(job("x").of("red").each(cpus(4)).pods(3));
        assertEquals("x on b b b", cluster.start());
        assertEquals(0, cluster.use("red").used());
    }

    @Test
    void coresAreLimitedWhereTheQuotaListsThem() {
        cluster.with(node("a", 2), node("b", 0))
                .with(quota("red").flavor("any").lists(GPU, 2).lists("cpu", 8));
        cluster.waits(
                job("x").of("red").each(cpus(4)).pods(3).at(1),
                job("y").of("red").each(cpus(4)).pods(2).at(2));
        assertEquals("y on b b", cluster.start());
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("x"));
        cluster.waits(job("z").of("red"));
        assertEquals("nobody", cluster.pass(), "a GPU is left, but no core");
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("z"));
    }

    @Test
    void aStoppedQuotaAdmitsNothingAndDisturbsNobody() {
        cluster.with(node("a", 2))
                .with(
                        quota("red").in("c").gpus(1).stopped(),
                        quota("blue").in("c").gpus(1));
        cluster.waits(
                job("x").of("red").each(cpus(1)).priority(5),
                job("y").of("blue").pods(2));
        assertEquals("y on a a", cluster.pass(), "what is its own may still be borrowed");
        assertEquals(PendingReason.QUOTA_STOPPED, cluster.refusal("x"));
        cluster.with(quota("red").in("c").gpus(1));
        assertEquals("x on a; y on a a", cluster.pass());
    }

    @Test
    void quotasThatContradictEachOtherAdmitNothing() {
        cluster.with(node("a", 4))
                .with(quota("red").gpus(4).alsoFor("blue"), quota("blue").gpus(4));
        cluster.waits(job("x").of("red"), job("y").of("blue"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.QUOTA_CONFLICT, cluster.refusal("x"));
        assertEquals(PendingReason.QUOTA_CONFLICT, cluster.refusal("y"));
        cluster.withoutQuota("red");
        assertEquals("y on a; x on a", cluster.pass(), "one namespace is under no quota any more");
    }

    @Test
    void aFlavorThatMeansTwoThingsInACohortIsAConflict() {
        cluster.with(node("a", 4))
                .with(
                        quota("red").in("c").flavor("fast", "gpu=h100").lists(GPU, 1),
                        quota("blue").in("c").flavor("fast", "gpu=a100").lists(GPU, 1));
        cluster.waits(job("x").of("red"), job("free"));
        assertEquals("free on a", cluster.pass());
        assertEquals(PendingReason.QUOTA_CONFLICT, cluster.refusal("x"));
    }

    @Test
    void aQuotaThatChangesCountsAsItIsNow() {
        cluster.with(node("a", 8)).with(quota("red").gpus(2));
        cluster.waits(job("x").of("red").pods(2));
        cluster.start();
        cluster.waits(job("y").of("red"));
        assertEquals("nobody", cluster.pass());
        cluster.with(quota("red").gpus(3));
        assertEquals("y on a", cluster.pass());
        cluster.with(quota("red").gpus(1));
        assertEquals("nobody", cluster.pass());
        assertEquals(2000, cluster.use("red").used(), "who runs goes on");
        assertEquals(0, cluster.use("red").borrowed(), "without a cohort nobody lends");
    }

    @Test
    void aQuotaIsChargedForPlacesUntilTheirPodsAreGone() {
        var x = job("x").of("red").pods(2);
        cluster.with(node("a", 2), node("b", 2)).with(quota("red").gpus(2));
        cluster.runs(x, "a", "a");
        assertEquals(2000, cluster.use("red").used(), "by the grant");
        cluster.bound(x, 0, "a");
        assertEquals(2000, cluster.use("red").used(), "by one pod and one place");
        cluster.bound(x, 1, "a").ends("x");
        assertEquals(2000, cluster.use("red").used(), "by two pods whose job has ended");
        cluster.waits(job("y").of("red"));
        assertEquals("nobody", cluster.pass());
        cluster.engine.removePod("x-0");
        assertEquals(1000, cluster.use("red").used());
        assertEquals("y on a", cluster.pass());
    }

    @Test
    void podsOfSomebodyElseInItsNamespaceAreChargedToAQuotaToo() {
        cluster.with(node("a", 4))
                .with(quota("red").gpus(2))
                .pod("red", "a", gpus(2))
                .pod("default", "a", gpus(1));
        cluster.waits(job("x").of("red"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("x"));
    }

    @Test
    void usageTellsWhatIsUsedBorrowedAndLent() {
        cluster.with(node("a", 8))
                .with(quota("red").in("c").gpus(2), quota("blue").in("c").gpus(4));
        cluster.waits(
                job("x").of("red").pods(3).at(1),
                job("y").of("red").at(2),
                job("z").of("blue").pods(5).at(3));
        assertEquals("x on a a a; y on a", cluster.start());
        assertEquals(
                new Usage("red", 0, 2, List.of(new Usage.Of("any", GPU, 2000, 4000, 2000, 0)), List.of()),
                cluster.usage("red"));
        assertEquals(
                new Usage("blue", 1, 0, List.of(new Usage.Of("any", GPU, 4000, 0, 0, 2000)), List.of()),
                cluster.usage("blue"));
    }

    @Test
    void usageTellsWhatNoNodeHasUntilOneHasIt() {
        cluster.with(quota("red")
                .flavor("h100", "gpu=h100")
                .lists("nvidia.com/gpuu", 8)
                .lists("cpu", 8)
                .flavor("a100", "gpu=a100")
                .lists(GPU, 8)
                .lists("cpu", 0));
        assertEquals(
                List.of("no node is of flavor h100, with gpu=h100", "no node is of flavor a100, with gpu=a100"),
                cluster.usage("red").missing());
        cluster.with(node("a", 4, "gpu=h100"), node("b", 0, "gpu=a100"));
        assertEquals(
                List.of(
                        "no node of flavor h100 has nvidia.com/gpuu: their devices are nvidia.com/gpu",
                        "no node of flavor a100 has nvidia.com/gpu: they have no devices"),
                cluster.usage("red").missing());
        cluster.with(offering(
                node("a", 0, "gpu=h100"), Resources.units("nvidia.com/gpuu", 1).plus(gpus(1))));
        cluster.with(node("b", 1, "gpu=a100"));
        assertEquals(List.of(), cluster.usage("red").missing());
        cluster.without("b");
        assertEquals(
                List.of("no node is of flavor a100, with gpu=a100"),
                cluster.usage("red").missing());
    }

    /** A long holds 8 Pi thousandths of a byte. */
    @Test
    void memoryIsCountedOnQuotasOfAnySize() {
        var each = Resources.asked(Map.of("memory", new Quantity("1Pi")));
        for (int i = 0; i < 6; i++) {
            cluster.with(offering(node("n" + i, 0), each.plus(each)));
        }
        cluster.with(quota("red").flavor("any").lists("memory", new Quantity("10Pi"), null, null));
        cluster.waits(
                job("x").of("red").pods(9).each(each).at(1),
                job("y").of("red").pods(2).each(each).at(2),
                job("z").of("red").pods(11).each(each).at(3));
        assertEquals("x on n0 n0 n1 n1 n2 n2 n3 n3 n4", cluster.start());
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("y"));
        assertTrue(
                cluster.why("y")
                        .contains(
                                "quota red has 9Pi of its 10Pi memory in use or kept for a job before, 1Pi more may be used now"),
                cluster.why("y"));
        assertEquals(PendingReason.NO_QUOTA_EVER, cluster.refusal("z"));
        assertTrue(
                cluster.why("z").contains("may never use more than 10Pi memory (10Pi of its own)"), cluster.why("z"));
        cluster.ends("x");
        assertEquals("y on n0 n0", cluster.pass());
    }

    private static Scenario.Quota twoFlavors(int h100, int a100) {
        return quota("red")
                .flavor("h100", "gpu=h100")
                .lists(GPU, h100)
                .flavor("a100", "gpu=a100")
                .lists(GPU, a100);
    }
}
