package dev.capstan.controllers.gang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QueueTest {
    private static final Resources ONE_GPU =
            Resources.asked(Map.of("nvidia.com/gpu", new Quantity("1"), "cpu", new Quantity("1")));
    private static final Resources ONE_CPU = Resources.asked(Map.of("cpu", new Quantity("1")));

    @Test
    void allPodsOfAGangGetPlacesTogether() {
        var cluster = cluster(node("a", 2), node("b", 2));
        assertEquals(List.of("a", "a", "b", "b"), placed(cluster, gang("x", 4)));
    }

    @Test
    void aGangOfWhichOneFindsNoPlaceGetsNone() {
        var cluster = cluster(node("a", 2), node("b", 1));
        assertEquals(
                "needs 4 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, 2 nodes have room for 3 together"
                        + " (free: 3 of 3 nvidia.com/gpu, 32 of 32 cpu)",
                never(cluster, gang("x", 4)));
    }

    @Test
    void whatOthersTakeIsNotFree() {
        var cluster = with(cluster(node("a", 2), node("b", 2)), pod("a", 2), pod("b", 1));
        assertEquals(
                "needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; 2 nodes have room for 1 together now"
                        + " (free: 1 of 4 nvidia.com/gpu, 29 of 32 cpu)",
                notNow(cluster, gang("x", 2)));
    }

    @Test
    void podsThatEndedTakeNothing() {
        var done = new ClusterView.Pod("a", true, ONE_GPU.times(2), Optional.empty());
        assertEquals(List.of("a", "a"), placed(with(cluster(node("a", 2)), done), gang("x", 2)));
    }

    @Test
    void podsThatNoNodeHasYetTakeNothing() {
        var pending = new ClusterView.Pod(null, false, ONE_GPU.times(2), Optional.empty());
        assertEquals(List.of("a", "a"), placed(with(cluster(node("a", 2)), pending), gang("x", 2)));
    }

    @Test
    void aGrantHoldsItsPlacesUntilItsPodsHaveThem() {
        var hold = new ClusterView.Hold("u", 1, List.of("a", "a"), ONE_GPU);
        var cluster = new ClusterView(List.of(node("a", 3)), List.of(), List.of(hold));
        notNow(cluster, gang("x", 2));
        assertEquals(List.of("a"), placed(cluster, gang("x", 1)));
    }

    @Test
    void aGrantWhosePodIsThereIsNotCountedTwice() {
        var hold = new ClusterView.Hold("u", 1, List.of("a", "a"), ONE_GPU);
        var bound = new ClusterView.Pod("a", false, ONE_GPU, Optional.of(new ClusterView.Seat("u", 1, 0)));
        var unbound = new ClusterView.Pod(null, false, ONE_GPU, Optional.of(new ClusterView.Seat("u", 1, 1)));
        var cluster = new ClusterView(List.of(node("a", 3)), List.of(bound, unbound), List.of(hold));
        assertEquals(List.of("a"), placed(cluster, gang("x", 1)));
        notNow(cluster, gang("x", 2));
    }

    @Test
    void aPodOfAnotherAttemptDoesNotTakeTheSeat() {
        var hold = new ClusterView.Hold("u", 2, List.of("a"), ONE_GPU);
        var old = new ClusterView.Pod("a", false, ONE_GPU, Optional.of(new ClusterView.Seat("u", 1, 0)));
        var cluster = new ClusterView(List.of(node("a", 2)), List.of(old), List.of(hold));
        notNow(cluster, gang("x", 1));
    }

    @Test
    void aPodThatEndedStillHasItsSeat() {
        var hold = new ClusterView.Hold("u", 1, List.of("a"), ONE_GPU);
        var ended = new ClusterView.Pod("a", true, ONE_GPU, Optional.of(new ClusterView.Seat("u", 1, 0)));
        var cluster = new ClusterView(List.of(node("a", 1)), List.of(ended), List.of(hold));
        assertEquals(List.of("a"), placed(cluster, gang("x", 1)));
    }

    @Test
    void nodesThatAreNotReadyOrCordonedAreNotUsedButMayComeBack() {
        var cluster = cluster(away("a", 2, false, true), away("b", 2, true, false), node("c", 1));
        assertEquals(
                "needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; 1 node has room for 1 now"
                        + " (free: 1 of 1 nvidia.com/gpu, 16 of 16 cpu); of the others, 2 are not ready or cordoned",
                notNow(cluster, gang("x", 2)));
    }

    @Test
    void aTaintKeepsAwayWhoDoesNotTolerateIt() {
        var cluster = cluster(tainted("a", 2, taint("team", "red", "NoSchedule")), node("b", 1));
        assertEquals(
                "needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, 1 node has room for 1"
                        + " (free: 1 of 1 nvidia.com/gpu, 16 of 16 cpu); of the others,"
                        + " 1 has a taint that the job does not tolerate",
                never(cluster, gang("x", 2)));
    }

    @Test
    void aTaintOfTheMomentIsNoReasonToGiveUp() {
        var pressure = taint("node.kubernetes.io/memory-pressure", null, "NoSchedule");
        notNow(cluster(tainted("a", 1, pressure)), gang("x", 1));
    }

    @Test
    void onlyNodesWithTheSelectedLabelsAreUsed() {
        var cluster = cluster(node("a", 4), labelled("b", 1, Map.of("zone", "z")));
        assertEquals(List.of("b"), placed(cluster, gang("x", 1, Map.of("zone", "z"))));
        assertEquals(
                "needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, 1 node has room for 1"
                        + " (free: 1 of 1 nvidia.com/gpu, 16 of 16 cpu); of the others, 1 lacks a label of nodeSelector",
                never(cluster, gang("x", 2, Map.of("zone", "z"))));
    }

    @Test
    void aGangThatFitsNoEmptyClusterNeverFits() {
        var busy = with(cluster(node("a", 2)), pod("a", 2));
        never(busy, gang("x", 3));
        notNow(busy, gang("x", 2));
        never(cluster(), gang("x", 1));
    }

    @Test
    void bigHolesStayBig() {
        var cluster = cluster(node("a", 8), node("b", 2), node("c", 4));
        assertEquals(List.of("b", "b"), placed(cluster, gang("x", 2)));
        assertEquals(List.of("c", "c", "c"), placed(cluster, gang("x", 3)));
        assertEquals(List.of("a", "a", "a", "a", "a", "a", "a", "a", "b", "b"), placed(cluster, gang("x", 10)));
    }

    @Test
    void whoNeedsNoGpuLeavesTheNodesThatHaveThem() {
        var cluster = cluster(node("a", 8), node("b", 0));
        assertEquals(List.of("b"), placed(cluster, gang("x", 1, ONE_CPU)));
        assertEquals(17, placed(cluster, gang("x", 17, ONE_CPU)).size(), "unless there is no room elsewhere");
    }

    @Test
    void theNodesLimitOfPodsCounts() {
        var pods = Resources.units("pods", 1);
        var cluster = cluster(new ClusterView.Node(
                "a",
                true,
                true,
                Map.of(),
                List.of(),
                Resources.asked(Map.of("cpu", new Quantity("16"), "pods", new Quantity("2")))));
        assertEquals(List.of("a", "a"), placed(cluster, gang("x", 2, ONE_CPU.plus(pods))));
        never(cluster, gang("x", 3, ONE_CPU.plus(pods)));
    }

    @Test
    void theOlderGangComesFirstAndASmallerMayPassABiggerThatHasNoRoom() {
        var big = gang("big", 4, Instant.ofEpochSecond(1));
        var small = gang("small", 1, Instant.ofEpochSecond(2));
        var cluster = with(cluster(node("a", 4)), pod("a", 2));
        var decisions = Queue.schedule(cluster, List.of(small, big));
        assertEquals("big", decisions.get(0).gang().job().name());
        assertInstanceOf(Decision.NotNow.class, decisions.get(0));
        assertInstanceOf(Decision.Placed.class, decisions.get(1));
    }

    @Test
    void theHigherPriorityComesBeforeTheOlderGang() {
        var older = gang("older", 2, Instant.ofEpochSecond(1));
        var higher = new Gang(job("higher"), 1, 7, Instant.ofEpochSecond(2), 2, ONE_GPU, Map.of(), List.of());
        var decisions = Queue.schedule(cluster(node("a", 3)), List.of(older, higher));
        assertEquals("higher", decisions.get(0).gang().job().name());
        assertInstanceOf(Decision.Placed.class, decisions.get(0));
        assertInstanceOf(Decision.NotNow.class, decisions.get(1));
    }

    @Test
    void whatOneGangGetsTheNextCannotHave() {
        var decisions = Queue.schedule(
                cluster(node("a", 3)),
                List.of(gang("x", 2, Instant.ofEpochSecond(1)), gang("y", 2, Instant.ofEpochSecond(2))));
        assertInstanceOf(Decision.Placed.class, decisions.get(0));
        assertInstanceOf(Decision.NotNow.class, decisions.get(1));
    }

    @Test
    void theSameViewInAnyOrderGivesTheSameDecision() {
        var random = new Random(7);
        var nodes = new ArrayList<ClusterView.Node>();
        for (int i = 0; i < 20; i++) {
            nodes.add(node("n" + i, 1 + random.nextInt(4)));
        }
        var expected = placed(new ClusterView(List.copyOf(nodes), List.of(), List.of()), gang("x", 17));
        for (int i = 0; i < 10; i++) {
            Collections.shuffle(nodes, random);
            assertEquals(expected, placed(new ClusterView(List.copyOf(nodes), List.of(), List.of()), gang("x", 17)));
        }
    }

    private static List<String> placed(ClusterView cluster, Gang gang) {
        return assertInstanceOf(Decision.Placed.class, only(cluster, gang)).nodes();
    }

    private static String notNow(ClusterView cluster, Gang gang) {
        return assertInstanceOf(Decision.NotNow.class, only(cluster, gang)).message();
    }

    private static String never(ClusterView cluster, Gang gang) {
        return assertInstanceOf(Decision.NeverFits.class, only(cluster, gang)).message();
    }

    private static Decision only(ClusterView cluster, Gang gang) {
        return Queue.schedule(cluster, List.of(gang)).getFirst();
    }

    private static Gang gang(String name, int size) {
        return gang(name, size, Map.of());
    }

    private static Gang gang(String name, int size, Map<String, String> selector) {
        return new Gang(job(name), 1, 0, Instant.EPOCH, size, ONE_GPU, selector, List.of());
    }

    private static Gang gang(String name, int size, Resources each) {
        return new Gang(job(name), 1, 0, Instant.EPOCH, size, each, Map.of(), List.of());
    }

    private static Gang gang(String name, int size, Instant createdAt) {
        return new Gang(job(name), 1, 0, createdAt, size, ONE_GPU, Map.of(), List.of());
    }

    private static Gang.Job job(String name) {
        return new Gang.Job("default", name, "uid-" + name);
    }

    private static ClusterView cluster(ClusterView.Node... nodes) {
        return new ClusterView(List.of(nodes), List.of(), List.of());
    }

    private static ClusterView with(ClusterView cluster, ClusterView.Pod... pods) {
        return new ClusterView(cluster.nodes(), List.of(pods), cluster.holds());
    }

    private static ClusterView.Pod pod(String node, int gpus) {
        return new ClusterView.Pod(node, false, ONE_GPU.times(gpus), Optional.empty());
    }

    private static ClusterView.Node node(String name, int gpus) {
        return labelled(name, gpus, Map.of());
    }

    private static ClusterView.Node labelled(String name, int gpus, Map<String, String> labels) {
        return new ClusterView.Node(name, true, true, labels, List.of(), offer(gpus));
    }

    private static ClusterView.Node away(String name, int gpus, boolean ready, boolean schedulable) {
        return new ClusterView.Node(name, ready, schedulable, Map.of(), List.of(), offer(gpus));
    }

    private static ClusterView.Node tainted(String name, int gpus, Taint taint) {
        return new ClusterView.Node(name, true, true, Map.of(), List.of(taint), offer(gpus));
    }

    private static Taint taint(String key, String value, String effect) {
        return new TaintBuilder()
                .withKey(key)
                .withValue(value)
                .withEffect(effect)
                .build();
    }

    private static Resources offer(int gpus) {
        return gpus == 0
                ? Resources.asked(Map.of("cpu", new Quantity("16")))
                : Resources.asked(
                        Map.of("cpu", new Quantity("16"), "nvidia.com/gpu", new Quantity(Integer.toString(gpus))));
    }
}
