"""Small ONNX models that show what a server does with each type, shape and mishap."""

from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper

# The protocol's names, and ONNX' for the same.
TYPES = {
    "BOOL": TensorProto.BOOL,
    "UINT8": TensorProto.UINT8,
    "UINT16": TensorProto.UINT16,
    "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8,
    "INT16": TensorProto.INT16,
    "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BYTES": TensorProto.STRING,
}


def tensor(name, datatype, *shape):
    return helper.make_tensor_value_info(name, TYPES[datatype], shape)


def constant(name, values):
    return onnx.numpy_helper.from_array(numpy.asarray(values), name)


def model(nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(constants))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


def echo(datatype, *shape):
    """Answers what it got."""
    return model(
        [helper.make_node("Identity", ["in"], ["out"])], [tensor("in", datatype, *shape)], [tensor("out", datatype, *shape)]
    )


def sums():
    """Two inputs and three outputs: of each row of floats and of each row of integers the sum, and of each row their product."""
    return model(
        [
            helper.make_node("ReduceSum", ["floats", "last"], ["of_floats"], keepdims=0),
            helper.make_node("ReduceSum", ["integers", "last"], ["of_integers"], keepdims=0),
            helper.make_node("Cast", ["of_integers"], ["as_floats"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["of_floats", "as_floats"], ["product"]),
        ],
        [tensor("floats", "FP32", "n", 3), tensor("integers", "INT64", "n", 2)],
        [tensor("of_floats", "FP32", "n"), tensor("of_integers", "INT64", "n"), tensor("product", "FP32", "n")],
        [constant("last", [1])],
    )


def by_zero():
    """Each number divided by zero: infinity, minus infinity, and NaN for zero itself."""
    return model(
        [helper.make_node("Div", ["in", "zero"], ["out"])],
        [tensor("in", "FP32", "n", 3)],
        [tensor("out", "FP32", "n", 3)],
        [constant("zero", numpy.float32(0))],
    )


def picked():
    """The row of that index of three rows; ONNX Runtime fails where there is none."""
    return model(
        [helper.make_node("Gather", ["rows", "index"], ["row"], axis=0)],
        [tensor("index", "INT64", "n")],
        [tensor("row", "FP32", "n", 2)],
        [constant("rows", numpy.arange(6, dtype=numpy.float32).reshape(3, 2))],
    )


def slow():
    """Multiplies a matrix of 256 by 256 with itself as many times as it is told; a time is some 0.3 ms. Takes one sample only."""
    state = tensor("before", "FP32", 256, 256)
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["before", "matrix"], ["after"]),
            helper.make_node("Identity", ["go_on"], ["still"]),
        ],
        "body",
        [tensor("turn", "INT64"), tensor("go_on", "BOOL"), state],
        [tensor("still", "BOOL"), tensor("after", "FP32", 256, 256)],
    )
    matrix = numpy.full((256, 256), 1 / 256, numpy.float32)
    return model(
        [
            helper.make_node("Squeeze", ["times"], ["trips"]),
            helper.make_node("Loop", ["trips", "", "matrix"], ["result"], body=body),
            helper.make_node("ReduceSum", ["result"], ["sum"], keepdims=0),
        ],
        [tensor("times", "INT64", 1)],
        [tensor("sum", "FP32")],
        [constant("matrix", matrix)],
    )


def lengths():
    """The mean of each row, whose length is open, too."""
    return model(
        [helper.make_node("ReduceMean", ["rows"], ["mean"], axes=[1], keepdims=0)],
        [tensor("rows", "FP32", "n", "length")],
        [tensor("mean", "FP32", "n")],
    )


def all_models():
    """All of them, by the names under which they are served."""
    made = {"sums": sums(), "by_zero": by_zero(), "picked": picked(), "slow": slow(), "lengths": lengths()}
    made["scalar"] = echo("FP64")
    for datatype in TYPES:
        made["echo_" + datatype] = echo(datatype, "n", "m")
    return made


def write(folder: Path):
    """A folder for each, with its model.onnx."""
    for name, each in all_models().items():
        (folder / name).mkdir(parents=True)
        onnx.save(each, folder / name / "model.onnx")
