package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.job;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Not all who have places are granted them at once. */
class PaceTest {
    private static final int MOST = Engine.MOST_UNDER_WAY;

    private final Scenario cluster = new Scenario().with(node("a", 100));

    PaceTest() {
        for (int i = 0; i < MOST / 10; i++) {
            cluster.with(node("n" + i, 100));
        }
    }

    @Test
    void soManyPodsMayBeUnderWayAndNoMore() {
        cluster.waits(job("x").pods(MOST - 2).at(1), job("y").pods(2).at(2), job("z").at(3));
        assertEquals("x y", granted());
    }

    @Test
    void whoComesLaterDoesNotSlipPast() {
        cluster.waits(job("x").pods(MOST - 1).at(1), job("y").pods(2).at(2), job("z").at(3));
        assertEquals("x", granted());
    }

    @Test
    void aGangThatIsBiggerGoesAlone() {
        cluster.waits(job("x").pods(MOST + 1).at(1), job("y").at(2));
        assertEquals("x", granted());
        cluster.waitsNoMore("x")
                .runs(job("u"), "a")
                .waits(job("big").pods(MOST + 1).at(0));
        assertEquals("", granted(), "not while another is under way");
        cluster.bound(job("u"), 0, "a");
        assertEquals("big", granted());
    }

    @Test
    void podsThatAreThereMakeWay() {
        var u = job("u").pods(2);
        cluster.runs(u, "a", "a").waits(job("x").pods(MOST - 1));
        assertEquals("", granted());
        cluster.bound(u, 1, "a");
        assertEquals("x", granted());
    }

    @Test
    void whoEndsMakesWay() {
        cluster.runs(job("u").pods(2), "a", "a").waits(job("x").pods(MOST - 1));
        cluster.ends("u");
        assertEquals("x", granted());
    }

    @Test
    void whoHasTroubleKeepsNobodyWaitingForLong() {
        cluster.runs(job("u").pods(2), "a", "a").waits(job("x").pods(MOST - 1));
        cluster.after(1);
        assertEquals("x", granted());
    }

    private String granted() {
        return cluster.paced().stream().map(placed -> placed.id().name()).collect(Collectors.joining(" "));
    }
}
