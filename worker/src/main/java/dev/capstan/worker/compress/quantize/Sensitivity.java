package dev.capstan.worker.compress.quantize;

/**
 * How much a layer suffers: the model with this layer alone in integers, compared with the float one.
 *
 * @param layer its name
 * @param comparison on the calibration data
 */
public record Sensitivity(String layer, Comparison comparison) {}
