package dev.capstan.worker.job;

import dev.capstan.protocol.Layer;
import java.util.List;

/**
 * How many numbers the vectors of a sequence have from layer to layer. An embedding says that before anything is read;
 * of images and rows it follows from the data, and is checked with them.
 */
final class WidthCheck {
    /** Of what are no sequences. */
    private static final long NONE = 0;

    private final Problems problems;

    WidthCheck(Problems problems) {
        this.problems = problems;
    }

    /** @param layers each of them checked by itself */
    void layers(List<Layer> layers) {
        through("model.layers", layers, NONE);
    }

    private long through(String field, List<Layer> layers, long given) {
        long width = given;
        for (int i = 0; i < layers.size(); i++) {
            width = through(field + "[" + i + "]", layers.get(i), width);
        }
        return width;
    }

    private long through(String field, Layer layer, long width) {
        return switch (layer) {
            case Layer.Embedding(var units) -> units;
            case Layer.Conv1d(var filters, var kernel, var activation) -> filters;
            case Layer.Lstm(var units, var activation, var returnSequences) -> returnSequences ? units : NONE;
            case Layer.BidirectionalLstm(var units, var activation) -> 2L * units;
            case Layer.Dense(var units, var activation) -> width == NONE ? NONE : units;
            case Layer.GlobalPooling pooling -> NONE;
            case Layer.Attention(var heads) -> {
                problems.require(
                        width % heads == 0,
                        field + ".heads is " + heads + ", and the vectors before it have " + width
                                + " numbers, which the heads share equally; it must divide " + width);
                yield width;
            }
            case Layer.Residual(var inner) -> {
                long out = through(field + ".residual.layers", inner, width);
                problems.require(
                        out == width || width == NONE,
                        field + ".residual.layers get vectors of " + width + " numbers and give "
                                + (out == NONE ? "no vectors" : "vectors of " + out)
                                + "; both are added, so the last of them must give vectors of " + width);
                yield width;
            }
            default -> width;
        };
    }
}
