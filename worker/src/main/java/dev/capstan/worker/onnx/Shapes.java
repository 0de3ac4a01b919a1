package dev.capstan.worker.onnx;

import static dev.capstan.worker.onnx.GraphBuilder.integer;
import static dev.capstan.worker.onnx.GraphBuilder.integers;

import dev.capstan.worker.onnx.Signal.Image;
import dev.capstan.worker.onnx.Signal.Row;
import java.util.List;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;

/** What DL4J puts between layers that take numbers in different dimensions. */
final class Shapes {
    private final GraphBuilder graph;

    Shapes(GraphBuilder graph) {
        this.graph = graph;
    }

    /**
     * Adds what comes before a layer.
     *
     * @param name the layer's
     * @param change null if nothing does
     */
    Signal before(String name, InputPreProcessor change, Signal input) throws NotTranslatable {
        if (change == null) {
            return input;
        }
        if (change.getClass() == CnnToFeedForwardPreProcessor.class) {
            return input instanceof Image image ? rows(name, image) : input;
        }
        if (change.getClass() == FeedForwardToCnnPreProcessor.class) {
            var images = (FeedForwardToCnnPreProcessor) change;
            return input instanceof Row row
                    ? images(
                            name + "_images",
                            row.tensor(),
                            images.getNumChannels(),
                            images.getInputHeight(),
                            images.getInputWidth(),
                            false)
                    : input;
        }
        // Behind what makes a sequence one row, DL4J has it, and it does nothing.
        if (change.getClass() == RnnToFeedForwardPreProcessor.class && input instanceof Row) {
            return input;
        }
        throw new NotTranslatable("layer " + name + " has a "
                + change.getClass().getSimpleName() + " before it, which this worker can't write as ONNX");
    }

    /** Rows as images; they go channel by channel, row by row. */
    Image images(String wanted, String rows, long channels, long height, long width, boolean channelsLast) {
        var shape = graph.integers(-1, channels, height, width);
        return new Image(graph.node("Reshape", wanted, List.of(rows, shape)), channels, height, width, channelsLast);
    }

    /** Images as rows, in the order in which DL4J holds their numbers. */
    private Row rows(String name, Image image) {
        var ordered = image.channelsLast()
                ? graph.node(
                        "Transpose", name + "_channels_last", List.of(image.tensor()), integers("perm", 0, 2, 3, 1))
                : image.tensor();
        return new Row(
                graph.node("Flatten", name + "_Flatten", List.of(ordered), integer("axis", 1)),
                image.channels() * image.height() * image.width());
    }
}
