package dev.capstan.worker.compress;

import dev.capstan.worker.model.Network;
import dev.capstan.worker.onnx.ForeignModel;
import onnx.Onnx.ModelProto;

/** The model that a job names. */
public sealed interface Given {
    /** Number of classes that it tells apart. */
    int classes();

    /** How much of it there is, in a clause. */
    String summary();

    /**
     * A network of DL4J's.
     *
     * @param network in floats
     * @param quantized what an earlier job has made of it, and what its artifact answers with; null if that answers as
     *     the network does
     */
    record Trained(Network network, ModelProto quantized) implements Given {
        @Override
        public int classes() {
            return network.classes();
        }

        @Override
        public String summary() {
            return network.stage().parameters().length() + " parameters";
        }
    }

    /**
     * An ONNX model from elsewhere, and nothing beside it.
     *
     * @param onnx that has been run
     * @param name of its file, for messages
     */
    record Foreign(ForeignModel onnx, String name) implements Given {
        @Override
        public int classes() {
            return onnx.classes();
        }

        @Override
        public String summary() {
            return onnx.model().getGraph().getNodeCount() + " operators";
        }
    }
}
