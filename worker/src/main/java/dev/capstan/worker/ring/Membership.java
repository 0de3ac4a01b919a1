package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Wire;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import javax.crypto.SecretKey;

/**
 * Who this worker is, and among whom. Whoever is in it, and where, is a term's: a gang that changes has another term.
 *
 * @param jobUid the job; peers of another job are refused
 * @param term peers of another one are refused, and so is each message of theirs
 * @param rank this worker's rank
 * @param peers every rank's address, in rank order, this worker's own among them
 * @param key what only this attempt's workers know; it is proved to be known, and isn't sent
 * @param wire how they send; peers that do so otherwise are refused
 */
public record Membership(String jobUid, int term, int rank, List<Peer> peers, SecretKey key, Wire wire) {
    /** Encrypted, and nothing is rounded. */
    public Membership(String jobUid, int term, int rank, List<Peer> peers, SecretKey key) {
        this(jobUid, term, rank, peers, key, Wire.DEFAULT);
    }

    /** Number of workers. */
    public int size() {
        return peers.size();
    }

    /** This worker. */
    Peer self() {
        return peers.get(rank);
    }

    /** The peer that this worker sends to. */
    Peer next() {
        return peers.get((rank + 1) % size());
    }

    /** The peer that this worker receives from. */
    Peer previous() {
        return peers.get((rank + size() - 1) % size());
    }

    /** @throws Failure WorkerError if the previous rank's message isn't the one that is due */
    void checkPlace(Header header, Header due) {
        if (!header.samePlace(due)) {
            throw new Failure(
                    Reason.WorkerError,
                    previous() + " is out of step: it sent " + header + " where " + due
                            + " was due; all workers must run the same version on the same job");
        }
    }
}
