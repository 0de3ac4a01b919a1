package dev.capstan.controllers.job;

import dev.capstan.controllers.job.Losses.Loss;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import dev.capstan.protocol.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Whether the workers of a gang that has lost some may still go on. */
final class Prospects {
    private final JobState state;
    private final List<WorkerState> workers;
    private final Membership membership;
    private final Seats seats;
    private final Instant now;

    Prospects(JobState state, List<WorkerState> workers, Membership membership, Seats seats) {
        this.state = state;
        this.workers = workers;
        this.membership = membership;
        this.seats = seats;
        now = state.world().now();
    }

    /** Why the workers that are left can't go on; empty as long as they may. */
    Optional<String> none(List<Loss> losses) {
        var why = losses.isEmpty()
                ? "workers were lost"
                : losses.stream()
                        .map(Loss::message)
                        .reduce((one, other) -> one + "; " + other)
                        .orElseThrow();
        boolean anybody = workers.stream()
                .filter(worker -> worker instanceof WorkerState.Running)
                .anyMatch(worker ->
                        !isNewcomer(worker.rank()) && losses.stream().noneMatch(loss -> loss.rank() == worker.rank()));
        if (!anybody) {
            return Optional.of(why + "; no worker is left that has the training's state");
        }
        if (state.world().voices().refusal().isPresent()) {
            return Optional.of(why + "; " + state.world().voices().refusal().get());
        }
        if (!losses.isEmpty() && inVain(losses) && state.attempts().inVain() >= mostInVain()) {
            return Optional.of(why + "; again before a step was made");
        }
        return isOpen() && !left().isPositive()
                ? Optional.of("not all workers were together again %d s after one was lost"
                        .formatted(Duration.between(since(), now).toSeconds()))
                : Optional.empty();
    }

    private int mostInVain() {
        return state.spec().failurePolicy().maxRestarts();
    }

    /** Workers end by themselves when they have waited long enough; who doesn't, hangs. */
    Duration left() {
        var timeouts = state.settings().timeouts();
        int regroup = timeouts.regroup() == null ? 0 : timeouts.regroup();
        return Duration.between(now, since().plusSeconds(regroup + timeouts.silence()));
    }

    /** When the recovery under way began; now, if none is. */
    Instant since() {
        return membership.getSince() == null ? now : Instant.parse(membership.getSince());
    }

    /**
     * Whether nothing was done since a worker was lost before. Of a spare that is lost as it takes a rank that isn't
     * known yet: it has lived for long, and the next one, or another pod, may do it.
     */
    boolean inVain(List<Loss> losses) {
        boolean noStep = !isOpen() && membership.getSinceStep() != null && step() <= membership.getSinceStep();
        return noStep || losses.stream().anyMatch(loss -> isNewcomer(loss.rank()) && !seats.stoodBy(loss.rank()));
    }

    /** The last step that is known to be done. */
    long step() {
        long told = state.report().map(Progress::step).orElse(0L);
        var known = state.status().map(JobStatus::getProgress).map(progress -> progress.getStep());
        return Math.max(told, known.orElse(0L));
    }

    private boolean isOpen() {
        return membership.getSince() != null;
    }

    private boolean isNewcomer(int rank) {
        return seats.isNewcomer(rank, Terms.settled(membership));
    }
}
