package dev.capstan.worker.compress.quantize;

import java.util.List;
import onnx.Onnx.ModelProto;

/**
 * A quantized model, and what was done to it.
 *
 * @param model in QDQ form: integers between pairs of QuantizeLinear and DequantizeLinear
 * @param layers names of the layers whose weights are int8, in the graph's order
 * @param left what stayed in float, and why
 * @param comparison with the float model, on the calibration data
 * @param weightRange that the weights use
 * @param notes sentences on what was done otherwise than asked for
 */
public record Quantized(
        ModelProto model,
        List<String> layers,
        List<LeftInFloat> left,
        Comparison comparison,
        WeightRange weightRange,
        List<String> notes) {}
