package dev.capstan.bench;

import dev.capstan.worker.compress.prune.Chooser;
import dev.capstan.worker.compress.prune.HeldAtZero;
import dev.capstan.worker.compress.prune.Pruning;
import dev.capstan.worker.compress.prune.Pruning.Norm;
import dev.capstan.worker.compress.prune.Pruning.Scope;
import java.util.List;

/**
 * Pruning, with as many epochs of training after it.
 *
 * @param only the layers that lose something; null for all that can
 */
record CompressionPruning(String name, String model, Pruning pruning, List<String> only, int epochs)
        implements CompressionMethod {
    /** Half of the neurons of both hidden layers. */
    static final CompressionMethod NEURONS = of("neurons-50", "mlp", half(), null, 1);

    /** Nine weights of ten. */
    static final CompressionMethod SPARSE =
            of("weights-90", "mlp", new Pruning.SingleWeights(Scope.GLOBAL, 90), null, 2);

    /** Half of the LSTM's units, and of the numbers that stand for a word. */
    static final CompressionMethod UNITS = of("units-50", "text", half(), null, 2);

    /** Half of the channels of both convolutions. */
    static final CompressionMethod CHANNELS = of("channels-50", "lenet", half(), List.of("layer0", "layer2"), 1);

    private static final CompressionMethod SPARSE_TEXT =
            of("weights-90", "text", new Pruning.SingleWeights(Scope.GLOBAL, 90), null, 2);

    /** All rows. */
    static List<CompressionMethod> all() {
        return List.of(
                NEURONS,
                of("neurons-50-untuned", "mlp", half(), null, 0),
                SPARSE,
                of("weights-90-untuned", "mlp", new Pruning.SingleWeights(Scope.GLOBAL, 90), null, 0),
                of("2-of-4", "mlp", new Pruning.Groups(2, 4), null, 1),
                CHANNELS,
                of("channels-50-untuned", "lenet", half(), List.of("layer0", "layer2"), 0),
                of("weights-90", "lenet", new Pruning.SingleWeights(Scope.GLOBAL, 90), null, 1),
                UNITS,
                SPARSE_TEXT);
    }

    private static CompressionMethod of(String name, String model, Pruning pruning, List<String> only, int epochs) {
        return new CompressionOnce(new CompressionPruning(name, model, pruning, only, epochs));
    }

    private static Pruning half() {
        return new Pruning.WholeUnits(Norm.L1, Scope.LAYER, 50);
    }

    @Override
    public boolean suits(CompressionModel candidate) {
        return candidate.name().equals(model);
    }

    @Override
    public Made compressed(CompressionModel of) throws Exception {
        var network = of.copy();
        var parameters = network.stage().parameters();
        var choice = Chooser.choose(pruning, network.structure(), parameters, only);
        parameters.zero(choice.mask());
        var left = choice.removed().isEmpty() ? network : network.without(choice.removed());
        var held = new HeldAtZero(Chooser.zeros(left.structure(), left.stage().parameters()));
        of.tune(left, epochs, List.of(held));
        return new Made(of.onnx(left), left);
    }
}
