package dev.capstan.worker.model;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.outcome.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Whether a model that came as it is can be trained on the data. Only trying tells: its layers may be anybody's. Two
 * samples of zeros go through it, in each of the forms that its author may have meant.
 */
final class Misfit {
    private static final int SAMPLES = 2;
    private static final int LONGEST = 300;

    private Misfit() {}

    /** Makes a network that takes samples in the form. */
    interface Maker {
        Network in(Form form);
    }

    /**
     * The network in the first form that fits.
     *
     * @throws Failure InvalidJob if none does, with what DL4J says to each
     */
    static Network avoided(String field, Shape shape, Maker maker) {
        var complaints = new ArrayList<String>();
        for (var form : forms(shape)) {
            var rows = Nd4j.zeros(SAMPLES, shape.inputs());
            try {
                var network = maker.in(form);
                tried(network, rows, shape);
                return network;
            } catch (RuntimeException | LinkageError e) {
                var failure = Failure.of(e);
                if (failure == e || failure.reason() == Reason.OutOfMemory) {
                    throw failure;
                }
                complaints.add(Arrays.toString(form.of(rows).shape()) + ": " + brief(e.getMessage()));
            }
        }
        throw new Failure(
                Reason.InvalidJob,
                field + " doesn't fit the data, " + Signal.of(shape).describe() + ". DL4J says to " + SAMPLES
                        + " samples of shape " + String.join("; of shape ", complaints));
    }

    /** A complaint's first line, cut to a length that a status can hold. */
    static String brief(String message) {
        var line = String.valueOf(message).strip().lines().findFirst().orElse("");
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST - 1) + "…";
    }

    private static void tried(Network network, INDArray rows, Shape shape) {
        INDArray mask = null;
        if (shape instanceof Shape.Tokens) {
            mask = Nd4j.zeros(rows.shape());
            mask.getColumn(0).assign(1);
        }
        var output = network.output(rows, mask);
        if (output.rank() != 2 || output.columns() != network.classes()) {
            throw new IllegalStateException("its output has the shape " + Arrays.toString(output.shape())
                    + ", which should be [" + SAMPLES + ", " + network.classes() + "]");
        }
        var labels = Nd4j.zeros(SAMPLES, network.classes());
        labels.getColumn(0).assign(1);
        network.computeGradient(rows, labels, mask);
    }

    private static List<Form> forms(Shape shape) {
        return switch (shape) {
            case Shape.Flat flat -> List.of(new Form.Rows());
            case Shape.Tokens tokens -> List.of(new Form.Rows());
            case Shape.Image(var height, var width, var channels) ->
                List.of(
                        new Form.Rows(),
                        new Form.ChannelsFirst(channels, height, width),
                        new Form.ChannelsLast(channels, height, width));
        };
    }
}
