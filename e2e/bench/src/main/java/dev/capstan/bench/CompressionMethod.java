package dev.capstan.bench;

import dev.capstan.worker.model.Network;
import onnx.Onnx.ModelProto;

/** A way to make a model smaller or faster: a row of the table for each model that it suits. */
interface CompressionMethod {
    /**
     * What became of a model.
     *
     * @param onnx as it would be served
     * @param network as DL4J's archive would hold it; null if it is in integers, which that can't
     */
    record Made(ModelProto onnx, Network network) {}

    /** What it is called in the table. */
    String name();

    /** Whether the model has what it works on. */
    default boolean suits(CompressionModel model) {
        return true;
    }

    /** The model, compressed; the one that was trained stays as it is. */
    Made compressed(CompressionModel model) throws Exception;
}
