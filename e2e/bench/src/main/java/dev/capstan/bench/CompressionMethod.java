package dev.capstan.bench;

import onnx.Onnx.ModelProto;

/** A way to make a model smaller or faster: a row of the table for each model that it suits. */
interface CompressionMethod {
    /** What it is called in the table. */
    String name();

    /** Whether the model has what it works on. */
    default boolean suits(CompressionModel model) {
        return true;
    }

    /** The model, compressed, as it would be served; the one that was trained stays as it is. */
    ModelProto compressed(CompressionModel model) throws Exception;
}
