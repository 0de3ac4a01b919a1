package dev.capstan.worker.model;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Signal.Image;
import dev.capstan.worker.model.Signal.Row;
import dev.capstan.worker.model.Signal.Sequence;
import dev.capstan.worker.model.Signal.Words;
import dev.capstan.worker.outcome.Failure;
import java.util.List;

/**
 * Follows a sample through the layers before any of them is built: does each fit what comes out of the one before, and
 * how many parameters do they have? DL4J finds some of that out, too, but later and in words of its own.
 */
final class Stack {
    /** The ring sums all gradients in one buffer of less than 2 GiB. */
    static final int MOST_PARAMETERS = Integer.MAX_VALUE / Float.BYTES;

    private final String place;
    private final List<Layer> layers;
    private Signal signal;
    private long parameters;

    private Stack(String place, List<Layer> layers, Signal signal) {
        this.place = place;
        this.layers = layers;
        this.signal = signal;
    }

    /**
     * @param layers checked one by one, the last of them an output layer
     * @param shape what the first layer gets
     * @return number of parameters
     * @throws Failure InvalidJob if a layer doesn't fit, or if there are more parameters than one buffer holds
     */
    static long check(List<Layer> layers, Shape shape) {
        var stack = new Stack("model.layers", layers, Signal.of(shape));
        for (int i = 0; i < layers.size(); i++) {
            stack.signal = stack.through(i);
            if (stack.parameters > MOST_PARAMETERS) {
                throw new Failure(
                        Reason.InvalidJob,
                        "model.layers have more than " + MOST_PARAMETERS + " parameters with "
                                + Signal.of(shape).describe()
                                + "; this worker trains no larger model. Take fewer units or filters");
            }
        }
        return stack.parameters;
    }

    /** Whether what a dropout drops is dropped by the layer behind it, since DL4J's own can't cope with sequences. */
    static boolean dropsItself(List<Layer> layers, int next) {
        return next < layers.size() && layers.get(next) instanceof Layer.Lstm;
    }

    private Signal through(int index) {
        var layer = layers.get(index);
        return switch (layer) {
            case Layer.Convolution(var filters, var kernel, var stride, var padding, var activation) -> {
                var image = image(index, "a convolution");
                parameters += (image.channels() * kernel * kernel + 1) * filters;
                yield padding == Layer.Padding.SAME
                        ? new Image(Math.ceilDiv(image.height(), stride), Math.ceilDiv(image.width(), stride), filters)
                        : slid(index, image, kernel, stride, filters);
            }
            case Layer.Pooling(var type, var kernel, var stride) -> {
                var image = image(index, "a pooling");
                yield slid(index, image, kernel, stride, image.channels());
            }
            case Layer.GlobalPooling pooling ->
                switch (signal) {
                    case Image image -> new Row(image.channels());
                    case Sequence sequence -> new Row(sequence.width());
                    case Row row ->
                        throw refused(index, "a globalPooling", "it needs images or sequences; leave it out");
                    case Words words -> throw refused(index, "a globalPooling", "an embedding must come first");
                };
            case Layer.BatchNormalization normalization ->
                switch (signal) {
                    case Image image -> {
                        parameters += 4 * image.channels();
                        yield image;
                    }
                    case Row row -> {
                        parameters += 4 * row.numbers();
                        yield row;
                    }
                    case Sequence sequence ->
                        throw refused(
                                index,
                                "a batchNormalization",
                                "it needs images or rows; put it behind a globalPooling or an lstm with"
                                        + " returnSequences: false");
                    case Words words -> throw refused(index, "a batchNormalization", "an embedding must come first");
                };
            case Layer.Dropout dropout ->
                switch (signal) {
                    case Words words -> throw refused(index, "a dropout", "an embedding must come first");
                    case Sequence sequence -> {
                        if (!dropsItself(layers, index + 1)) {
                            throw refused(
                                    index,
                                    "a dropout",
                                    "of sequences it can drop only what an lstm gets; put it"
                                            + " directly before an lstm, or behind the layer that ends the sequences");
                        }
                        yield sequence;
                    }
                    case Image image -> image;
                    case Row row -> row;
                };
            case Layer.Embedding(var units) -> {
                if (index > 0) {
                    throw new Failure(
                            Reason.InvalidJob, field(index) + " is an embedding; only the first layer may be one");
                }
                if (!(signal instanceof Words words)) {
                    throw refused(index, "an embedding", "it needs words: data of format text with encoding: sequence");
                }
                parameters += words.vocabulary() * units;
                yield new Sequence(words.length(), units);
            }
            case Layer.Lstm(var units, var activation, var returnSequences) -> {
                if (!(signal instanceof Sequence sequence)) {
                    throw refused(
                            index,
                            "an lstm",
                            signal instanceof Words
                                    ? "an embedding must come first"
                                    : "it needs sequences: an embedding or another lstm with returnSequences: true"
                                            + " before it");
                }
                parameters += 4 * units * (sequence.width() + units + 1);
                yield returnSequences ? new Sequence(sequence.length(), units) : new Row(units);
            }
            case Layer.BidirectionalLstm(var units, var activation) -> {
                var sequence = sequence(index, "a bidirectional lstm");
                parameters += 8L * units * (sequence.width() + units + 1);
                yield new Sequence(sequence.length(), 2L * units);
            }
            case Layer.Conv1d(var filters, var kernel, var activation) -> {
                var sequence = sequence(index, "a conv1d");
                noSoftmax(index, "a conv1d", activation);
                parameters += (sequence.width() * kernel + 1) * filters;
                yield new Sequence(sequence.length(), filters);
            }
            case Layer.LayerNormalization normalization ->
                switch (signal) {
                    case Row row -> {
                        parameters += 2 * row.numbers();
                        yield row;
                    }
                    case Sequence sequence -> {
                        parameters += 2 * sequence.width();
                        yield sequence;
                    }
                    case Image image ->
                        throw refused(
                                index,
                                "a layerNormalization",
                                "it needs rows or sequences; take a batchNormalization, or put it behind a dense layer");
                    case Words words -> throw refused(index, "a layerNormalization", "an embedding must come first");
                };
            case Layer.Positions positions -> {
                var sequence = sequence(index, "a positions layer");
                parameters += sequence.length() * sequence.width();
                yield sequence;
            }
            case Layer.Attention(var heads) -> {
                var sequence = sequence(index, "an attention");
                if (sequence.width() % heads != 0) {
                    throw new Failure(
                            Reason.InvalidJob,
                            field(index) + ".heads is " + heads + ", but it gets " + sequence.describe()
                                    + ", which can't be shared equally; take a number that divides "
                                    + sequence.width());
                }
                parameters += 4 * sequence.width() * sequence.width();
                yield sequence;
            }
            case Layer.Residual(var inner) -> residual(index, inner);
            case Layer.Dense(var units, var activation) ->
                signal instanceof Sequence sequence
                        ? vectorByVector(index, sequence, units, activation)
                        : connected(index, "a dense layer", units);
            case Layer.Output(var units, var activation, var loss) -> connected(index, "an output layer", units);
        };
    }

    private Sequence vectorByVector(int index, Sequence sequence, long units, String activation) {
        noSoftmax(index, "a dense layer", activation);
        parameters += (sequence.width() + 1) * units;
        return new Sequence(sequence.length(), units);
    }

    /** DL4J's would go along time. */
    private void noSoftmax(int index, String what, String activation) {
        if (activation.equals("softmax")) {
            throw refused(index, what + " with activation softmax", "take another one, such as relu");
        }
    }

    private Signal residual(int index, List<Layer> inner) {
        if (signal instanceof Words) {
            throw refused(index, "a residual", "an embedding must come first");
        }
        var block = new Stack(field(index) + ".residual.layers", inner, signal);
        for (int i = 0; i < inner.size(); i++) {
            block.signal = block.through(i);
        }
        if (!block.signal.equals(signal)) {
            throw new Failure(
                    Reason.InvalidJob,
                    field(index) + " is a residual that gets " + signal.describe() + ", and whose layers make "
                            + block.signal.describe()
                            + " of them; both are added, so its last layer must give what the block gets");
        }
        parameters += block.parameters;
        return signal;
    }

    private Sequence sequence(int index, String what) {
        if (signal instanceof Sequence sequence) {
            return sequence;
        }
        throw refused(
                index,
                what,
                signal instanceof Words
                        ? "an embedding must come first"
                        : "it needs sequences: data of format text with encoding: sequence, and no layer before it"
                                + " that ends the sequences");
    }

    private Row connected(int index, String what, long units) {
        long width = switch (signal) {
            case Row row -> row.numbers();
            case Image image -> image.height() * image.width() * image.channels();
            case Words words -> throw refused(index, what, "an embedding must come first");
            case Sequence sequence ->
                throw refused(
                        index,
                        what,
                        "it needs rows or images; put a globalPooling or an lstm with returnSequences: false"
                                + " before it");
        };
        parameters += (width + 1) * units;
        return new Row(units);
    }

    private Image image(int index, String what) {
        if (signal instanceof Image image) {
            return image;
        }
        throw refused(
                index,
                what,
                "it needs images: data of format idx or images, and no layer before it that flattens them");
    }

    private Image slid(int index, Image image, int kernel, int stride, long channels) {
        if (kernel > image.height() || kernel > image.width()) {
            throw new Failure(
                    Reason.InvalidJob,
                    field(index) + ".kernelSize is " + kernel + ", but it gets " + image.describe()
                            + "; take a kernel of at most " + Math.min(image.height(), image.width())
                            + ", or fewer layers before it that make the images smaller");
        }
        return new Image((image.height() - kernel) / stride + 1, (image.width() - kernel) / stride + 1, channels);
    }

    private Failure refused(int index, String what, String right) {
        return new Failure(
                Reason.InvalidJob, field(index) + " is " + what + ", but it gets " + signal.describe() + "; " + right);
    }

    private String field(int index) {
        return place + "[" + index + "]";
    }
}
