package dev.capstan.operator.crowd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The judge finds what is wrong: each story but the first has one fault. */
class JudgeTest {
    private static final Judge.Rules RULES = new Judge.Rules(8, Map.of("team", 16), 1000);

    private final List<Event> events = new ArrayList<>();

    @Test
    void aGangThatIsGrantedBoundAndDoneBreaksNothing() {
        granted("a", "b");
        pod(0, "a", null, false);
        pod(1, "b", null, false);
        pod(0, "a", "a", false);
        pod(1, "b", "b", false);
        pod(0, "a", "a", true);
        pod(1, "b", "b", true);
        complete("a", "b");
        var verdict = Judge.judge(RULES, events);
        assertEquals(List.of(), verdict.broken());
        assertEquals(1, verdict.complete());
        assertEquals(1, verdict.grants());
        assertEquals(0, verdict.rolledBack());
        assertEquals(0, verdict.begunAnew());
        assertEquals(2, verdict.pods());
        assertEquals(10, verdict.longestPartialMillis());
        assertEquals(8, verdict.mostGpusInUse());
    }

    @Test
    void aPodWithoutAGrant() {
        job(0, Map.of(), false);
        pod(0, "a", null, false);
        finds("made without a grant");
    }

    @Test
    void aPodOfAGrantThatWasTakenBack() {
        granted("a", "b");
        job(0, Map.of(), false);
        pod(0, "a", null, false);
        finds("made without a grant");
    }

    @Test
    void aJobThatIsCompleteBeforeItsGangIsWhole() {
        granted("a", "b");
        pod(0, "a", "a", false);
        complete("a", "b");
        finds("its 2 pods had never been bound at the same time");
    }

    @Test
    void aJobThatIsCompleteAndWhoseGangWasNeverWholeAtOnce() {
        granted("a", "b");
        pod(0, "a", "a", false);
        gone(0, "a");
        pod(1, "b", "b", false);
        complete("a", "b");
        finds("its 2 pods had never been bound at the same time");
    }

    @Test
    void anAttemptThatWasGivenUpInPartIsRolledBack() {
        granted("a", "b");
        pod(0, "a", "a", false);
        job(0, Map.of(), false);
        gone(0, "a");
        counts(1, 0);
    }

    @Test
    void anAttemptThatLostAWorkerBeforeTheLastWasBoundIsRolledBack() {
        granted("a", "b");
        pod(0, "a", "a", false);
        gone(0, "a");
        pod(1, "b", "b", false);
        job(2, ranks("a", "b"), false);
        counts(1, 0);
    }

    @Test
    void anAttemptThatWasWholeIsBegunAnew() {
        granted("a", "b");
        pod(0, "a", "a", false);
        pod(1, "b", "b", false);
        gone(0, "a");
        job(0, Map.of(), false);
        job(2, ranks("a", "b"), false);
        counts(0, 1);
    }

    @Test
    void anAttemptWithoutPodsThatIsGivenUpCountsAsNeither() {
        granted("a", "b");
        job(0, Map.of(), false);
        counts(0, 0);
    }

    @Test
    void anAttemptInPartThatIsNotGivenUpIsNotRolledBack() {
        granted("a", "b");
        pod(0, "a", "a", false);
        granted("a", "b");
        counts(0, 0);
    }

    @Test
    void aJobThatIsCompleteAndThenIsNot() {
        granted("a", "b");
        complete("a", "b");
        granted("a", "b");
        finds("was complete, and then it wasn't");
    }

    @Test
    void aPodForAnotherNodeThanWasGranted() {
        granted("a", "b");
        pod(0, "c", null, false);
        finds("made for c, and a was granted");
    }

    @Test
    void aPodBoundElsewhere() {
        granted("a", "b");
        pod(0, "a", "b", false);
        finds("bound to b and meant for a");
    }

    @Test
    void aGrantThatChanges() {
        granted("a", "b");
        granted("a", "c");
        finds("granted twice");
    }

    @Test
    void aGrantOfAPart() {
        job(1, Map.of(0, "a"), false);
        finds("granted 1 places of 2");
    }

    @Test
    void aNodeGivenTwice() {
        granted("a", "a", "a");
        for (int rank = 0; rank < 3; rank++) {
            pod(rank, "a", "a", false);
        }
        finds("node a has 8 GPUs and pods hold 12 of them");
    }

    @Test
    void aQuotaExceeded() {
        granted("a", "b", "c", "d", "e");
        var nodes = List.of("a", "b", "c", "d", "e");
        for (int rank = 0; rank < 5; rank++) {
            pod(rank, nodes.get(rank), nodes.get(rank), false);
        }
        finds("may use 16 GPUs and holds 20");
    }

    @Test
    void aGangThatStaysInPart() {
        granted("a", "b");
        pod(0, "a", "a", false);
        node("a", false);
        for (int i = 0; i < 200; i++) {
            granted("a", "b");
        }
        pod(1, "b", "b", false);
        finds("bound in part");
    }

    @Test
    void aGangThatStaysInPartToTheEnd() {
        granted("a", "b");
        pod(0, "a", "a", false);
        for (int i = 0; i < 200; i++) {
            granted("a", "b");
        }
        finds("bound in part");
    }

    @Test
    void aGangInPartWhoseNodeIsGoneIsInPartNoMore() {
        granted("a", "b");
        pod(0, "a", "a", false);
        node("a", true);
        for (int i = 0; i < 200; i++) {
            granted("a", "b");
            pod(0, "a", "a", false);
        }
        pod(1, "b", "b", false);
        job(0, Map.of(), false);
        gone(0, "a");
        assertEquals(10, Judge.judge(RULES, events).longestPartialMillis());
        counts(1, 0);
    }

    @Test
    void aGangInPartThatHasPodsOnOtherNodesThanTheGoneOne() {
        granted("a", "b", "c");
        pod(0, "a", "a", false);
        pod(1, "b", "b", false);
        node("a", true);
        gone(0, "a");
        for (int i = 0; i < 200; i++) {
            granted("a", "b", "c");
        }
        finds("bound in part");
    }

    @Test
    void whatIsOnAGoneNodeIsNoUseOfTheQuota() {
        var nodes = List.of("a", "b", "c", "d", "e");
        granted("a", "b", "c", "d", "e");
        for (int rank = 0; rank < 4; rank++) {
            pod(rank, nodes.get(rank), nodes.get(rank), false);
        }
        node("a", true);
        pod(0, "a", "a", false);
        pod(4, "e", "e", false);
        gone(0, "a");
        var verdict = Judge.judge(RULES, events);
        assertEquals(16, verdict.mostGpusInUse());
        assertTrue(verdict.broken().stream().noneMatch(sentence -> sentence.contains("may use")));
    }

    @Test
    void aNodeThatIsBackAndGivenWhileItsOldPodsAreThere() {
        granted("a", "a", "a");
        pod(0, "a", "a", false);
        pod(1, "a", "a", false);
        node("a", true);
        node("a", false);
        pod(2, "a", "a", false);
        finds("node a has 8 GPUs and pods hold 12 of them");
    }

    @Test
    void aJobThatIsLost() {
        granted("a", "b");
        events.add(new Event(
                events.size(), events.size() * 10L, true, events.getFirst().thing()));
        finds("was lost");
    }

    @Test
    void aJobThatNeverEnds() {
        granted("a", "b");
        finds("isn't complete");
    }

    private void finds(String fault) {
        var broken = Judge.judge(RULES, events).broken();
        assertTrue(broken.stream().anyMatch(sentence -> sentence.contains(fault)), broken.toString());
    }

    private void counts(int rolledBack, int begunAnew) {
        var verdict = Judge.judge(RULES, events);
        assertEquals(rolledBack, verdict.rolledBack());
        assertEquals(begunAnew, verdict.begunAnew());
    }

    private void granted(String... nodes) {
        job(1, ranks(nodes), false);
    }

    private void complete(String... nodes) {
        job(1, ranks(nodes), true);
    }

    private static Map<Integer, String> ranks(String... nodes) {
        var ranks = new TreeMap<Integer, String>();
        for (int rank = 0; rank < nodes.length; rank++) {
            ranks.put(rank, nodes[rank]);
        }
        return ranks;
    }

    private void job(int attempt, Map<Integer, String> nodes, boolean complete) {
        int replicas = Math.max(2, nodes.size());
        add(new Event.Job("j", "team", "job", replicas, attempt, nodes, complete, false));
    }

    private void pod(int rank, String meantFor, String node, boolean ended) {
        add(worker(rank, meantFor, node, ended));
    }

    private void node(String name, boolean gone) {
        events.add(new Event(events.size(), events.size() * 10L, gone, new Event.Node(name, name, true)));
    }

    private void gone(int rank, String node) {
        events.add(new Event(events.size(), events.size() * 10L, true, worker(rank, node, node, false)));
    }

    private static Event.Pod worker(int rank, String meantFor, String node, boolean ended) {
        return new Event.Pod("p" + rank, "team", "pod-" + rank, "j", 1, rank, meantFor, node, false, ended, 4);
    }

    private void add(Event.Thing thing) {
        events.add(new Event(events.size(), events.size() * 10L, false, thing));
    }
}
