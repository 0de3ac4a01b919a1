package dev.capstan.worker.serve.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import dev.capstan.worker.serve.DataType;
import java.util.Arrays;
import java.util.Optional;

/** The protocol's types of elements, and ONNX Runtime's words for them. */
enum OnnxType {
    BOOL(DataType.BOOL, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, OnnxJavaType.BOOL),
    UINT8(DataType.UINT8, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, OnnxJavaType.UINT8),
    UINT16(DataType.UINT16, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, null),
    UINT32(DataType.UINT32, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, null),
    UINT64(DataType.UINT64, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, null),
    INT8(DataType.INT8, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, OnnxJavaType.INT8),
    INT16(DataType.INT16, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, OnnxJavaType.INT16),
    INT32(DataType.INT32, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, OnnxJavaType.INT32),
    INT64(DataType.INT64, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, OnnxJavaType.INT64),
    FP16(DataType.FP16, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, OnnxJavaType.FLOAT16),
    FP32(DataType.FP32, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, OnnxJavaType.FLOAT),
    FP64(DataType.FP64, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, OnnxJavaType.DOUBLE),
    BYTES(DataType.BYTES, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, OnnxJavaType.STRING);

    private final DataType type;
    private final OnnxTensorType onnx;
    private final OnnxJavaType java;

    OnnxType(DataType type, OnnxTensorType onnx, OnnxJavaType java) {
        this.type = type;
        this.onnx = onnx;
        this.java = java;
    }

    static OnnxType of(DataType type) {
        return valueOf(type.name());
    }

    /** Empty if the protocol has no such type. */
    static Optional<OnnxType> of(OnnxTensorType type) {
        return Arrays.stream(values()).filter(each -> each.onnx == type).findFirst();
    }

    DataType type() {
        return type;
    }

    OnnxTensorType onnx() {
        return onnx;
    }

    /** Null where ONNX Runtime's interface for Java has no word for it. */
    OnnxJavaType java() {
        return java;
    }
}
