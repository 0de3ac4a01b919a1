package dev.capstan.worker.onnx;

import onnx.Onnx.TensorProto.DataType;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;

/** What goes into a graph and comes out of it. */
final class Values {
    /** The name of the dimension that is as long as there are samples. */
    private static final String SAMPLES = "N";

    private Values() {}

    /**
     * A tensor of floats.
     *
     * @param meaning for whoever reads the model
     * @param shape -1 for the number of samples
     */
    static ValueInfoProto floats(String name, String meaning, long... shape) {
        var dimensions = TensorShapeProto.newBuilder();
        for (long each : shape) {
            dimensions.addDim(
                    each < 0
                            ? Dimension.newBuilder().setDimParam(SAMPLES)
                            : Dimension.newBuilder().setDimValue(each));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setDocString(meaning)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(DataType.FLOAT.getNumber())
                                .setShape(dimensions)))
                .build();
    }
}
