"""Quantizes a model as onnxruntime's own tools do it: static, QDQ, int8 weights by channel, uint8 activations by min-max.

quantize_with_onnxruntime.py FLOAT.onnx SAMPLES.f32 INT8.onnx full|reduced
SAMPLES.f32: float32, little-endian, rows of the model's one input, 64 a batch.
"""

import sys

import numpy
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

floats, samples, quantized, weight_range = sys.argv[1:]
prepared = floats + ".prepared"
(entry,) = onnx.load(floats).graph.input
width = entry.type.tensor_type.shape.dim[1].dim_value


class Samples(CalibrationDataReader):
    def __init__(self):
        rows = numpy.fromfile(samples, "<f4").reshape(-1, 64, width)
        self.batches = iter([{entry.name: batch} for batch in rows])

    def get_next(self):
        return next(self.batches, None)


# Its symbolic shape inference fails where an operator's outputs are left out, as an LSTM's are.
gaps = any("" in node.output for node in onnx.load(floats).graph.node)
quant_pre_process(floats, prepared, skip_symbolic_shape=gaps)
quantize_static(
    prepared,
    quantized,
    Samples(),
    quant_format=QuantFormat.QDQ,
    per_channel=True,
    activation_type=QuantType.QUInt8,
    weight_type=QuantType.QInt8,
    reduce_range=weight_range == "reduced",
)
