package dev.capstan.controllers.job;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Pods of a gang that are where they are to run, and that their kubelets can't start: for want of an image, a volume, a
 * sandbox. Until its timeout the gang would hold all its places for nothing.
 *
 * @param why what keeps one of them, of which there is no hope any more; empty as long as there is
 * @param left how soon there will be none of one of them, if nothing changes; empty if nothing speaks for that
 */
record StuckPods(Optional<String> why, Optional<Duration> left) {
    /** How soon to look at what kubelets say of pods that don't run: nobody watches that. */
    private static final Duration SOONEST = Duration.ofSeconds(3);

    private static final Duration LATEST = Duration.ofSeconds(30);

    static StuckPods of(List<WorkerState> workers, Instant now) {
        var first = workers.stream()
                .filter(WorkerState.Starting.class::isInstance)
                .map(WorkerState.Starting.class::cast)
                .filter(worker -> worker.until().isPresent())
                .min(Comparator.comparing(worker -> worker.until().orElseThrow()));
        var hopeless = first.filter(worker -> !worker.until().orElseThrow().isAfter(now));
        return new StuckPods(
                hopeless.map(worker -> "pod %s can't start: %s".formatted(worker.pod(), worker.trouble())),
                first.map(worker -> Duration.between(now, worker.until().orElseThrow())));
    }

    /** When to look at what kubelets say of pods that are on their way and of which nothing is known. */
    static Optional<Duration> lookAgain(List<WorkerState> workers, Duration sinceGranted) {
        boolean quiet = workers.stream()
                .anyMatch(worker -> worker instanceof WorkerState.Starting starting && starting.quiet());
        var soon = sinceGranted.compareTo(SOONEST) < 0 ? SOONEST : sinceGranted;
        return quiet ? Optional.of(soon.compareTo(LATEST) > 0 ? LATEST : soon) : Optional.empty();
    }
}
