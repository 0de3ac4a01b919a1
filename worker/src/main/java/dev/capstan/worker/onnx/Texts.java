package dev.capstan.worker.onnx;

import static dev.capstan.worker.onnx.GraphBuilder.integer;
import static dev.capstan.worker.onnx.GraphBuilder.integers;

import java.util.List;
import onnx.Onnx.TensorProto.DataType;

/**
 * Where each text is over, as the words themselves say: 0 fills up what is shorter than the longest. So a model needs
 * no second input, and nobody can give it a mask that isn't the text's.
 */
final class Texts {
    private final GraphBuilder graph;
    private final String words;
    private String present;
    private String lengths;
    private String wholeLengths;
    private String mask;
    private String barrier;

    /** @param words the numbers of the words as floats, [N, length] */
    Texts(GraphBuilder graph, String words) {
        this.graph = graph;
        this.words = words;
    }

    /** Number of words of each text, [N], as 32-bit integers: what ONNX' recurrent operators take. */
    String lengths() {
        if (lengths == null) {
            lengths = graph.node("Cast", "lengths", List.of(counts()), integer("to", DataType.INT32.getNumber()));
        }
        return lengths;
    }

    /** The same as 64-bit integers. */
    String wholeLengths() {
        if (wholeLengths == null) {
            wholeLengths =
                    graph.node("Cast", "whole_lengths", List.of(counts()), integer("to", DataType.INT64.getNumber()));
        }
        return wholeLengths;
    }

    /** The same as floats. */
    String counts() {
        return graph.node("ReduceSum", "counts", List.of(present(), graph.integers(1)), integer("keepdims", 0));
    }

    /** 1 where a text has a word, else 0: [length, N, 1]. */
    String mask() {
        if (mask == null) {
            var timeFirst = graph.node("Transpose", "present_by_time", List.of(present()), integers("perm", 1, 0));
            mask = graph.node("Unsqueeze", "mask", List.of(timeFirst, graph.integers(2)));
        }
        return mask;
    }

    /** 0 where a text has a word, else so much less than nothing that no softmax sees it: [N, 1, 1, length]. */
    String barrier() {
        if (barrier == null) {
            var missing = graph.node("Sub", "missing", List.of(present(), graph.scalar(1)));
            var far = graph.node("Mul", "far", List.of(missing, graph.scalar(1e9)));
            barrier = graph.node("Unsqueeze", "barrier", List.of(far, graph.integers(1, 2)));
        }
        return barrier;
    }

    private String present() {
        if (present == null) {
            present = graph.node(
                    "Cast",
                    "present",
                    List.of(graph.node("Greater", "is_word", List.of(words, graph.scalar(0)))),
                    integer("to", DataType.FLOAT.getNumber()));
        }
        return present;
    }
}
