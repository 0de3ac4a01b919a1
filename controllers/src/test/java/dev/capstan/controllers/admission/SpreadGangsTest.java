package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Gangs whose workers and spares are divided among the values of a label. */
class SpreadGangsTest {
    private static final String HOST = "kubernetes.io/hostname";

    private final Scenario cluster = new Scenario();

    @Test
    void aGangIsDividedEvenlyAndNotPackedTogether() {
        cluster.with(node("a", 4, "zone=x"), node("b", 4, "zone=x"), node("c", 4, "zone=y"), node("d", 4, "zone=z"));
        cluster.waits(job("close").pods(3));
        assertEquals("close on a a a", cluster.start());
        cluster.ends("close").waits(job("apart").pods(3).apartBy("zone"));
        assertEquals("apart on a c d", cluster.start());
        cluster.ends("apart").waits(job("hosts").pods(5).apartBy(HOST));
        assertEquals("hosts on a b c d a", cluster.start());
    }

    @Test
    void whereThereIsNoRoomApartItStartsAllTheSame() {
        cluster.with(node("a", 3, "zone=x"), node("b", 1, "zone=y"));
        cluster.waits(job("apart").pods(4).apartBy("zone"));
        assertEquals("apart on b a a a", cluster.start());
    }

    @Test
    void whereItHasToBeInOneDomainItIsDividedWithin() {
        cluster.with(node("a", 4, "rack=r"), node("b", 4, "rack=r"), node("c", 1, "rack=s"));
        cluster.waits(job("apart").pods(2).within("rack").apartBy(HOST));
        assertEquals("apart on a b", cluster.start());
    }

    /** A lost one's place doesn't count, and those of spares do: the next goes to where the fewest are. */
    @Test
    void aPodThatReplacesAnotherKeepsTheSpread() {
        cluster.with(node("a", 4, "zone=x"), node("b", 4, "zone=y"), node("c", 4, "zone=z"), node("d", 4, "zone=z"));
        cluster.waits(job("apart").pods(3).apartBy("zone")).start();
        cluster.without("c").givesBack("apart", "worker", 2);
        cluster.waits(job("apart").pods(3).apartBy("zone"));
        assertEquals("apart also on d", cluster.start());
        cluster.without("d").givesBack("apart", "worker", 2);
        cluster.waits(job("apart").pods(3).apartBy("zone"));
        assertEquals("apart also on a", cluster.start(), "as evenly as there is room for");
    }

    @Test
    void whatSparesTakeIsChargedAndTheGangWaitsForAllOfIt() {
        cluster.with(node("a", 8)).with(quota("red").gpus(2));
        var workersAndSpare = job("x").of("red").pods(3);
        cluster.waits(workersAndSpare);
        assertEquals("nobody", cluster.start());
        cluster.with(quota("red").gpus(3));
        assertEquals("x on a a a", cluster.start());
        assertEquals(3000, cluster.use("red").used());
    }
}
