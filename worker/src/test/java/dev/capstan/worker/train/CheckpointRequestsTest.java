package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.worker.train.CheckpointRequests.State;
import org.junit.jupiter.api.Test;

class CheckpointRequestsTest {
    private final CheckpointRequests requests = new CheckpointRequests();

    @Test
    void aRequestIsDoneWhenACheckpointIsWholeThatWasBegunAfterIt() {
        var before = requests.begin();
        assertEquals(State.NEW, requests.ask("one"));
        requests.kept(before);
        assertEquals(State.OPEN, requests.ask("one"), "the one that was under way has an older state");
        requests.kept(requests.begin());
        assertEquals(State.DONE, requests.ask("one"));
        assertEquals(State.NEW, requests.ask("two"));
    }

    @Test
    void whatFailedIsTriedAgainWhenItIsAskedForAgain() {
        requests.ask("one");
        requests.begin();
        requests.failed();
        assertEquals(State.NEW, requests.ask("one"));
    }
}
