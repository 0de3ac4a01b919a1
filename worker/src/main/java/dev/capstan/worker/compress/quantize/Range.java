package dev.capstan.worker.compress.quantize;

/**
 * What an activation must reach.
 *
 * @param min at most 0
 * @param max at least 0
 */
record Range(double min, double max) {}
