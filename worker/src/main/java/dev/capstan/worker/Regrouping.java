package dev.capstan.worker;

import dev.capstan.protocol.Events;
import dev.capstan.protocol.Events.Kind;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.http.WorkerServer.Told;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.ring.Terms;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.crypto.SecretKey;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The terms of a gang that loses ranks and goes on: takes memberships from the operator, of which the newest counts,
 * tells of losses, and joins the ring of each term.
 */
final class Regrouping implements Terms {
    private static final Logger LOG = LoggerFactory.getLogger(Regrouping.class);
    /** How often who waits looks round. */
    private static final long LOOK_MILLIS = 200;

    private final JobFile job;
    private final Place place;
    private final SecretKey key;
    private final Duration regroup;
    private final BooleanSupplier leaves;
    private final GangEvents log = new GangEvents();

    /** Whether another term is of use to this rank: it has a state that all hold, or waits for it. */
    private boolean recoverable;

    /** Whether this worker waits as a spare, and needs nothing else to take a rank. */
    private boolean warm;

    /** The newest term that the operator has told of. */
    private int known = Membership.FIRST;

    /** The newest membership of which this worker is one; null if it has been in none but the first. */
    private Membership newest;

    private long newestAt;
    private int joined = Membership.FIRST;
    /** The ring of the term that was joined last; null while there is none. */
    private Ring ring;
    /** Whether this rank has left the others. */
    private boolean left;
    /** When the loss was found that isn't mended yet; 0 if there is none. */
    private long lostAt;

    /**
     * @param place which rank it has, or will have
     * @param key what peers prove to each other
     * @param replaces whether this rank takes a lost one's place: it waits for a membership from the beginning
     * @param leaves whether this rank was asked to stop, and stays no longer
     */
    Regrouping(JobFile job, Place place, SecretKey key, boolean replaces, BooleanSupplier leaves) {
        this.job = job;
        this.place = place;
        this.key = key;
        this.leaves = leaves;
        recoverable = replaces;
        var seconds = job.timeouts().regroup();
        regroup = seconds == null ? Duration.ZERO : Duration.ofSeconds(seconds);
    }

    /** Whether somebody sends memberships to this job's gangs. */
    boolean possible() {
        return !regroup.isZero() && job.peers().size() > 1;
    }

    /** From now on another term is of use: nothing is done yet, and can be begun with whoever is in it. */
    synchronized void open() {
        recoverable = true;
    }

    /** That ring is left as soon as another term is told. */
    synchronized void begin(Ring first) {
        ring = first;
        recoverable = true;
        if (later()) {
            ring.leave(superseded(newest.term()));
        }
    }

    /** Ends the meeting of the first term with a failure if there is another already. */
    synchronized void checkNewest() {
        if (later()) {
            throw superseded(newest.term());
        }
    }

    /** All have begun; after a loss before, that is a recovery. */
    void begun() {
        if (term() > Membership.FIRST) {
            recovered(0);
        }
    }

    /** From now on nobody who is lost is waited for. */
    synchronized void over() {
        recoverable = false;
    }

    /**
     * Tells whoever waits that this rank leaves the others, which go on without it.
     *
     * @param when as the end of a sentence
     */
    Failure leave(String when) {
        return leave(when, -1);
    }

    /** @param lost which rank the others wait for already; -1 if they wait for none, or it isn't known for which */
    private synchronized Failure leave(String when, int lost) {
        left = true;
        var message = "asked to stop by SIGTERM while others were not, and has left them " + when;
        log.add(joined, Kind.LEFT, List.of(), 0, 0, message);
        return Failure.elsewhere(Reason.Left, message, lost);
    }

    /** Tells whoever waits that this worker ends, and why. */
    synchronized void ended(String message) {
        // Who has left is no longer one of those who can or can't go on.
        recoverable &= left;
        log.add(term(), Kind.ENDED, List.of(), 0, 0, message);
    }

    /** The term that this rank is in, or was the last. */
    synchronized int term() {
        return joined;
    }

    /** What has happened since; waits for it. */
    Events events(long after, Duration patience) throws InterruptedException {
        var since = log.after(after, patience);
        synchronized (this) {
            boolean able = recoverable && !left && (place.taken() || warm);
            return new Events(job.job().attempt(), place.rank(), joined, able, since);
        }
    }

    /** Takes a membership, if it is of a later term than any before. */
    synchronized Told take(Membership given) {
        var wrong = wrong(given);
        if (wrong != null) {
            return new Told.Wrong(wrong);
        }
        if (given.term() <= known) {
            return given.term() == known ? new Told.Taken(known) : new Told.Late(known);
        }
        if (!recoverable) {
            return new Told.NotNow(known);
        }
        LOG.info("term {}: {}", given.term(), given.members());
        known = given.term();
        if (!place.among(given)) {
            return new Told.Taken(known);
        }
        newest = given;
        newestAt = System.nanoTime();
        notifyAll();
        if (ring != null) {
            ring.leave(superseded(given.term()));
        }
        return new Told.Taken(known);
    }

    private String wrong(Membership given) {
        if (given.attempt() != job.job().attempt()) {
            return "a membership of attempt " + given.attempt() + ", this is attempt "
                    + job.job().attempt();
        }
        if (given.term() <= Membership.FIRST) {
            return "a membership of term " + given.term() + "; later ones than the first are greater than "
                    + Membership.FIRST;
        }
        int ranks = job.peers().size();
        if (given.members() == null || given.members().size() != ranks) {
            return "a membership of "
                    + (given.members() == null ? 0 : given.members().size()) + " ranks, the attempt has " + ranks;
        }
        return given.members().stream()
                .filter(each -> each.address() == null || !each.address().matches("\\S+:[0-9]{1,5}"))
                .map(each -> "a membership with the address " + each.address() + "; IP:port would be right")
                .findFirst()
                .orElse(null);
    }

    private static Failure superseded(int term) {
        return new Failure(Reason.PeerLost, "the gang goes on in term " + term);
    }

    /**
     * Waits as a spare until a membership gives it a rank. Nothing is looked at meanwhile: a spare costs memory alone.
     *
     * @return false if it was asked to stop before
     */
    synchronized boolean standBy() {
        warm = true;
        // Or the operator would hear of it when the request is over that it holds open.
        log.release();
        LOG.info("ready to take a lost rank's place");
        try {
            while (!place.taken() && !leaves.getAsBoolean()) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while waiting for a rank", e);
        }
        return place.taken();
    }

    /** Whether this spare could take a rank at once. */
    synchronized boolean warm() {
        return warm;
    }

    /** Has whoever waits look whether it is to stop. */
    synchronized void lookRound() {
        notifyAll();
    }

    /**
     * The ring in which this rank takes a lost one's place.
     *
     * @param patience how long it may take until a membership is sent
     */
    Ring come(Duration patience) {
        var nobody = new Failure(
                Reason.PeerLost,
                "nobody has said within " + patience.toSeconds() + " s who is in the gang that has lost rank "
                        + place.rank());
        return join(nobody, patience, System.nanoTime() + patience.toNanos());
    }

    @Override
    public Ring next(Failure found, long operation) {
        synchronized (this) {
            if (!recoverable) {
                throw found;
            }
            if (leaves.getAsBoolean()) {
                throw leave("after they had lost another: " + found.getMessage(), found.lost());
            }
            if (lostAt == 0) {
                lostAt = System.nanoTime();
            }
            if (!later()) {
                lost(found, operation);
            }
        }
        var inVain = Failure.lostElsewhere(
                found.lost(),
                found.getMessage() + "; the gang was not whole again within " + regroup.toSeconds() + " s");
        return join(inVain, regroup, lostAt + regroup.toNanos());
    }

    /** Whether another term is told of than the one that this rank is in. */
    synchronized boolean later() {
        return newest != null && newest.term() > joined;
    }

    private void lost(Failure found, long operation) {
        LOG.warn("{}; another term is waited for", found.getMessage());
        log.add(
                joined,
                Kind.LOST,
                found.lost() < 0 ? List.of() : List.of(found.lost()),
                operation,
                0,
                found.getMessage());
    }

    /** Joins the ring of the newest term, whatever that is by the time when all of it are there. */
    private Ring join(Failure inVain, Duration patience, long deadline) {
        while (true) {
            var membership = await(inVain, deadline);
            try {
                var next = Ring.joinAgain(
                        ringOf(membership),
                        new Patience(
                                patience,
                                Duration.ofSeconds(job.timeouts().silence()),
                                Duration.ofSeconds(job.timeouts().late())),
                        () -> look(membership, inVain, deadline));
                if (joined(membership, next)) {
                    return next;
                }
            } catch (Failure e) {
                if (e == inVain || e.reason() != Reason.PeerLost) {
                    throw e;
                }
                synchronized (this) {
                    if (!later()) {
                        lost(e, 0);
                    }
                }
            }
        }
    }

    private synchronized boolean joined(Membership membership, Ring next) {
        if (newest.term() > membership.term()) {
            next.close();
            return false;
        }
        ring = next;
        return true;
    }

    private synchronized Membership await(Failure inVain, long deadline) {
        try {
            while (!later()) {
                giveUp(inVain, deadline);
                wait(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while waiting for another term", e);
        }
        joined = newest.term();
        ring = null;
        return newest;
    }

    private synchronized void look(Membership membership, Failure inVain, long deadline) {
        if (newest.term() > membership.term()) {
            throw superseded(newest.term());
        }
        giveUp(inVain, deadline);
    }

    private void giveUp(Failure inVain, long deadline) {
        if (leaves.getAsBoolean()) {
            throw leave("before all were there", inVain.lost());
        }
        if (System.nanoTime() > deadline) {
            throw inVain;
        }
    }

    private dev.capstan.worker.ring.Membership ringOf(Membership membership) {
        var addresses =
                membership.members().stream().map(Membership.Member::address).toList();
        return new dev.capstan.worker.ring.Membership(
                job.job().uid(), membership.term(), place.rank(), Peer.list(addresses), key, job.wire());
    }

    @Override
    public void recovered(long operation) {
        double seconds;
        synchronized (this) {
            seconds = (System.nanoTime() - (lostAt == 0 ? newestAt : lostAt)) / 1e9;
            lostAt = 0;
        }
        LOG.info("all ranks are there again in term {}, after {} s", term(), Math.round(seconds * 1000) / 1e3);
        log.add(term(), Kind.RECOVERED, List.of(), operation, seconds, "all ranks are there again");
    }
}
