package dev.capstan.worker.model;

import dev.capstan.worker.data.Preprocessing;
import java.util.Optional;

/**
 * What is done to numbers on their way into a network and out of it.
 *
 * @param inputs samples are standardized first; empty if they are taken as they are
 * @param targets what the network gives is brought back to the numbers that it predicts; empty if it is given as it is
 */
public record Scales(Optional<Standardizer> inputs, Optional<Standardizer> targets) {
    /** Numbers as they are. */
    static final Scales NONE = new Scales(Optional.empty(), Optional.empty());

    static Scales of(Preprocessing data) {
        return new Scales(Standardizer.of(data.scaling()), Standardizer.of(data.targetScaling()));
    }

    /** Whether numbers go in and out as they are. */
    public boolean none() {
        return inputs.isEmpty() && targets.isEmpty();
    }
}
