package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.JobStatus;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The newest checkpoint that rank 0 of each job told of as it ended, and who had a pod of it end. A pod that was asked
 * to end is gone a moment after its worker has spoken, often before a pass looks at it; its events tell what it was.
 */
public final class LastWords {
    /** Of so many pods of an attempt it is kept who had them go. */
    private static final int MOST = 256;

    /**
     * What the worker of an attempt knew.
     *
     * @param checkpoint the newest whole one; null if there is none
     * @param notKept why the state that came after it could not be kept; null if it is, or that isn't known
     * @param disrupted by name of a pod of the attempt that had to go, by whose decision and why; in the order in which
     *     that was heard
     */
    public record Word(int attempt, Progress.Checkpoint checkpoint, String notKept, Map<String, String> disrupted) {
        /** Both, of one job. */
        private Word and(Word later) {
            if (later.attempt != attempt) {
                return later.attempt < attempt ? this : later;
            }
            return new Word(
                    attempt,
                    later.checkpoint == null ? checkpoint : later.checkpoint,
                    later.notKept == null ? notKept : later.notKept,
                    all(disrupted, later.disrupted));
        }

        /** What was said of a pod first is nearest to the cause. */
        private static Map<String, String> all(Map<String, String> before, Map<String, String> later) {
            var all = new LinkedHashMap<>(before);
            later.forEach(all::putIfAbsent);
            var names = all.keySet().iterator();
            for (int surplus = all.size() - MOST; surplus > 0; surplus--) {
                names.next();
                names.remove();
            }
            return all;
        }
    }

    private final Map<String, Word> words = new ConcurrentHashMap<>();
    private final Predicate<String> isThere;

    /** @param isThere whether there is a job of a UID; what pods of other jobs say isn't kept */
    public LastWords(Predicate<String> isThere) {
        this.isThere = isThere;
    }

    /**
     * Takes in what has become of a pod. What becomes of one that stands by is nobody's word.
     *
     * @param of the job that owns it, as far as that is known
     */
    public void hear(Pod pod, Optional<JobDescription> of) {
        int number = PodLabels.rank(pod);
        var seats = of.filter(
                        description -> Optional.ofNullable(description.job().getStatus())
                                .map(JobStatus::getAttempt)
                                .filter(attempt -> attempt == PodLabels.attempt(pod))
                                .isPresent())
                .map(Seats::of);
        boolean leads = number == seats.map(there -> there.of(0)).orElse(0);
        boolean works = seats.map(there -> there.rank(number).isPresent()).orElse(true);
        if (works) {
            hear(pod, leads);
        }
    }

    private void hear(Pod pod, boolean leads) {
        var disrupted = PodReport.disruption(pod);
        var outcome = leads ? WorkerStates.outcome(pod) : Optional.<Outcome>empty();
        if (disrupted.isPresent() || outcome.isPresent()) {
            job(pod).filter(isThere).ifPresent(job -> words.merge(job, word(pod, outcome, disrupted), Word::and));
        }
    }

    private static Word word(Pod pod, Optional<Outcome> outcome, Optional<String> disrupted) {
        return new Word(
                PodLabels.attempt(pod),
                outcome.map(Outcome::checkpoint).orElse(null),
                outcome.filter(end -> end.reason() == Outcome.Reason.StateNotKept)
                        .map(Outcome::message)
                        .orElse(null),
                disrupted.map(why -> Map.of(pod.getMetadata().getName(), why)).orElseGet(Map::of));
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
