package dev.capstan.worker.ring;

import java.util.List;

/**
 * Who this worker is, and among whom.
 *
 * @param jobUid the job; peers of another job are refused
 * @param attempt the attempt; peers of another one are refused
 * @param rank this worker's rank
 * @param peers every rank's address, in rank order, this worker's own among them
 * @param token the secret that only this job's workers know; never sent
 */
public record Membership(String jobUid, int attempt, int rank, List<Peer> peers, byte[] token) {
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
}
