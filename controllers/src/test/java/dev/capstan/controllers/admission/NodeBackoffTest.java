package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.job;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.queue.PendingReason;
import org.junit.jupiter.api.Test;

/** Nodes that refused a pod though there was room by all that is known. */
class NodeBackoffTest {
    private final Scenario cluster = new Scenario();
    private int pods;

    @Test
    void aNodeThatRefusedAPodIsBarredForThatJobForAMinute() {
        cluster.with(node("a", 1));
        refused("x", "pod-1");
        cluster.waits(job("x").at(1));
        assertEquals("nobody", cluster.pass());
        assertEquals(PendingReason.NO_ROOM_NOW, cluster.refusal("x"));
        cluster.waits(job("y").at(2));
        assertEquals("y on a", cluster.pass());
        cluster.after(1);
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void othersOfItsNodesAreNotBarred() {
        cluster.with(node("a", 1), node("b", 1));
        cluster.runs(job("x").pods(2), "a", "b");
        cluster.engine.refused(new ClusterView.Seat("default", "x", 1, 0), "pod-1");
        cluster.ends("x").waits(job("x"));
        assertEquals("x on b", cluster.pass());
    }

    @Test
    void eachTimeItIsBarredTwiceAsLong() {
        cluster.with(node("a", 1));
        for (int minutes : new int[] {1, 2, 4, 8, 16, 32, 32}) {
            refused("x", "pod-" + ++pods);
            cluster.waits(job("x"));
            cluster.pass();
            cluster.after(minutes - 1);
            assertEquals("nobody", cluster.pass(), minutes + " minutes");
            cluster.after(1);
            assertEquals("x on a", cluster.start(), minutes + " minutes");
            cluster.ends("x");
        }
    }

    @Test
    void theSamePodToldOfAgainIsNoFurtherRefusal() {
        cluster.with(node("a", 1)).runs(job("x"), "a");
        for (int i = 0; i < 3; i++) {
            cluster.engine.refused(new ClusterView.Seat("default", "x", 1, 0), "pod-1");
        }
        cluster.ends("x").waits(job("x"));
        assertEquals("nobody", cluster.pass());
        cluster.after(1);
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void allPodsOfAGangThatMeetARefusalAtOnceAreOneRefusal() {
        cluster.with(node("a", 8)).runs(job("x").pods(8), "a", "a", "a", "a", "a", "a", "a", "a");
        for (int rank = 0; rank < 8; rank++) {
            cluster.engine.refused(new ClusterView.Seat("default", "x", 1, rank), "pod-" + rank);
        }
        cluster.ends("x").waits(job("x"));
        assertEquals("nobody", cluster.pass());
        cluster.after(1);
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aRefusalOfASeatThatNobodyWasGrantedBarsNothing() {
        cluster.with(node("a", 1)).runs(job("x"), "a");
        cluster.engine.refused(new ClusterView.Seat("default", "x", 2, 0), "pod-1");
        cluster.engine.refused(new ClusterView.Seat("default", "x", 1, 1), "pod-2");
        cluster.engine.refused(new ClusterView.Seat("default", "y", 1, 0), "pod-3");
        cluster.ends("x").waits(job("x"));
        assertEquals("x on a", cluster.pass());
    }

    @Test
    void aJobThatIsGoneIsForgotten() {
        cluster.with(node("a", 1));
        refused("x", "pod-1");
        cluster.engine.forget("x");
        cluster.waits(job("x"));
        assertEquals("x on a", cluster.pass());
    }

    /** A job was granted node a, which refused its pod, and gave its places back. */
    private void refused(String job, String pod) {
        cluster.runs(job(job), "a");
        cluster.engine.refused(new ClusterView.Seat("default", job, 1, 0), pod);
        cluster.ends(job);
    }
}
