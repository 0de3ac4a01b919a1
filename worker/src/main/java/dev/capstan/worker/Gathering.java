package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.ring.Held;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Recovering;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.train.ProgressBoard;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.crypto.SecretKey;

/**
 * How a rank comes to its peers: it meets them at the beginning, or takes a lost one's place. Whoever fails with them
 * tells them why.
 */
final class Gathering {
    private final JobFile job;
    private final Settings settings;
    private final Place place;
    private final SecretKey key;
    private final ProgressBoard board;
    private final Regrouping regrouping;
    private final Runnable met;
    private final Function<Throwable, Failure> failure;

    /** Null until the peers are met. */
    private volatile Collectives all;

    /** Whether what this rank does with its peers may be begun anew. */
    private boolean beginning;

    /**
     * @param key what peers prove to each other
     * @param met is run when all peers are there
     * @param failure what peers are told of what was thrown
     */
    Gathering(
            JobFile job,
            Settings settings,
            Place place,
            SecretKey key,
            ProgressBoard board,
            Regrouping regrouping,
            Runnable met,
            Function<Throwable, Failure> failure) {
        this.job = job;
        this.settings = settings;
        this.place = place;
        this.key = key;
        this.board = board;
        this.regrouping = regrouping;
        this.met = met;
        this.failure = failure;
    }

    /** What ranks do together, of whom none may be lost. */
    interface Part {
        Outcome with(Ring ring);
    }

    /** What ranks do together, of whom some may be lost. */
    interface Work {
        /**
         * Does it from its beginning on. Until it {@link #recovers}, it is begun anew if a rank is lost.
         *
         * @param ring the other ranks, which begin, too
         */
        Outcome begin(Ring ring);

        /** Goes on with what the others do, whose state has been taken over. */
        Outcome goOn(Collectives all);

        /** Takes their state over. */
        Held held();
    }

    /** The term that this rank is in. */
    int term() {
        return regrouping.term();
    }

    /** The other ranks; null until they are met. */
    Collectives all() {
        return all;
    }

    /** Meets the peers and does something with them. */
    Outcome together(Part part) {
        board.stage(Stage.MEETING);
        var ring = Ring.join(first(), patience(), () -> {});
        all = ring;
        met.run();
        return with(() -> part.with(ring));
    }

    /** As above; where somebody sends memberships, whoever is lost is waited for. */
    Outcome together(Work work) {
        if (!regrouping.possible()) {
            return together(work::begin);
        }
        board.stage(Stage.MEETING);
        Ring ring;
        try {
            ring = Ring.join(first(), patience(), regrouping::checkNewest);
            regrouping.begin(ring);
        } catch (Failure e) {
            if (!regrouping.later()) {
                throw e;
            }
            return settled(regrouping.next(e, 0), false, work);
        }
        return begun(ring, work);
    }

    private dev.capstan.worker.ring.Membership first() {
        return new dev.capstan.worker.ring.Membership(
                job.job().uid(), Membership.FIRST, place.rank(), Peer.list(job.peers()), key, job.wire());
    }

    private Patience patience() {
        var timeouts = job.timeouts();
        return new Patience(
                settings.meeting(), Duration.ofSeconds(timeouts.silence()), Duration.ofSeconds(timeouts.late()));
    }

    private Outcome begun(Ring ring, Work work) {
        all = ring;
        met.run();
        beginning = true;
        try {
            return with(() -> work.begin(ring));
        } catch (Failure e) {
            if (!beginning || e.reason() != Reason.PeerLost) {
                throw e;
            }
            return settled(regrouping.next(e, 0), false, work);
        }
    }

    /** @param comes whether it takes a lost one's place, and so doesn't know how far the others are */
    private Outcome settled(Ring ring, boolean comes, Work work) {
        all = ring;
        met.run();
        var recovering = recovering(ring, comes, work);
        var anew = recovering.beginning();
        if (anew.isPresent()) {
            return begun(anew.get(), work);
        }
        all = recovering;
        return with(() -> work.goOn(recovering));
    }

    private Recovering recovering(Ring ring, boolean comes, Work work) {
        try {
            var held = work.held();
            return comes ? Recovering.come(ring, regrouping, held) : Recovering.comeBack(ring, regrouping, held);
        } catch (Throwable e) {
            ring.abort(failure.apply(e));
            ring.close();
            throw e;
        }
    }

    /**
     * What outlives the loss of a rank, once this rank {@link #recovers}, where somebody sends memberships; else the
     * ring as it is.
     *
     * @param held the state that all ranks hold from then on, and that a newcomer gets
     */
    Collectives recovering(Ring ring, Held held) {
        if (!regrouping.possible()) {
            return ring;
        }
        all = Recovering.begin(ring, regrouping, held);
        return all;
    }

    /** From now on all hold the state that is to be gone on with, and whoever is lost gets it from them. */
    void recovers() {
        beginning = false;
        if (regrouping.possible()) {
            regrouping.begun();
        }
    }

    /** Takes a lost rank's place, as soon as somebody has said in which gang. */
    Outcome replacing(Work work) {
        if (!regrouping.possible()) {
            throw new Failure(
                    Reason.WorkerError,
                    Contract.INCARNATION + " is " + settings.incarnation()
                            + ", but by its job file nobody tells this gang who is in it after a loss");
        }
        board.stage(Stage.MEETING);
        return settled(regrouping.come(settings.meeting()), true, work);
    }

    /**
     * Waits as a spare, without doing anything, until a lost rank's place is this one's.
     *
     * @return false if it is to end before
     */
    boolean standBy() {
        board.stage(Stage.STANDBY);
        return regrouping.standBy();
    }

    /** Whoever is lost from now on isn't waited for. */
    void needsNobody() {
        regrouping.over();
    }

    /** Tells the peers why this rank ends. Any thread may call it. */
    void abort(Failure why) {
        var peers = all;
        if (peers != null) {
            peers.abort(why);
        }
    }

    private Outcome with(Supplier<Outcome> work) {
        try {
            return work.get();
        } catch (Throwable e) {
            all.abort(failure.apply(e));
            throw e;
        } finally {
            all.close();
        }
    }
}
