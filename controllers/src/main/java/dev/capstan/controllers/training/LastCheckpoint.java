package dev.capstan.controllers.training;

import dev.capstan.crds.Bounds;
import dev.capstan.crds.Checkpoint;
import dev.capstan.crds.training.TrainingJob;
import java.util.Optional;

/** The newest checkpoint of a job, as its workers tell, else as its status knows. */
final class LastCheckpoint {
    private LastCheckpoint() {}

    static Optional<Checkpoint> of(TrainingJob job, World world) {
        return told(job, world).or(() -> known(job));
    }

    /** Whether the workers tell of a checkpoint that is newer than the one that the status knows. */
    static boolean isNewer(TrainingJob job, World world) {
        var before = known(job).map(Checkpoint::getStep).orElse(-1L);
        return told(job, world)
                .filter(checkpoint -> checkpoint.getStep() > before)
                .isPresent();
    }

    private static Optional<Checkpoint> known(TrainingJob job) {
        return Optional.ofNullable(job.getStatus()).map(status -> status.getLastCheckpoint());
    }

    private static Optional<Checkpoint> told(TrainingJob job, World world) {
        return world.progress()
                .filter(report -> job.getStatus() != null
                        && job.getStatus().getAttempt() != null
                        && job.getStatus().getAttempt() == report.attempt())
                .map(report -> report.lastCheckpoint())
                .filter(Believable::is)
                .map(checkpoint -> new Checkpoint()
                        .setStep(Math.clamp(checkpoint.step(), 0, Bounds.MAX_SAFE_INTEGER))
                        .setUri(checkpoint.uri())
                        .setDigest(checkpoint.digest())
                        .setTime(checkpoint.time()));
    }
}
