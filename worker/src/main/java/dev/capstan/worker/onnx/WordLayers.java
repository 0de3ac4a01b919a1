package dev.capstan.worker.onnx;

import static dev.capstan.worker.onnx.GraphBuilder.integer;
import static dev.capstan.worker.onnx.GraphBuilder.integers;

import dev.capstan.worker.onnx.Signal.Row;
import dev.capstan.worker.onnx.Signal.Sequence;
import dev.capstan.worker.onnx.Signal.Words;
import java.util.List;
import onnx.Onnx.TensorProto.DataType;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/** Layers by which words become vectors, and vectors in time one row. */
final class WordLayers {
    private final GraphBuilder graph;
    private final Texts texts;

    WordLayers(GraphBuilder graph, Texts texts) {
        this.graph = graph;
        this.texts = texts;
    }

    /** Over the words of each text alone. */
    Row pooled(String name, GlobalPoolingLayer pooling, Sequence sequence) throws NotTranslatable {
        return switch (pooling.getPoolingType()) {
            case AVG -> {
                var present = graph.node("Mul", name + "_present", List.of(sequence.tensor(), texts.mask()));
                var sum = graph.node(
                        "ReduceSum", name + "_sum", List.of(present, graph.integers(0)), integer("keepdims", 0));
                var counts = graph.node("Unsqueeze", name + "_words", List.of(texts.counts(), graph.integers(1)));
                yield new Row(graph.node("Div", name + "_mean", List.of(sum, counts)), sequence.width());
            }
            case MAX -> {
                var isWord = graph.node(
                        "Cast", name + "_words", List.of(texts.mask()), integer("to", DataType.BOOL.getNumber()));
                var present = graph.node(
                        "Where",
                        name + "_present",
                        List.of(isWord, sequence.tensor(), graph.scalar(Float.NEGATIVE_INFINITY)));
                yield new Row(
                        graph.node(
                                "ReduceMax",
                                name + "_max",
                                List.of(present),
                                integers("axes", 0),
                                integer("keepdims", 0)),
                        sequence.width());
            }
            case SUM, PNORM ->
                throw NotTranslatable.layer(
                        name,
                        pooling,
                        "pools by " + pooling.getPoolingType() + "; this worker can write MAX and AVG as ONNX");
        };
    }

    /** A vector for each word. */
    Sequence embedded(String name, Layer layer, EmbeddingSequenceLayer embedding, Signal input) throws NotTranslatable {
        if (!(input instanceof Words words)) {
            throw NotTranslatable.layer(name, embedding, "must be the first layer, and gets no words");
        }
        if (embedding.hasBias() || embedding.getActivationFn().getClass() != ActivationIdentity.class) {
            throw NotTranslatable.layer(
                    name,
                    embedding,
                    "has a bias or an activation function; this worker can write it only without as ONNX");
        }
        var numbers = graph.node(
                "Cast", name + "_numbers", List.of(words.tensor()), integer("to", DataType.INT64.getNumber()));
        var timeFirst = graph.node("Transpose", name + "_Transpose", List.of(numbers), integers("perm", 1, 0));
        var vectors = graph.weights(
                name + "_W",
                layer.getParam(DefaultParamInitializer.WEIGHT_KEY),
                embedding.getNIn(),
                embedding.getNOut());
        return new Sequence(
                graph.node("Gather", name + "_Gather", List.of(vectors, timeFirst), integer("axis", 0)),
                words.length(),
                embedding.getNOut());
    }
}
