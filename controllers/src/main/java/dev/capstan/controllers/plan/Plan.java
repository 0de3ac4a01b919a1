package dev.capstan.controllers.plan;

import dev.capstan.protocol.Membership;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What to do about a job now. Carried out in one order: children, status, events. A new attempt is intended first, by a
 * status that carries its number, and its children are made by a later plan, which read that number from the API
 * server; so a crash between the two loses nothing.
 *
 * @param status what the job's status should say, but for its admission
 * @param children what to do about the objects that it owns
 * @param notices what to tell, once the status is written
 * @param again when to look again though nothing has changed
 * @param follow the worker to ask for progress, while the gang runs
 * @param checkpoint the text of a request for a checkpoint that the followed worker still has to be told
 * @param gang the workers that are listened to, while they can be replaced one by one
 * @param deleteJob whether the job itself is to be deleted, when all else is done
 */
public record Plan<S>(
        S status,
        Children children,
        List<Notice> notices,
        Optional<Duration> again,
        Optional<Follow> follow,
        Optional<String> checkpoint,
        Optional<Gang> gang,
        boolean deleteJob) {

    /** Of what has no workers to listen to. */
    public Plan(
            S status,
            Children children,
            List<Notice> notices,
            Optional<Duration> again,
            Optional<Follow> follow,
            Optional<String> checkpoint,
            boolean deleteJob) {
        this(status, children, notices, again, follow, checkpoint, Optional.empty(), deleteJob);
    }

    /**
     * The workers of an attempt that run.
     *
     * @param peers all that have an address
     * @param spares those that have one and stand by, by their numbers; they are told nothing
     * @param membership what all peers are to be told; empty if they are to go on as they are
     * @param newcomers ranks whose workers take the places of lost ones, and may not be ready to hear of it yet
     * @param lost by what each worker was taken away that is lost since the plan before
     * @param recovered how long the workers have waited that are at work again since the plan before
     */
    public record Gang(
            List<Peer> peers,
            List<Peer> spares,
            Optional<Membership> membership,
            Set<Integer> newcomers,
            List<String> lost,
            Optional<Duration> recovered) {
        /** Workers that nothing has happened to. */
        public Gang(List<Peer> peers, List<Peer> spares) {
            this(peers, spares, Optional.empty(), Set.of(), List.of(), Optional.empty());
        }

        /** The same, some of them lost by these causes. */
        public Gang losing(List<String> causes) {
            return new Gang(peers, spares, membership, newcomers, causes, recovered);
        }
    }

    /** A worker of a gang, by rank and pod. */
    public record Peer(int rank, String pod, Follow worker) {}

    /**
     * The worker that tells how far the job is.
     *
     * @param secret name of the secret with the job's token
     * @param jobFile version of the job file that the worker is told by: it says which key the worker takes
     */
    public record Follow(int attempt, String podIp, String secret, int jobFile) {}

    /** Writes this status, if it isn't there, and does nothing else. */
    public static <S> Plan<S> of(S status) {
        return new Plan<>(
                status, Children.UNTOUCHED, List.of(), Optional.empty(), Optional.empty(), Optional.empty(), false);
    }

    public Plan<S> withChildren(Children children) {
        return new Plan<>(status, children, notices, again, follow, checkpoint, gang, deleteJob);
    }

    /** The same, and this is told too. */
    public Plan<S> tell(Notice notice) {
        var all = Stream.concat(notices.stream(), Stream.of(notice)).toList();
        return new Plan<>(status, children, all, again, follow, checkpoint, gang, deleteJob);
    }

    /** Looks again after this delay, if not sooner. */
    public Plan<S> again(Duration delay) {
        var soonest = again.filter(sooner -> sooner.compareTo(delay) < 0).orElse(delay);
        return new Plan<>(status, children, notices, Optional.of(soonest), follow, checkpoint, gang, deleteJob);
    }

    public Plan<S> following(Optional<Follow> worker) {
        return new Plan<>(status, children, notices, again, worker, checkpoint, gang, deleteJob);
    }

    /** The same, and the followed worker is asked for a checkpoint. */
    public Plan<S> asking(Optional<String> request) {
        return new Plan<>(status, children, notices, again, follow, request, gang, deleteJob);
    }

    /** The same, and the job is deleted. */
    public Plan<S> deletingJob() {
        return new Plan<>(status, children, notices, again, follow, checkpoint, gang, true);
    }
}
