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
        finds("complete when 1 of its 2 pods had been bound");
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
        add(new Event.Pod("p" + rank, "team", "pod-" + rank, "j", 1, rank, meantFor, node, ended, 4));
    }

    private void add(Event.Thing thing) {
        events.add(new Event(events.size(), events.size() * 10L, false, thing));
    }
}
