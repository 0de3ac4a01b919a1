package dev.capstan.worker.model;

import dev.capstan.protocol.Training;

/**
 * How a network is used.
 *
 * @param training whose optimizer the network has, unless it brought its own
 * @param form how it takes samples
 * @param inputs how many numbers a sample has
 * @param classes number of its outputs
 * @param scaling what is done to numbers on their way into it and out of it
 */
record Setup(Training training, Form form, int inputs, int classes, Scales scaling) {}
