package dev.capstan.controllers.admission;

import static dev.capstan.controllers.admission.Nodes.node;
import static dev.capstan.controllers.admission.Nodes.offering;
import static dev.capstan.controllers.admission.Scenario.GPU;
import static dev.capstan.controllers.admission.Scenario.gpus;
import static dev.capstan.controllers.admission.Scenario.job;
import static dev.capstan.controllers.admission.Scenario.quota;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.Workload;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a person is told who asks why a job waits. */
class ExplanationTest {
    private static final String ONE = "needs 1 pod of 1 nvidia.com/gpu, 1 cpu";
    private static final String TWO = "needs 2 pods of 1 nvidia.com/gpu, 1 cpu each";

    private final Scenario cluster = new Scenario();

    @Test
    void whoIsNextHearsWhenItIsExpectedToStart() {
        cluster.with(node("a", 2)).runs(job("u").atMost(60), "a").waits(job("x").pods(2));
        told(
                "x",
                TWO
                        + "; 1 node has room for 1 now (free: 1 of 2 nvidia.com/gpu, 15 of 16 cpu); place 1 of 1 in the queue"
                        + "; it is next: places are kept for it, expected to start about 2026-01-01T01:01:00Z");
    }

    @Test
    void whoIsNotNextHearsBeforeWhenItCannotStart() {
        cluster.with(node("a", 2)).runs(job("u").atMost(60), "a").runs(job("v").atMost(90), "a");
        cluster.waits(job("x").at(1), job("y").at(2));
        told(
                "y",
                ONE
                        + "; 1 node has room for none now (free: 0 of 2 nvidia.com/gpu, 14 of 16 cpu); place 2 of 2 in the queue"
                        + "; not before about 2026-01-01T01:01:00Z");
    }

    @Test
    void nothingIsForetoldWhereNobodyKnowsWhenJobsEnd() {
        cluster.with(node("a", 1)).runs(job("u"), "a").waits(job("x").at(1), job("y").at(2));
        told(
                "y",
                ONE
                        + "; 1 node has room for none now (free: 0 of 1 nvidia.com/gpu, 15 of 16 cpu); place 2 of 2 in the queue");
    }

    @Test
    void whatIsKeptForAnotherIsSaidToBe() {
        cluster.with(node("a", 2))
                .runs(job("u").atMost(60), "a")
                .waits(job("x").pods(2).at(1), job("y").at(2));
        told(
                "y",
                ONE + "; 1 node has room for none now (free: 0 of 2 nvidia.com/gpu, 14 of 16 cpu)"
                        + "; places are kept for a job that comes first; place 2 of 2 in the queue"
                        + "; not before about 2026-01-01T01:01:00Z");
    }

    @Test
    void podsThatNobodyHasAnyMoreAreNamedWithTheDevicesThatTheyHold() {
        cluster.with(node("a", 2), node("b", 0))
                .stray("team", "mnist-tj-1-worker-0-0", "a", gpus(2))
                .stray("team", "of-no-use", "b", Resources.units("cpu", 1));
        cluster.waits(job("x"));
        told(
                "x",
                ONE
                        + "; 2 nodes have room for none now (free: 0 of 2 nvidia.com/gpu, 29 of 32 cpu); of no job or service any"
                        + " more, and still there: pod team/mnist-tj-1-worker-0-0 on a with 2 nvidia.com/gpu;"
                        + " place 1 of 1 in the queue");
    }

    @Test
    void whoLacksADomainHearsWhatTheBiggestHas() {
        cluster.with(node("a", 2, "rack=r1"), node("b", 2, "rack=r2"))
                .pod("any", "a", gpus(1))
                .pod("any", "b", gpus(1));
        cluster.waits(job("x").pods(2).within("rack"));
        told(
                "x",
                TWO
                        + "; 2 nodes have room for 2 together now, but no rack has room for more than 1 (r1); place 1 of 1 in the queue");
        cluster.waits(job("x").pods(3).within("rack"));
        told(
                "x",
                "needs 3 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, no rack has room for more than 2 (r1); place 1 of 1 in the queue");
    }

    @Test
    void whoIsNextForADomainHearsWhatItLacksAndNotWhatIsKeptForItself() {
        cluster.with(node("a", 2, "rack=r1"), node("b", 2, "rack=r2"));
        cluster.runs(job("u").atMost(60), "a")
                .runs(job("v").atMost(90), "b")
                .waits(job("x").pods(2).within("rack"));
        told(
                "x",
                TWO
                        + "; 2 nodes have room for 2 together now, but no rack has room for more than 1 (r1); place 1 of 1 in the queue"
                        + "; it is next: places are kept for it, expected to start about 2026-01-01T01:01:00Z");
    }

    @Test
    void aTopologyThatTheUserDidNotAskForIsExplained() {
        var x = job("x").pods(3).workload();
        var topology = new Workload.Topology("rack", true, Optional.of("its volume can be mounted in one rack alone"));
        cluster.with(node("a", 2, "rack=r1"), node("b", 2, "rack=r2"));
        cluster.engine.put(
                new Workload(x.id(), 1, 0, x.createdAt(), x.podSets(), Optional.of(topology), Optional.empty()));
        told(
                "x",
                "needs 3 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, no rack has room for more than 2 (r1)"
                        + "; its volume can be mounted in one rack alone; place 1 of 1 in the queue");
    }

    @Test
    void whoLacksQuotaHearsWhatIsUsedAndWhatIsLeft() {
        cluster.with(node("a", 8))
                .with(
                        quota("red").in("c").gpus(3, 1, null),
                        quota("blue").in("c").gpus(2));
        cluster.runs(job("u").of("red").pods(3).atMost(60), "a", "a", "a");
        cluster.waits(job("x").of("red").pods(2));
        told(
                "x",
                TWO
                        + "; quota red has 3 of its 3 nvidia.com/gpu in use or kept for a job before, 1 more may be used now in flavor any"
                        + "; place 1 of 1 in the queue of quota red"
                        + "; it is next: places are kept for it, expected to start about 2026-01-01T01:01:00Z");
        cluster.waits(job("y").of("red").pods(4).at(1));
        told(
                "y",
                "needs 4 pods of 1 nvidia.com/gpu, 1 cpu each; quota red has 3 of its 3 nvidia.com/gpu in use or kept for a job before,"
                        + " 1 more may be used now in flavor any; place 2 of 2 in the queue of quota red; not before about 2026-01-01T01:01:00Z");
        cluster.waits(job("x").of("red").pods(5));
        told(
                "x",
                "needs 5 pods of 1 nvidia.com/gpu, 1 cpu each; quota red may never use more than 4 nvidia.com/gpu (3 of its own) in flavor any"
                        + "; place 1 of 2 in the queue of quota red");
    }

    @Test
    void whoIsKeptByAnAdminHearsByWhat() {
        cluster.with(node("a", 8))
                .with(
                        quota("red").gpus(3).stopped(),
                        quota("blue").gpus(1).alsoFor("green"),
                        quota("green").gpus(1));
        cluster.waits(job("x").of("red"), job("y").of("blue"));
        told(
                "x",
                ONE
                        + "; quota red admits nothing: an admin has set its stopPolicy; place 1 of 1 in the queue of quota red");
        told(
                "y",
                ONE
                        + "; quota blue admits nothing: namespace green is claimed by GPUQuota green as well: leave it to one of them"
                        + "; place 1 of 1 in the queue of quota blue");
    }

    @Test
    void whoAsksForADeviceThatTheQuotaDoesNotListHearsWhich() {
        cluster.with(node("a", 8)).with(quota("red").gpus(3));
        cluster.waits(job("x").of("red").each(gpus(1).plus(Resources.units("rdma/ib", 1))));
        told(
                "x",
                "needs 1 pod of 1 nvidia.com/gpu, 1 rdma/ib, 1 cpu; no flavor of quota red lists all of nvidia.com/gpu, rdma/ib"
                        + "; place 1 of 1 in the queue of quota red");
    }

    @Test
    void ofSeveralFlavorsTheOneNearestToAStartIsExplained() {
        cluster.with(node("h", 2, "gpu=h100"), node("a", 2, "gpu=a100"));
        cluster.with(quota("red")
                .flavor("h100", "gpu=h100")
                .lists(GPU, 1)
                .flavor("a100", "gpu=a100")
                .lists(GPU, 2));
        cluster.runs(job("u").of("default").pods(1), "a")
                .waits(job("x").of("red").pods(2));
        told(
                "x",
                TWO
                        + "; 1 node has room for 1 now (free: 1 of 2 nvidia.com/gpu, 15 of 16 cpu); of the others, 1 is of another flavor"
                        + "; place 1 of 1 in the queue of quota red; it is next: places are kept for it");
    }

    @Test
    void aNodeOnWhichTooMuchIsTakenOwesOthersNothing() {
        cluster.with(node("a", 4), node("b", 2)).pod("any", "a", gpus(4)).with(node("a", 1));
        cluster.waits(job("x").pods(3));
        told(
                "x",
                "needs 3 pods of 1 nvidia.com/gpu, 1 cpu each; 2 nodes have room for 2 together now"
                        + " (free: 2 of 3 nvidia.com/gpu, 28 of 32 cpu); place 1 of 1 in the queue");
    }

    @Test
    void partsOfCoresAreAddedUp() {
        var each = Resources.asked(Map.of("cpu", new Quantity("1500m")));
        cluster.with(node("a", 0), node("b", 0))
                .pod("any", "a", each)
                .pod("any", "b", each)
                .pod("any", "b", each);
        cluster.waits(job("x").each(each).pods(20));
        told(
                "x",
                "needs 20 pods of 1500m cpu each; 2 nodes have room for 17 together now (free: 27500m of 32 cpu)"
                        + "; place 1 of 1 in the queue");
    }

    @Test
    void theMemoryOfManyNodesIsAddedUp() {
        var memory = Resources.asked(Map.of("memory", new Quantity("2Pi")));
        for (int i = 0; i < 8; i++) {
            cluster.with(offering(node("n" + i, 0), memory));
        }
        cluster.waits(job("x").each(memory).pods(9));
        told(
                "x",
                "needs 9 pods of 2Pi memory each; even empty, 8 nodes have room for 8 together (free: 16Pi of 16Pi memory)"
                        + "; place 1 of 1 in the queue");
    }

    @Test
    void placesInTheQueueGoByTurnWithinAQuota() {
        cluster.with(node("a", 0)).with(quota("red").gpus(8), quota("blue").gpus(8));
        cluster.waits(
                job("third").of("red").at(9),
                job("second").of("red").at(8),
                job("first").of("red").priority(1).at(10),
                job("alone").of("blue").at(11),
                job("free").at(12));
        cluster.pass();
        place("; place 1 of 3 in the queue of quota red", "first");
        place("; place 2 of 3 in the queue of quota red", "second");
        place("; place 3 of 3 in the queue of quota red", "third");
        place("; place 1 of 1 in the queue of quota blue", "alone");
        place("; place 1 of 1 in the queue", "free");
    }

    private void place(String expected, String job) {
        var why = cluster.why(job);
        assertEquals(expected, why.substring(why.indexOf("; place")));
    }

    private void told(String job, String expected) {
        assertEquals("nobody", cluster.pass());
        assertEquals(expected, cluster.why(job));
    }
}
