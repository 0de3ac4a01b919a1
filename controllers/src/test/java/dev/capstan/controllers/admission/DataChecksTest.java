package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Scenario.cpus;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PendingReason;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Data checks in the queue: one pod each, without devices. Nodes have 16 cores, and a GPU comes with one. */
class DataChecksTest {
    private static final int MANY = 1000;

    private final Scenario cluster = new Scenario();

    @Test
    void aThousandChecksAreGrantedInOrderAsRoomComes() {
        cluster.with(node("a", 0), node("b", 0));
        many(0);
        var granted = started();
        assertEquals(IntStream.range(0, 32).mapToObj(DataChecksTest::name).toList(), granted, "two nodes of 16 cores");
        assertEquals(List.of(), started());
        assertTrue(cluster.why(name(32)).startsWith("needs 1 pod of 1 cpu"), cluster.why(name(32)));
        assertTrue(cluster.why(name(999)).contains("; place 968 of 968 in the queue"), cluster.why(name(999)));
        for (int next = 32; next < MANY; next += 4) {
            granted.subList(0, 4).forEach(cluster::ends);
            granted.subList(0, 4).clear();
            var came = started();
            assertEquals(
                    IntStream.range(next, next + 4)
                            .mapToObj(DataChecksTest::name)
                            .toList(),
                    came);
            granted.addAll(came);
        }
    }

    @Test
    void aThousandChecksLeaveTheNodesOfAGangThatComesBeforeThem() {
        cluster.with(node("a", 16), node("b", 16)).runs(job("u").each(gpus(16)), "a");
        cluster.waits(job("gang").each(gpus(16)).pods(2).at(1));
        many(2);
        assertEquals(List.of(), started(), "node b is idle, and kept");
        assertTrue(cluster.engine.isNext("gang"));
        assertTrue(cluster.why(name(0)).contains("; places are kept for a job that comes first"), cluster.why(name(0)));
        cluster.ends("u");
        assertEquals(List.of("gang"), started());
        cluster.ends("gang");
        assertEquals(32, started().size());
    }

    @Test
    void ofThoseThatCameBeforeAGangNoneIsPassedOverAndNoneAfterItGoesFirst() {
        cluster.with(node("a", 16));
        cluster.waits(
                check("one").at(1),
                job("gang").each(gpus(8)).pods(2).at(2),
                check("two").at(3));
        assertEquals("one on a", cluster.start(), "and the rest is kept for the gang");
        assertTrue(cluster.engine.isNext("gang"));
        cluster.ends("one");
        assertEquals("gang on a a", cluster.start(), "as soon as the one before it has ended");
        assertEquals("nobody", cluster.start());
    }

    @Test
    void aCheckThatWaitsIsNextNoLongerThanUntilItHasItsPlace() {
        cluster.with(node("a", 16)).runs(job("u").each(gpus(8)), "a").runs(job("v").each(gpus(8)), "a");
        cluster.waits(
                check("one").at(1),
                job("gang").each(gpus(8)).pods(2).at(2),
                check("two").at(3));
        assertEquals("nobody", cluster.start());
        assertTrue(cluster.engine.isNext("one"));
        cluster.ends("u");
        assertEquals("one on a", cluster.start());
        assertTrue(cluster.engine.isNext("gang"), "no other check takes what comes back");
        cluster.ends("v").ends("one");
        assertEquals("gang on a a", cluster.start());
    }

    @Test
    void checksFillWhatAGangHasNoUseFor() {
        cluster.with(node("a", 8)).runs(job("u").pods(4), "a", "a", "a", "a");
        cluster.waits(job("gang").pods(8).at(1));
        many(2);
        assertEquals(8, started().size(), "of 16 cores 4 are taken and come back, and 4 more are kept for the gang");
    }

    @Test
    void aQuotaOfGpusLeavesChecksToTheRoomOfNodes() {
        cluster.with(node("a", 4)).with(quota("red").gpus(1)).runs(job("u").of("red"), "a");
        cluster.waits(job("gang").of("red").at(1), check("one").of("red").at(2));
        assertEquals("one on a", cluster.start());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("gang"));
        assertEquals(1, cluster.use("red").used() / 1000, "it is charged nothing");
    }

    @Test
    void aQuotaOfCoresIsChargedForThem() {
        cluster.with(node("a", 4))
                .with(quota("red").flavor("any").lists(Scenario.GPU, 4).lists("cpu", 2));
        cluster.waits(
                check("one").of("red").at(1),
                check("two").of("red").at(2),
                check("three").of("red").at(3));
        assertEquals("one on a; two on a", cluster.start());
        assertEquals(PendingReason.NO_QUOTA_NOW, cluster.refusal("three"));
        cluster.ends("one");
        assertEquals("three on a", cluster.start());
    }

    @Test
    void aQuotaThatAdmitsNothingAdmitsNoCheck() {
        cluster.with(node("a", 4)).with(quota("red").gpus(4).stopped());
        cluster.waits(check("one").of("red"));
        assertEquals("nobody", cluster.start());
        assertEquals(PendingReason.QUOTA_STOPPED, cluster.refusal("one"));
    }

    @Test
    void priorityCountsForThemToo() {
        cluster.with(node("a", 0)).pod("else", "a", cpus(15));
        cluster.waits(check("old").at(1), check("urgent").priority(5).at(2));
        assertEquals("urgent on a", cluster.start());
    }

    @Test
    void itsPlaceIsItsPodsUntilThePodHasEnded() {
        cluster.with(node("a", 0)).pod("else", "a", cpus(15));
        var one = check("one").at(1);
        cluster.waits(one, check("two").at(2));
        assertEquals("one on a", cluster.start());
        cluster.bound(one, 0, "a");
        assertEquals("nobody", cluster.pass(), "it counts once, and it counts");
        cluster.finished(one, 0, "a");
        assertEquals("two on a", cluster.start(), "whether or not its job has gone on yet");
    }

    private void many(int from) {
        for (int number = 0; number < MANY; number++) {
            cluster.waits(check(name(number)).at(from + number));
        }
    }

    private static String name(int number) {
        return "check-%04d".formatted(number);
    }

    /** Who was granted a place now. */
    private List<String> started() {
        var granted = new ArrayList<String>();
        var said = cluster.start();
        if (!said.equals("nobody")) {
            for (var each : said.split("; ")) {
                granted.add(each.substring(0, each.indexOf(' ')));
            }
        }
        return granted;
    }

    private static Scenario.Job check(String name) {
        return job(name).each(Resources.units("cpu", 1));
    }
}
