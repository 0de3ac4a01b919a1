package dev.capstan.worker.model;

import dev.capstan.protocol.Training;
import dev.capstan.worker.step.Stage;
import java.util.function.BiFunction;

/**
 * How a network is used.
 *
 * @param training whose optimizer the network has, unless it brought its own
 * @param form how it takes samples
 * @param inputs how many numbers a sample has
 * @param classes number of its outputs
 * @param scaling what is done to numbers on their way into it and out of it
 * @param computed makes the stage that computes it of DL4J's own, which knows where its numbers lie
 */
record Setup(
        Training training,
        Form form,
        int inputs,
        int classes,
        Scales scaling,
        BiFunction<Network, Stage, Stage> computed) {
    /** Of a network that DL4J can compute. */
    Setup(Training training, Form form, int inputs, int classes, Scales scaling) {
        this(training, form, inputs, classes, scaling, (network, own) -> own);
    }
}
