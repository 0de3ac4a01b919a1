package dev.capstan.worker.model;

import dev.capstan.protocol.Training;

/**
 * How a network is used.
 *
 * @param training whose optimizer the network has, unless it brought its own
 * @param form how it takes samples
 * @param inputs how many numbers a sample has
 * @param classes number of classes that its output tells apart
 */
record Setup(Training training, Form form, int inputs, int classes) {}
