package dev.capstan.worker;

import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.train.Checkpointing;
import dev.capstan.worker.train.Testing;
import java.util.Optional;

/**
 * A training that goes on from somewhere, with whom, and who keeps what comes of it.
 *
 * @param start where it goes on
 */
record TrainRun(Collectives all, Trainee trainee, Checkpointing checkpointing, Position start) {
    /** How all ranks measure the trained model; empty if the job has no test data. */
    Optional<Testing> testing() {
        return Optional.ofNullable(trainee.loaded().test())
                .map(test -> new Testing(trainee.engine().stage(), test, all, TrainRole.STORAGE));
    }

    /** The most samples that this rank computed on at once. */
    int most() {
        return trainee.loaded().given().share();
    }
}
