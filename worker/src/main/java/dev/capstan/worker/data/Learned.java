package dev.capstan.worker.data;

/**
 * Training data, read for the first time.
 *
 * @param samples all of them
 * @param preprocessing what they taught about how to read further samples for the same network
 */
public record Learned(Samples samples, Preprocessing preprocessing) {}
