package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.cordoned;
import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.GPU;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.queue.PendingReason;
import org.junit.jupiter.api.Test;

/** Gangs whose pods have to be near each other. */
class TopologyTest {
    private final Scenario cluster = new Scenario();

    @Test
    void whereItIsRequiredAllPodsAreInOneDomain() {
        racks(3, 3, 2, 2).waits(job("x").pods(4).within("rack"));
        assertEquals("x on b1 b1 b2 b2", cluster.pass());
    }

    @Test
    void theSmallestDomainThatTakesTheWholeGangIsUsed() {
        racks(4, 4, 2, 1).waits(job("x").pods(3).within("rack"));
        assertEquals("x on b1 b1 b2", cluster.pass());
    }

    @Test
    void withinTheDomainBigHolesStayBig() {
        racks(8, 3, 0, 0).waits(job("x").pods(3).within("rack"));
        assertEquals("x on a2 a2 a2", cluster.pass());
    }

    @Test
    void roomThatIsNotTogetherIsNoUseWhereItIsRequired() {
        racks(1, 1, 1, 1)
                .pod("any", "a1", gpus(1))
                .waits(
                        job("x").pods(2).within("rack").at(1),
                        job("y").pods(2).within("rack").at(2));
        assertEquals("x on b1 b2", cluster.start());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("y"));
        racks(1, 1, 2, 2);
        cluster.waits(job("y").pods(2).within("rack")).pod("any", "b1", gpus(1));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_NOW, cluster.refusal("y"));
    }

    @Test
    void aGangThatIsBiggerThanAnyEmptyDomainIsRefusedForGood() {
        racks(2, 2, 2, 2).waits(job("x").pods(5).within("rack"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_EVER, cluster.refusal("x"));
    }

    @Test
    void nodesWithoutTheLabelAreInNoDomain() {
        cluster.with(node("a", 4), node("b", 2, "rack=r"))
                .waits(job("x").pods(3).within("rack"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_EVER, cluster.refusal("x"));
        cluster.waits(job("x").pods(2).within("rack"));
        assertEquals("x on b b", cluster.pass());
    }

    @Test
    void aLabelThatNoNodeHasMakesNoDomain() {
        racks(2, 2, 2, 2).waits(job("x").pods(2).within("block"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_EVER, cluster.refusal("x"));
        assertTrue(cluster.why("x").contains("even empty, no block has room for any"), cluster.why("x"));
    }

    @Test
    void whereItIsPreferredOneDomainIsUsedIfThereIsOne() {
        racks(1, 3, 2, 2).waits(job("x").pods(4).near("rack"));
        assertEquals("x on a2 a2 a2 a1", cluster.pass());
    }

    @Test
    void whereItIsPreferredAsFewDomainsAsCanBeAreUsed() {
        cluster.with(node("a", 2, "rack=a"), node("b", 5, "rack=b"), node("c", 3, "rack=c"))
                .waits(job("x").pods(7).near("rack"));
        assertEquals("x on b b b b b a a", cluster.pass(), "the biggest, and then the smallest that takes the rest");
    }

    @Test
    void whereItIsPreferredNodesWithoutTheLabelServeIfNothingElseIsLeft() {
        cluster.with(node("a", 2, "rack=a"), node("b", 2))
                .waits(job("x").pods(3).near("rack"));
        assertEquals("x on a a b", cluster.pass());
        cluster.waits(job("x").pods(5).near("rack"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_EVER, cluster.refusal("x"));
    }

    @Test
    void eachNodeIsADomainByItsHostname() {
        cluster.with(node("a", 2), node("b", 3, "kubernetes.io/hostname=b"))
                .waits(job("x").pods(3).within("kubernetes.io/hostname"));
        assertEquals("x on b b b", cluster.pass());
        cluster.waits(job("x").pods(2).within("kubernetes.io/hostname"));
        assertEquals("x on a a", cluster.pass(), "also one that was registered without the label");
        cluster.waits(job("x").pods(4).within("kubernetes.io/hostname"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_EVER, cluster.refusal("x"));
    }

    @Test
    void aDomainHasOnlyTheRoomThatTheGangMayUse() {
        racks(2, 2, 2, 2)
                .with(cordoned(node("a1", 2, "rack=a")))
                .waits(job("x").pods(3).within("rack").notOn("b1"));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_NOW, cluster.refusal("x"));
        cluster.waits(job("x").pods(3).within("rack"));
        assertEquals("x on b1 b1 b2", cluster.pass());
    }

    @Test
    void whatAGangOfThePassTookIsGoneFromTheDomain() {
        racks(2, 2, 2, 2)
                .waits(
                        job("x").pods(3).within("rack").at(1),
                        job("y").pods(3).within("rack").at(2),
                        job("z").pods(2).within("rack").at(3));
        assertEquals("x on a1 a1 a2; y on b1 b1 b2", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_NOW, cluster.refusal("z"));
    }

    @Test
    void theTopologyHoldsWithinTheFlavor() {
        cluster.with(node("a1", 2, "rack=a", "gpu=h100"), node("a2", 2, "rack=a"), node("b1", 2, "rack=b", "gpu=h100"));
        cluster.with(quota("red").flavor("h100", "gpu=h100").lists(GPU, 8));
        cluster.waits(
                job("x").of("red").pods(3).within("rack"),
                job("y").of("red").pods(2).within("rack"));
        assertEquals("y on a1 a1", cluster.pass());
        assertEquals(PendingReason.NO_DOMAIN_EVER, cluster.refusal("x"));
    }

    @Test
    void aLaterFlavorIsTriedWhereTheTopologyCannotBeHadInTheFirst() {
        cluster.with(
                node("a1", 1, "rack=a", "gpu=h100"),
                node("b1", 1, "rack=b", "gpu=h100"),
                node("c1", 2, "rack=c", "gpu=a100"));
        cluster.with(quota("red")
                .flavor("h100", "gpu=h100")
                .lists(GPU, 8)
                .flavor("a100", "gpu=a100")
                .lists(GPU, 8));
        cluster.waits(job("x").of("red").pods(2).within("rack"));
        assertEquals("x on c1 c1", cluster.pass());
        cluster.waits(job("x").of("red").pods(2).near("rack"));
        assertEquals("x on a1 b1", cluster.pass(), "preferred, the first flavor is good enough");
    }

    /** Nodes a1 and a2 in one rack, b1 and b2 in another, with so many GPUs. */
    private Scenario racks(int a1, int a2, int b1, int b2) {
        return cluster.with(
                node("a1", a1, "rack=a"), node("a2", a2, "rack=a"), node("b1", b1, "rack=b"), node("b2", b2, "rack=b"));
    }
}
