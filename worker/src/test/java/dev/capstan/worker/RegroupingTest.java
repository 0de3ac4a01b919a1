package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Events;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Timeouts;
import dev.capstan.worker.http.WorkerServer.Told;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Which memberships a worker takes, and what it tells of itself. */
class RegroupingTest {
    private static final Failure LOST = Failure.lost(1, "rank 1 (b:2) is gone");

    @Test
    void onlyALaterTermOfThisGangIsTaken() throws Exception {
        var newcomer = regrouping(60, true);
        assertEquals(new Told.Taken(2), newcomer.take(membership(1, 2, "a:1", "b:2")));
        assertEquals(new Told.Taken(2), newcomer.take(membership(1, 2, "a:1", "b:2")));
        assertEquals(new Told.Late(2), newcomer.take(membership(1, 1, "a:1", "b:2")));
        assertEquals(new Told.Taken(7), newcomer.take(membership(1, 7, "a:1", "b:3")));
        assertEquals(
                new Told.Wrong("a membership of attempt 2, this is attempt 1"),
                newcomer.take(membership(2, 8, "a:1", "b:2")));
        assertEquals(
                new Told.Wrong("a membership of term 0; later ones than the first are greater than 0"),
                newcomer.take(membership(1, 0, "a:1", "b:2")));
        assertEquals(
                new Told.Wrong("a membership of 1 ranks, the attempt has 2"), newcomer.take(membership(1, 8, "a:1")));
        assertEquals(
                new Told.Wrong("a membership of 0 ranks, the attempt has 2"),
                newcomer.take(new Membership(1, 8, null)));
        for (var address : new String[] {"b", "b:", ":2", "b:123456", "b c:2", null}) {
            assertEquals(
                    new Told.Wrong("a membership with the address " + address + "; IP:port would be right"),
                    newcomer.take(membership(1, 8, "a:1", address)));
        }
        assertEquals(new Told.Taken(8), newcomer.take(membership(1, 8, "10.0.0.1:29400", "fd00::1:29400")));
    }

    /** Before it trains, and when it is done, it says so and ends as it did without all this. */
    @Test
    void whoHasNothingToGoOnWithTakesNone() throws Exception {
        var first = regrouping(60, false);
        assertEquals(new Told.NotNow(0), first.take(membership(1, 1, "a:1", "b:2")));
        assertFalse(first.events(0, Duration.ZERO).recoverable());
        assertSame(LOST, assertThrows(Failure.class, () -> first.next(LOST, 1)));
        assertTrue(first.events(0, Duration.ZERO).events().isEmpty());

        first.begin(null);
        assertTrue(first.events(0, Duration.ZERO).recoverable());
        first.ended("done");
        assertEquals(new Told.NotNow(0), first.take(membership(1, 1, "a:1", "b:2")));
        var told = first.events(0, Duration.ofHours(1));
        assertEquals(List.of(new Events.Event(1, 0, Events.Kind.ENDED, List.of(), 0, 0, "done")), told.events());
        assertFalse(told.recoverable());
    }

    @Test
    void whoIsLostIsToldWhileAnotherTermIsWaitedFor() throws Exception {
        var survivor = regrouping(1, false);
        survivor.begin(null);
        var e = assertThrows(Failure.class, () -> survivor.next(LOST, 17));
        assertEquals(Reason.PeerLost, e.reason());
        assertEquals("rank 1 (b:2) is gone; the gang was not whole again within 1 s", e.getMessage());
        assertEquals(
                List.of(new Events.Event(1, 0, Events.Kind.LOST, List.of(1), 17, 0, "rank 1 (b:2) is gone")),
                survivor.events(0, Duration.ZERO).events());
        assertTrue(survivor.events(1, Duration.ZERO).events().isEmpty());
    }

    /** The operator hears of it before the worker has ended, and needs no kubelet to tell it. */
    @Test
    void whoLeavesSaysSoAndIsNoReasonForTheOthersToGiveUp() throws Exception {
        var leaves = new AtomicBoolean();
        var leaver = regrouping(60, Place.ofRank(0), false, leaves::get);
        leaver.begin(null);
        leaves.set(true);
        var e = assertThrows(Failure.class, () -> leaver.next(LOST, 17));
        assertEquals(Reason.Left, e.reason());
        assertEquals(
                "asked to stop by SIGTERM while others were not, and has left them after they had lost another: rank 1"
                        + " (b:2) is gone",
                e.getMessage());
        leaver.ended(e.getMessage());
        var told = leaver.events(0, Duration.ZERO);
        assertEquals(
                List.of(Events.Kind.LEFT, Events.Kind.ENDED),
                told.events().stream().map(Events.Event::kind).toList());
        assertFalse(told.recoverable());
        assertEquals(new Told.Taken(1), leaver.take(membership(1, 1, "a:1", "b:2")), "sent before that was heard");
    }

    @Test
    void whoIsAskedToStopWhileItWaitsForAnotherLeavesThen() throws Exception {
        var leaves = new AtomicBoolean();
        var waits = regrouping(60, Place.ofRank(0), false, leaves::get);
        waits.begin(null);
        var waiting = new FutureTask<>(() -> assertThrows(Failure.class, () -> waits.next(LOST, 17)));
        Thread.ofPlatform().daemon().start(waiting);
        assertEquals(
                Events.Kind.LOST,
                waits.events(0, Duration.ofMinutes(1)).events().getFirst().kind());
        leaves.set(true);
        waits.lookRound();
        assertEquals(Reason.Left, waiting.get().reason());
    }

    /** Whoever loses peers for days keeps what fits into an answer, and numbers go on. */
    @Test
    void anAnswerHasTheLastEventsAndIsNeverLong() throws Exception {
        var log = new GangEvents();
        for (int i = 0; i < 1000; i++) {
            log.add(i, Events.Kind.LOST, List.of(1), i, 0, "x".repeat(10_000));
        }
        var last = log.after(0, Duration.ofHours(1));
        assertEquals(1000, last.getLast().number());
        assertEquals(901, last.getFirst().number());
        assertEquals(List.of(last.getLast()), log.after(999, Duration.ofHours(1)));
        assertEquals(List.of(), log.after(1000, Duration.ofMillis(1)));
        assertTrue(Json.write(new Events(1, 0, 1, true, last)).length() < 64 << 10);
    }

    /** It is told of terms without it, and then is what the first one says that names it. */
    @Test
    void aSpareIsTheRankAtWhosePlaceItsPodIsNamed() throws Exception {
        var place = Place.ofSpare("pod-7", 2);
        var spare = regrouping(60, place, true, () -> false);
        assertEquals(new Events(1, 2, 0, false, List.of()), spare.events(0, Duration.ZERO));
        assertEquals(new Told.Taken(3), spare.take(named(3, "pod-0", "pod-1")));
        assertEquals(new Told.Late(3), spare.take(named(2, "pod-0", "pod-7")));
        assertFalse(place.taken());
        var asked = new FutureTask<>(() -> spare.events(0, Duration.ofMinutes(1)));
        var asks = Thread.ofPlatform().daemon().start(asked);
        while (asks.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }

        var waiting = new FutureTask<>(spare::standBy);
        var thread = Thread.ofPlatform().daemon().start(waiting);
        while (thread.getState() != Thread.State.WAITING) {
            // It would be TIMED_WAITING if it looked round now and then.
            Thread.onSpinWait();
        }
        assertTrue(spare.warm());
        assertEquals(new Events(1, 2, 0, true, List.of()), asked.get(), "whoever asked before is told at once");
        assertEquals(new Events(1, 2, 0, true, List.of()), spare.events(0, Duration.ZERO));
        assertEquals(new Told.Taken(4), spare.take(named(4, "pod-0", "pod-8")));
        assertFalse(waiting.isDone());
        assertEquals(new Told.Taken(5), spare.take(named(5, "pod-0", "pod-7")));
        assertTrue(waiting.get());
        assertEquals(1, place.rank());
        assertEquals(1, spare.events(0, Duration.ZERO).rank());
        assertEquals(new Told.Taken(6), spare.take(named(6, "pod-7", "pod-1")));
        assertEquals(1, place.rank(), "it is the same rank for ever");
    }

    @Test
    void aSpareThatIsAskedToStopWaitsNoLonger() throws Exception {
        var stopping = new AtomicBoolean();
        var spare = regrouping(60, Place.ofSpare("pod-7", 2), true, stopping::get);
        var waiting = new FutureTask<>(spare::standBy);
        var thread = Thread.ofPlatform().daemon().start(waiting);
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        stopping.set(true);
        spare.lookRound();
        assertFalse(waiting.get());
    }

    private static Membership named(int term, String... pods) {
        return new Membership(
                1,
                term,
                Arrays.stream(pods)
                        .map(each -> new Membership.Member(each, "a:1"))
                        .toList());
    }

    private static Membership membership(int attempt, int term, String... addresses) {
        return new Membership(
                attempt,
                term,
                Arrays.stream(addresses)
                        .map(each -> new Membership.Member("pod", each))
                        .toList());
    }

    private static Regrouping regrouping(int seconds, boolean replaces) throws Exception {
        return regrouping(seconds, Place.ofRank(0), replaces, () -> false);
    }

    private static Regrouping regrouping(int seconds, Place place, boolean replaces, BooleanSupplier stopping)
            throws Exception {
        var base = Fixtures.job(Path.of("/nowhere"), "uid-1", 1, 2, 1);
        var job = new JobFile(
                base.version(),
                base.job(),
                base.work(),
                base.checkpoints(),
                base.peers(),
                base.output(),
                new Timeouts(30, 1800, 600, seconds));
        return new Regrouping(job, place, Gang.KEY, replaces, stopping);
    }
}
