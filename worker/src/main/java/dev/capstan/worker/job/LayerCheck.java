package dev.capstan.worker.job;

import dev.capstan.protocol.Layer;
import dev.capstan.worker.model.Functions;
import java.util.List;

/** What is wrong with a list of layers. */
final class LayerCheck {
    private final Problems problems;

    LayerCheck(Problems problems) {
        this.problems = problems;
    }

    void layers(List<Layer> layers) {
        int before = problems.sentences().size();
        if (layers.isEmpty()) {
            problems.add("model.layers is empty; it needs at least an output layer");
            return;
        }
        for (int i = 0; i < layers.size(); i++) {
            var field = "model.layers[" + i + "]";
            var layer = layers.get(i);
            if (!problems.present(field, layer)) {
                continue;
            }
            var last = i == layers.size() - 1;
            problems.require(
                    layer instanceof Layer.Output == last,
                    last
                            ? field + " is the last layer and no output layer; the last one must be"
                            : field + " is an output layer; only the last one may be");
            layer(field, layer);
        }
        if (problems.sentences().size() == before) {
            new WidthCheck(problems).layers(layers);
        }
    }

    private void residual(String field, List<Layer> layers) {
        if (!problems.present(field, layers)) {
            return;
        }
        problems.require(!layers.isEmpty(), field + " is empty; it needs at least one layer");
        for (int i = 0; i < layers.size(); i++) {
            var inner = field + "[" + i + "]";
            if (problems.present(inner, layers.get(i))) {
                problems.require(
                        !(layers.get(i) instanceof Layer.Residual || layers.get(i) instanceof Layer.Output),
                        inner + " is a residual or an output layer; neither may be within a residual");
                layer(inner, layers.get(i));
            }
        }
    }

    private void layer(String field, Layer layer) {
        switch (layer) {
            case Layer.Dense(var units, var activation) -> {
                units(field, units);
                activation(field, activation);
            }
            case Layer.Output(var units, var activation, var loss) -> {
                units(field, units);
                activation(field, activation);
                problems.require(
                        loss != null && Functions.loss(loss).isPresent(),
                        field + ".loss is " + Problems.quoted(loss) + "; it must be one of "
                                + String.join(", ", Functions.losses()));
            }
            case Layer.Convolution(var filters, var kernel, var stride, var padding, var activation) -> {
                problems.atLeastOne(field + ".filters", filters);
                problems.atLeastOne(field + ".kernelSize", kernel);
                problems.atLeastOne(field + ".stride", stride);
                problems.present(field + ".padding", padding);
                activation(field, activation);
            }
            case Layer.Pooling(var type, var kernel, var stride) -> {
                problems.present(field + ".type", type);
                problems.atLeastOne(field + ".kernelSize", kernel);
                problems.atLeastOne(field + ".stride", stride);
            }
            case Layer.GlobalPooling(var type) -> problems.present(field + ".type", type);
            case Layer.BatchNormalization(var decay, var epsilon) -> {
                problems.fraction(field + ".decay", decay);
                problems.aboveZero(field + ".epsilon", epsilon);
            }
            case Layer.Dropout(var rate) -> problems.fraction(field + ".rate", rate);
            case Layer.Embedding(var units) -> units(field, units);
            case Layer.Lstm(var units, var activation, var returnSequences) -> {
                units(field, units);
                activation(field, activation);
            }
            case Layer.BidirectionalLstm(var units, var activation) -> {
                units(field, units);
                activation(field, activation);
            }
            case Layer.Conv1d(var filters, var kernel, var activation) -> {
                problems.atLeastOne(field + ".filters", filters);
                problems.require(
                        kernel >= 1 && kernel % 2 == 1,
                        field + ".kernelSize is " + kernel + "; it must be odd and at least 1");
                activation(field, activation);
            }
            case Layer.LayerNormalization(var epsilon) -> problems.aboveZero(field + ".epsilon", epsilon);
            case Layer.Positions positions -> {}
            case Layer.Attention(var heads) -> problems.atLeastOne(field + ".heads", heads);
            case Layer.Residual(var inner) -> residual(field + ".residual.layers", inner);
        }
    }

    private void units(String field, int units) {
        problems.atLeastOne(field + ".units", units);
    }

    private void activation(String field, String activation) {
        problems.require(
                activation != null && Functions.activation(activation).isPresent(),
                field + ".activation is " + Problems.quoted(activation) + "; it must be one of "
                        + String.join(", ", Functions.activations()));
    }
}
