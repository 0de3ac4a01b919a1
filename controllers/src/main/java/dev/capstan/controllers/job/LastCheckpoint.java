package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.crds.Bounds;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Checkpoint;
import dev.capstan.protocol.Progress;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * The newest checkpoint of a job, as its workers tell, else as its status knows. A gang that was asked to stop makes
 * one and is gone before anybody asks it again: rank 0, which writes them, tells of that one in its last word.
 */
final class LastCheckpoint {
    private LastCheckpoint() {}

    static Optional<Checkpoint> of(CapstanJob<?, ?> job, World world) {
        // What the current attempt tells counts even if it is an older one: it found no newer one that is whole.
        return told(job, world)
                .or(() -> Stream.concat(known(job).stream(), leftBehind(job, world))
                        .max(Comparator.comparingLong(Checkpoint::getStep)));
    }

    /** Whether the workers tell of a checkpoint that is newer than the one that the status knows. */
    static boolean isNewer(CapstanJob<?, ?> job, World world) {
        var before = known(job).map(Checkpoint::getStep).orElse(-1L);
        return told(job, world)
                .filter(checkpoint -> checkpoint.getStep() > before)
                .isPresent();
    }

    /** The same, of what the attempt before this one has left behind too. */
    static boolean isNewerThanKnown(CapstanJob<?, ?> job, World world) {
        var before = known(job).map(Checkpoint::getStep).orElse(-1L);
        return Stream.concat(told(job, world).stream(), leftBehind(job, world))
                .anyMatch(checkpoint -> checkpoint.getStep() > before);
    }

    private static Optional<Checkpoint> known(CapstanJob<?, ?> job) {
        return Optional.ofNullable(job.getStatus()).map(status -> status.getLastCheckpoint());
    }

    private static Optional<Checkpoint> told(CapstanJob<?, ?> job, World world) {
        int current = current(job);
        var reported =
                world.progress().filter(report -> report.attempt() == current).map(Progress::lastCheckpoint).stream();
        return Stream.concat(reported, lastWords(job, world, attempt -> attempt == current))
                .filter(Believable::is)
                .max(Comparator.comparingLong(Progress.Checkpoint::step))
                .map(LastCheckpoint::shown);
    }

    /** When a peer's pod is gone first, the next attempt begins before rank 0 of the last one was heard. */
    private static Stream<Checkpoint> leftBehind(CapstanJob<?, ?> job, World world) {
        int current = current(job);
        return lastWords(job, world, attempt -> attempt == current - 1)
                .filter(Believable::is)
                .map(LastCheckpoint::shown);
    }

    private static Stream<Progress.Checkpoint> lastWords(CapstanJob<?, ?> job, World world, IntPredicate attempt) {
        var ofPods = world.pods().stream()
                .filter(pod -> PodLabels.rank(pod) == Seats.leading(job))
                .flatMap(pod -> WorkerStates.lastCheckpoint(pod).stream()
                        .map(checkpoint -> new LastWords.Word(PodLabels.attempt(pod), checkpoint, null, Map.of())));
        return Stream.concat(ofPods, world.lastWord().stream())
                .filter(word -> attempt.test(word.attempt()))
                .map(LastWords.Word::checkpoint)
                .filter(Objects::nonNull);
    }

    private static int current(CapstanJob<?, ?> job) {
        return Attempts.of(Optional.ofNullable(job.getStatus()), false, false).number();
    }

    private static Checkpoint shown(Progress.Checkpoint checkpoint) {
        return new Checkpoint()
                .setStep(Math.clamp(checkpoint.step(), 0, Bounds.MAX_SAFE_INTEGER))
                .setUri(checkpoint.uri())
                .setDigest(checkpoint.digest())
                .setTime(checkpoint.time());
    }
}
