package dev.capstan.controllers.plan;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

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
 */
public record Plan<S>(
        S status, Children children, List<Notice> notices, Optional<Duration> again, Optional<Follow> follow) {

    /** The worker that tells how far the job is. */
    public record Follow(int attempt, String podIp, String secret) {}

    public Plan<S> withChildren(Children children) {
        return new Plan<>(status, children, notices, again, follow);
    }

    public Plan<S> again(Duration delay) {
        return new Plan<>(status, children, notices, Optional.of(delay), follow);
    }
}
