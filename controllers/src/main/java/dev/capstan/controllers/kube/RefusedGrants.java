package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Backoff;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Jobs whose grants the API server refuses: a role, a policy or a webhook is against them. Each rests for a while,
 * twice as long each time, and is left out of scheduling cycles meanwhile: its places would be withheld from others for
 * nothing.
 *
 * <p>The rest ends early when the job is changed, for that may be what it takes. Its status doesn't count: that is
 * ours, and the refusal itself is written there.
 */
final class RefusedGrants {
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5));

    private final Map<String, Rest> rests = new HashMap<>();

    /** @param times how often this edition of the job was refused */
    private record Rest(Edition of, int times, Instant end, boolean over) {}

    /** All of a job that its user may change, and that a policy may look at. */
    private record Edition(Long generation, Map<String, String> labels, Map<String, String> annotations) {
        static Edition of(HasMetadata job) {
            var metadata = job.getMetadata();
            return new Edition(metadata.getGeneration(), metadata.getLabels(), metadata.getAnnotations());
        }
    }

    /** A job's grant was refused; answers for how long it rests. */
    Duration put(HasMetadata job, Instant now) {
        var last = rests.get(uid(job));
        var edition = Edition.of(job);
        int times = last == null || !last.of().equals(edition) ? 1 : last.times() + 1;
        var rest = BACKOFF.after(times);
        rests.put(uid(job), new Rest(edition, times, now.plus(rest), false));
        return rest;
    }

    /** Whether a job is to be left out of scheduling cycles. */
    boolean rests(HasMetadata job) {
        var rest = rests.get(uid(job));
        return rest != null && !rest.over() && rest.of().equals(Edition.of(job));
    }

    /** Those whose rest is over since the last call. */
    List<String> over(Instant now) {
        var over = rests.entrySet().stream()
                .filter(entry -> !entry.getValue().over()
                        && !now.isBefore(entry.getValue().end()))
                .map(Map.Entry::getKey)
                .toList();
        over.forEach(uid ->
                rests.computeIfPresent(uid, (same, rest) -> new Rest(rest.of(), rest.times(), rest.end(), true)));
        return over;
    }

    /** A job was granted its places, or is gone. */
    void forget(String jobUid) {
        rests.remove(jobUid);
    }

    private static String uid(HasMetadata job) {
        return job.getMetadata().getUid();
    }
}
