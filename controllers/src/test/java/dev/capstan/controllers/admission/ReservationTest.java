package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.cordoned;
import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.GPU;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PendingReason;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** TopologyFit that are kept for the gang that comes first, and who may use them in the meantime. */
class ReservationTest {
    private static final String HOSTNAME = "kubernetes.io/hostname";
    private static final String NEXT = "; it is next: places are kept for it";

    private final Scenario cluster = new Scenario();

    @Test
    void smallGangsDoNotKeepABigOneWaitingForever() {
        cluster.with(node("a", 2))
                .runs(job("u").atMost(60), "a")
                .waits(job("big").pods(2).at(1), job("small").at(2));
        assertEquals("nobody", cluster.pass());
        next("big", 60);
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("small"));
        assertTrue(cluster.why("small").contains("; places are kept for a job that comes first"), cluster.why("small"));
        cluster.ends("u");
        assertEquals("big on a a", cluster.pass());
    }

    @Test
    void whoWillHaveEndedBeforeMayUseKeptPlaces() {
        cluster.with(node("a", 2)).runs(job("u").atMost(60), "a");
        cluster.waits(
                job("big").pods(2).at(1),
                job("long").atMost(61).at(2),
                job("short").atMost(60).at(3));
        assertEquals("short on a", cluster.start());
        cluster.after(59).ends("short");
        assertEquals("nobody", cluster.pass(), "the long one would delay it still");
        cluster.ends("u");
        assertEquals("big on a a", cluster.pass());
    }

    @Test
    void nobodyMayUseThemWhileNobodyKnowsWhenItStarts() {
        cluster.with(node("a", 2))
                .runs(job("u"), "a")
                .waits(job("big").pods(2).at(1), job("short").atMost(1).at(2));
        assertEquals("nobody", cluster.pass());
        assertTrue(cluster.why("big").endsWith(NEXT), cluster.why("big"));
    }

    @Test
    void thoseWhoWerePlacedInTheSameCycleAreWaitedForAsWell() {
        cluster.with(node("a", 4));
        cluster.waits(
                job("first").at(1),
                job("big").pods(4).at(2),
                job("small").at(3),
                job("late").at(4));
        assertEquals("first on a", cluster.start(), "the others would delay the big one");
        assertTrue(cluster.why("big").endsWith(NEXT), cluster.why("big"));
        assertEquals("nobody", cluster.start());
        cluster.ends("first");
        assertEquals("big on a a a a", cluster.start());
    }

    @Test
    void whatIsKeptForOneThatWaitsForThemIsDecidedAnewByTheirGrants() {
        cluster.with(node("a", 4), node("b", 4)).runs(job("u").pods(4).atMost(60), "b", "b", "b", "b");
        cluster.waits(
                job("first").pods(2).atMost(30).at(1),
                job("big").pods(4).at(2),
                job("small").at(3));
        assertEquals("first on a a; small on a", cluster.start(), "b is enough for it");
        next("big", 60);
    }

    @Test
    void placesThatItHasNoUseForAreFree() {
        cluster.with(node("a", 2), node("b", 1, "gpu=old")).runs(job("u").atMost(60), "a");
        cluster.waits(
                job("big").pods(2).within(HOSTNAME).at(1),
                job("small").at(2),
                job("late").at(3));
        assertEquals("small on b", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("late"));
    }

    @Test
    void roomThatComesBackBeforeNeedNotBeKeptNow() {
        cluster.with(node("a", 4)).runs(job("u").pods(2).atMost(60), "a", "a");
        cluster.waits(job("big").pods(3).at(1), job("one").at(2), job("two").at(3));
        assertEquals("one on a", cluster.start(), "two come back: of the two that are free, one has to be kept");
        cluster.ends("u");
        assertEquals("big on a a a", cluster.pass());
    }

    @Test
    void placesOfThoseWhoEndAreTakenBeforeAnyThatAreIdle() {
        cluster.with(node("b", 2), node("a", 2)).with(quota("red").gpus(2));
        cluster.runs(job("u").of("red").pods(2), "a", "a");
        cluster.waits(job("r").of("red").pods(2).at(1), job("free").pods(2).at(2));
        assertEquals("free on b b", cluster.start(), "whenever u ends, r has its places");
        cluster.ends("u");
        assertEquals("r on a a", cluster.pass());
    }

    @Test
    void placesThatAreIdleAreKeptWhereTheOthersAreNotEnough() {
        cluster.with(node("b", 2), node("a", 2)).runs(job("u").pods(2).atMost(60), "a", "a");
        cluster.waits(job("x").pods(3).at(1), job("y").at(2));
        assertEquals("nobody", cluster.pass());
        next("x", 60);
        cluster.ends("u");
        assertEquals("x on b b a; y on a", cluster.pass());
    }

    @Test
    void thePlacesOfTheFirstToEndAreTaken() {
        cluster.with(node("a", 2), node("b", 2));
        cluster.runs(job("late").pods(2).atMost(90), "a", "a")
                .runs(job("soon").pods(2).atMost(30), "b", "b");
        cluster.waits(job("big").pods(2).at(1));
        cluster.pass();
        next("big", 30);
    }

    @Test
    void whoLacksMoreThanThatOthersEndKeepsNobodyElseFromIt() {
        cluster.with(node("a", 2), cordoned(node("b", 2))).runs(job("u").atMost(60), "a");
        cluster.waits(
                job("huge").pods(4).at(1),
                job("big").pods(2).at(2),
                job("small").at(3));
        assertEquals("nobody", cluster.pass());
        next("big", 60);
        cluster.ends("u");
        assertEquals("big on a a", cluster.pass());
    }

    @Test
    void placesAreKeptInTheFlavorWhoseNodesAreThere() {
        cluster.with(cordoned(node("h", 2, "gpu=h100")), node("a", 2, "gpu=a100"))
                .with(quota("red")
                        .flavor("h100", "gpu=h100")
                        .lists(GPU, 2)
                        .flavor("a100", "gpu=a100")
                        .lists(GPU, 2));
        cluster.runs(job("u").of("red").atMost(60), "a");
        cluster.waits(job("big").of("red").pods(2).at(1), job("small").of("red").at(2));
        assertEquals("nobody", cluster.pass());
        next("big", 60);
        cluster.ends("u");
        assertEquals("big on a a", cluster.pass());
    }

    @Test
    void aHigherPriorityThatArrivesUsesWhatIsKept() {
        cluster.with(node("a", 2))
                .runs(job("u").atMost(60), "a")
                .waits(job("big").pods(2).at(1));
        cluster.pass();
        cluster.waits(job("higher").priority(1).at(2));
        assertEquals("higher on a", cluster.start());
        assertEquals("nobody", cluster.pass());
        assertTrue(cluster.why("big").endsWith(NEXT), "nobody knows when the higher one ends: " + cluster.why("big"));
    }

    @Test
    void aHigherPriorityThatHasToWaitTakesOverWhatIsKept() {
        cluster.with(node("a", 3))
                .runs(job("u").atMost(60), "a")
                .waits(job("big").pods(3).at(1));
        cluster.pass();
        next("big", 60);
        cluster.waits(job("higher").pods(3).priority(1).at(2));
        assertEquals("nobody", cluster.pass());
        next("higher", 60);
        assertFalse(cluster.why("big").contains(NEXT), cluster.why("big"));
    }

    @Test
    void theFirstOfEachQuotaHasPlacesKept() {
        cluster.with(node("a", 2), node("b", 2))
                .with(quota("red").gpus(4), quota("blue").gpus(4));
        cluster.runs(job("u").atMost(60), "a").runs(job("v").atMost(90), "b");
        cluster.waits(
                job("r").of("red").pods(2).within(HOSTNAME).at(1),
                job("r2").of("red").pods(2).within(HOSTNAME).notOn("a").at(2),
                job("b").of("blue").pods(2).within(HOSTNAME).notOn("a").at(3),
                job("small").of("blue").at(4));
        assertEquals("nobody", cluster.pass());
        next("r", 60);
        next("b", 90);
        assertFalse(cluster.why("r2").contains(NEXT), cluster.why("r2"));
    }

    @Test
    void whatOneWaitsForAnotherDoesNotCountOn() {
        cluster.with(node("a", 5)).with(quota("red").gpus(5), quota("blue").gpus(5));
        cluster.runs(job("u").pods(2).atMost(60), "a", "a")
                .runs(job("v").pods(2).atMost(90), "a", "a");
        cluster.waits(
                job("r").of("red").pods(3).at(1), job("b").of("blue").pods(2).at(2));
        assertEquals("nobody", cluster.pass());
        next("r", 60);
        next("b", 90);
    }

    @Test
    void theFirstOfEachFlavorHasPlacesKept() {
        cluster.with(node("h", 2, "gpu=h100"), node("a", 2, "gpu=a100"));
        cluster.with(quota("red")
                .flavor("h100", "gpu=h100")
                .lists(GPU, 2)
                .flavor("a100", "gpu=a100")
                .lists(GPU, 2));
        cluster.runs(job("u").of("red").atMost(60), "h").runs(job("v").of("red").atMost(90), "a");
        cluster.waits(
                job("any").of("red").pods(2).at(1),
                job("old").of("red").pods(2).on("gpu=a100").at(2),
                job("small").of("red").at(3));
        assertEquals("nobody", cluster.pass());
        next("any", 60);
        next("old", 90);
    }

    @Test
    void ofAQuotaItsOwnIsKept() {
        cluster.with(node("a", 8))
                .with(quota("red").in("c").gpus(2), quota("blue").in("c").gpus(2));
        cluster.runs(job("u").of("red").atMost(60), "a")
                .runs(job("v").of("blue").pods(2), "a", "a");
        // Of red's own 2 one is used; r gets it when u has ended, so that the other must not be borrowed.
        cluster.waits(
                job("r").of("red").pods(2).at(1),
                job("b").of("blue").at(2),
                job("c").of("blue").atMost(60).at(3));
        assertEquals("c on a", cluster.pass(), "but by who gives it back in time");
        next("r", 60);
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("b"));
        cluster.waitsNoMore("r");
        assertEquals("b on a", cluster.pass());
    }

    @Test
    void whatOneOfItsQuotaUsesMeanwhileDoesNotCountAsComingBack() {
        cluster.with(node("a", 16)).with(quota("red").gpus(10));
        cluster.runs(job("u").of("red").pods(6).atMost(60), "a", "a", "a", "a", "a", "a");
        cluster.waits(job("r").of("red").pods(8).atMost(90).at(1));
        assertEquals("nobody", cluster.pass());
        next("r", 60);
        // Two of the quota's ten will be left over when r has started.
        cluster.waits(
                job("x").of("red").at(2),
                job("y").of("red").at(3),
                job("z").of("red").at(4));
        assertEquals("x on a; y on a", cluster.start());
        assertEquals("nobody", cluster.start(), "that was all, in the next pass too");
        cluster.ends("u");
        assertEquals("r on a a a a a a a a", cluster.start());
    }

    @Test
    void whatWasGivenBackIsKept() {
        cluster.with(node("a", 16), node("b", 5), node("c", 5))
                .with(quota("red").gpus(10));
        cluster.runs(job("u").of("red").pods(5).atMost(60), "b", "b", "b", "b", "b")
                .runs(job("v").of("red").pods(5).atMost(50), "c", "c", "c", "c", "c");
        // It waits for quota alone: there is room on a.
        cluster.waits(
                job("r").of("red").pods(8).within(HOSTNAME).at(1),
                job("x").of("red").pods(5).at(2));
        assertEquals("nobody", cluster.pass());
        next("r", 60);
        cluster.ends("v");
        assertEquals("nobody", cluster.pass(), "five are free now, and r needs three of them");
        cluster.ends("u");
        assertEquals("r on a a a a a a a a", cluster.start());
    }

    @Test
    void itsOwnIsGatheredForAGangHoweverLittleOthersWouldBorrow() {
        cluster.with(node("a", 16))
                .with(quota("red").in("c").gpus(4), quota("blue").in("c").gpus(4));
        for (var name : new String[] {"u1", "u2", "u3", "u4"}) {
            cluster.runs(job(name).of("red"), "a");
        }
        cluster.runs(job("v").of("blue").pods(4), "a", "a", "a", "a");
        cluster.waits(job("r").of("red").pods(4).at(1), job("b").of("blue").at(0));
        for (var name : new String[] {"u1", "u2", "u3"}) {
            cluster.ends(name).after(1);
            assertEquals("nobody", cluster.pass(), "after " + name);
        }
        cluster.ends("u4");
        assertEquals("r on a a a a", cluster.pass());
    }

    @Test
    void whatWouldHaveToBeBorrowedIsNotKept() {
        cluster.with(node("a", 8))
                .with(quota("red").in("c").gpus(2), quota("blue").in("c").gpus(2));
        cluster.runs(job("u").of("red").atMost(60), "a")
                .waits(job("r").of("red").pods(4).at(1));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("r"));
        assertFalse(cluster.why("r").contains(NEXT), cluster.why("r"));
        cluster.waits(job("b").of("blue").pods(3).at(2));
        assertEquals("b on a a a", cluster.pass());
    }

    @Test
    void aGangThatWaitsForItsQuotaOnlyLeavesTheNodesOfItsFutureToWhoWillBeGone() {
        cluster.with(node("a", 2)).with(quota("red").gpus(1));
        cluster.runs(job("u").of("red").atMost(60), "a");
        cluster.waits(job("r").of("red").at(1), job("short").atMost(60).at(2));
        assertEquals("short on a", cluster.pass());
    }

    @Test
    void whoCanNeverStartHasNothingKept() {
        cluster.with(node("a", 2, "rack=a"), node("b", 2, "rack=b"))
                .with(quota("red").gpus(2), quota("blue").gpus(9).stopped());
        cluster.runs(job("u").atMost(60), "a");
        cluster.waits(
                job("too big").pods(5).at(1),
                job("too big for a rack").pods(3).within("rack").at(2),
                job("too much").of("red").pods(3).at(3),
                job("stopped").of("blue").pods(4).at(4),
                job("no flavor")
                        .of("red")
                        .each(Resources.units("google.com/tpu", 1))
                        .at(5),
                job("small").pods(3).at(6));
        assertEquals("small on b b a", cluster.pass());
    }

    @Test
    void whatIsKeptInADomainIsKeptTogether() {
        cluster.with(
                node("a1", 1, "rack=a"), node("a2", 1, "rack=a"), node("b1", 1, "rack=b"), node("b2", 1, "rack=b"));
        cluster.runs(job("u").atMost(60), "a1").runs(job("v").atMost(30), "b1");
        cluster.waits(job("pair").pods(2).within("rack").at(1), job("x").at(2), job("y").at(3));
        assertEquals("x on a2", cluster.pass(), "b2 is kept, for b1 is free first");
        next("pair", 30);
    }

    @Test
    void whoStartedLaterIsNotWaitedForWhileNobodyKnowsWhoEndsFirst() {
        cluster.with(node("a", 2), node("b", 2)).runs(job("y"), "a").runs(job("z"), "b");
        cluster.waits(job("pair").pods(2).within(HOSTNAME).at(1));
        assertEquals("nobody", cluster.pass());
        cluster.after(1).waits(job("k").at(2));
        assertEquals("k on b", cluster.start(), "y is counted on, on a");
        cluster.after(1).ends("z").waits(job("l").at(3));
        assertEquals("l on b", cluster.start(), "y is still counted on, not k");
        cluster.ends("y");
        assertEquals("pair on a a", cluster.pass());
    }

    @Test
    void aNodeThatIsKeptAndGoneIsReplaced() {
        cluster.with(node("a", 2), node("b", 2)).runs(job("u").atMost(60), "a").runs(job("v").atMost(90), "b");
        cluster.waits(job("pair").pods(2).within(HOSTNAME));
        cluster.pass();
        next("pair", 60);
        cluster.with(cordoned(node("a", 2)));
        assertEquals("nobody", cluster.pass());
        next("pair", 90);
    }

    @Test
    void aJobThatEndsSoonerThanThoughtLetsItStartSooner() {
        cluster.with(node("a", 3)).runs(job("u").atMost(60), "a").runs(job("v").atMost(90), "a");
        cluster.waits(job("pair").pods(2).at(1), job("small").at(2));
        assertEquals("nobody", cluster.pass());
        cluster.ends("v");
        assertEquals("pair on a a", cluster.pass());
    }

    @Test
    void aJobThatTakesLongerThanThoughtKeepsItsPlacesAndWhatIsKeptStaysKept() {
        cluster.with(node("a", 2))
                .runs(job("u").atMost(60), "a")
                .waits(job("big").pods(2).at(1), job("short").atMost(1).at(2));
        assertEquals("short on a", cluster.start());
        cluster.ends("short").after(120).waits(job("short").atMost(1).at(2));
        assertEquals("nobody", cluster.pass(), "it may start any moment");
    }

    @Test
    void whenAJobWillEndAtAnotherTimeTheStartMoves() {
        cluster.with(node("a", 3))
                .runs(job("u").atMost(60), "a")
                .runs(job("v").pods(2).atMost(90), "a", "a");
        cluster.waits(job("x"));
        cluster.pass();
        next("x", 60);
        cluster.runs(job("u").atMost(120), "a").after(1);
        cluster.pass();
        next("x", 90);
        cluster.ends("v");
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aGangThatIsGoneLeavesNothingKept() {
        cluster.with(node("a", 2))
                .runs(job("u").atMost(60), "a")
                .waits(job("big").pods(2).at(1), job("small").at(2));
        cluster.pass();
        cluster.waitsNoMore("big");
        assertEquals("small on a", cluster.pass());
    }

    private void next(String job, int minutes) {
        var expected = NEXT + ", expected to start " + Shortage.at(Scenario.START.plus(Duration.ofMinutes(minutes)));
        assertTrue(cluster.why(job).endsWith(expected), cluster.why(job));
    }
}
