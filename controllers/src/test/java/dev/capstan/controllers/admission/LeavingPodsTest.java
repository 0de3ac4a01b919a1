package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Nodes.notReady;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Grant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Pods end before their jobs are over, and outlive their grants: what they leave is kept for whoever waits for it. */
class LeavingPodsTest {
    private static final String NEXT = "; it is next: places are kept for it";

    private final Scenario cluster = new Scenario();

    @Test
    void whatAPodGivesBackBeforeItsJobIsOverIsKeptToo() {
        var one = job("one");
        var two = job("two");
        cluster.with(node("a", 3)).runs(one, "a").runs(two, "a");
        cluster.bound(one, 0, "a").bound(two, 0, "a");
        cluster.waits(job("big").pods(3).at(1), job("small").at(2));
        assertEquals("nobody", cluster.pass());
        cluster.finished(one, 0, "a");
        assertEquals("nobody", cluster.pass(), "one's GPU is free, and big waits only for that of two");
        cluster.ends("one");
        assertEquals("nobody", cluster.pass());
        cluster.finished(two, 0, "a");
        assertEquals("big on a a a", cluster.pass());
    }

    @Test
    void whatAPodGivesBackOfTheQuotaBeforeItsJobIsOverIsKeptToo() {
        var one = job("one").of("red");
        var two = job("two").of("red");
        cluster.with(node("a", 8), node("b", 2)).with(quota("red").gpus(3));
        cluster.runs(one, "b").runs(two, "b").bound(one, 0, "b").bound(two, 0, "b");
        cluster.waits(job("big").of("red").pods(3).at(1), job("small").of("red").at(2));
        assertEquals("nobody", cluster.pass());
        cluster.finished(one, 0, "b");
        assertEquals("nobody", cluster.pass(), "of red's three GPUs one is used, and two are kept");
        cluster.ends("one");
        assertEquals("nobody", cluster.pass());
        cluster.finished(two, 0, "b");
        assertEquals("big on a a a", cluster.pass());
    }

    @Test
    void podsThatOutliveTheirGrantAreWaitedForLikeAnyOther() {
        var u = job("u").pods(2);
        cluster.with(node("a", 4)).runs(u, "a", "a").bound(u, 0, "a").bound(u, 1, "a");
        cluster.waits(job("big").pods(4).at(1), job("small").at(2));
        assertEquals("nobody", cluster.pass());
        cluster.finished(u, 0, "a").ends("u");
        assertEquals("nobody", cluster.pass(), "one pod is on its way out");
        assertTrue(cluster.why("big").endsWith(NEXT), "nobody knows when it is gone: " + cluster.why("big"));
        cluster.gone(u, 1);
        assertEquals("big on a a a a", cluster.pass());
    }

    @Test
    void podsThatOutliveTheirGrantAreWaitedForOneByOne() {
        var u = job("u").pods(2);
        cluster.with(node("a", 4))
                .runs(u, "a", "a")
                .bound(u, 0, "a")
                .bound(u, 1, "a")
                .ends("u");
        cluster.waits(job("big").pods(4).at(1), job("small").at(2));
        assertEquals("nobody", cluster.pass());
        cluster.gone(u, 0);
        assertEquals("nobody", cluster.pass(), "three are free, and all are kept");
        cluster.gone(u, 1);
        assertEquals("big on a a a a", cluster.pass());
    }

    @Test
    void whatOnePodHasLeftIsNotGivenAwayForWhatOthersWill() {
        var u = job("u").pods(4);
        cluster.with(node("a", 2), node("b", 2), node("c", 1)).runs(u, "a", "a", "b", "b");
        for (int rank = 0; rank < 4; rank++) {
            cluster.bound(u, rank, rank < 2 ? "a" : "b");
        }
        cluster.ends("u").waits(job("big").pods(2).at(1), job("small").at(2));
        assertEquals("nobody", cluster.pass(), "c is kept, since it is there already");
        cluster.gone(u, 3);
        assertEquals("big on b c", cluster.pass());
    }

    @Test
    void aPodOnADeadNodeIsNotCountedOn() {
        var stuck = job("stuck").of("red").each(gpus(8));
        cluster.with(notReady(node("dead", 8))).bound(stuck, 0, "dead");
        checkOthersAreCountedOn();
    }

    @Test
    void aPodThatShouldBeGoneByNowIsNotCountedOn() {
        var stuck = job("stuck").of("red").each(gpus(8));
        cluster.with(node("c", 8)).terminating(stuck, 0, "c", 0).after(2);
        checkOthersAreCountedOn();
    }

    @Test
    void aPodThatWasToldToEndIsCountedOn() {
        var u = job("u");
        cluster.with(node("a", 2)).bound(u, 0, "a").terminating(u, 0, "a", 1);
        cluster.waits(job("big").pods(2).at(1), job("small").at(2));
        assertEquals("nobody", cluster.pass());
        assertTrue(cluster.why("big").endsWith(NEXT), cluster.why("big"));
    }

    /** Of red's 16 GPUs a pod that won't go has eight, and two jobs have four each. */
    private void checkOthersAreCountedOn() {
        cluster.with(node("a", 16)).with(quota("red").gpus(16));
        cluster.runs(job("j1").of("red").each(gpus(4)), "a")
                .runs(job("j2").of("red").each(gpus(4)), "a");
        cluster.waits(
                job("big").of("red").each(gpus(8)).at(1),
                job("small").of("red").each(gpus(4)).at(2));
        assertEquals("nobody", cluster.pass());
        cluster.ends("j1");
        assertEquals("nobody", cluster.pass());
        cluster.after(1);
        assertEquals("nobody", cluster.pass(), "decided anew, what j1 has left is kept still");
        cluster.ends("j2");
        assertEquals("big on a", cluster.pass());
    }

    @Test
    void podsOfAnEarlierAttemptAreWaitedForThoughTheJobHasAGrantAgain() {
        var u = job("u").atMost(60);
        cluster.with(node("a", 2), node("b", 1));
        cluster.bound(u, 0, "a");
        var first = u.grant(Scenario.START, "b");
        cluster.engine.put(
                new Grant(first.id(), 2, 0, first.podSets(), first.since(), Optional.empty(), first.savedAt()));
        cluster.waits(job("big").pods(2).at(1), job("small").at(2));
        assertEquals("nobody", cluster.pass());
        assertTrue(cluster.why("big").endsWith(NEXT), cluster.why("big"));
        cluster.gone(u, 0);
        assertEquals("big on a a", cluster.pass());
    }
}
