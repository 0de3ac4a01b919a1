package dev.capstan.worker;

import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.train.Checkpointing;

/**
 * A training that goes on from somewhere, with whom, and who keeps what comes of it.
 *
 * @param start where it goes on
 */
record TrainRun(Collectives all, Trainee trainee, Checkpointing checkpointing, Position start) {}
