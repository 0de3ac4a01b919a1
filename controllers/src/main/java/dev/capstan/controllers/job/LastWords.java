package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The newest checkpoint that rank 0 of each job told of as it ended. A pod that was asked to end is gone a moment after
 * its worker has spoken, often before a pass looks at it; its events tell what it was.
 */
public final class LastWords {
    /**
     * What the worker of an attempt knew.
     *
     * @param checkpoint the newest whole one; null if there is none
     * @param notKept why the state that came after it could not be kept; null if it is, or that isn't known
     */
    public record Word(int attempt, Progress.Checkpoint checkpoint, String notKept) {}

    private final Map<String, Word> words = new ConcurrentHashMap<>();
    private final Predicate<String> isThere;

    /** @param isThere whether there is a job of a UID; what pods of other jobs say isn't kept */
    public LastWords(Predicate<String> isThere) {
        this.isThere = isThere;
    }

    /** Takes in what has become of a pod. */
    public void hear(Pod pod) {
        if (PodLabels.rank(pod) != 0) {
            return;
        }
        var word = WorkerStates.outcome(pod).map(outcome -> word(pod, outcome));
        var job = job(pod).filter(isThere);
        if (word.isPresent() && job.isPresent()) {
            words.merge(job.get(), word.get(), (old, fresh) -> fresh.attempt() < old.attempt() ? old : fresh);
        }
    }

    private static Word word(Pod pod, Outcome outcome) {
        boolean lost = outcome.reason() == Outcome.Reason.StateNotKept;
        return new Word(PodLabels.attempt(pod), outcome.checkpoint(), lost ? outcome.message() : null);
    }

    /** The last word in a job, if one was heard. */
    public Optional<Word> of(String jobUid) {
        return Optional.ofNullable(words.get(jobUid));
    }

    /** Forgets a job that is gone. */
    public void forget(String jobUid) {
        words.remove(jobUid);
    }

    private static Optional<String> job(Pod pod) {
        return pod.getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .map(OwnerReference::getUid)
                .findFirst();
    }
}
