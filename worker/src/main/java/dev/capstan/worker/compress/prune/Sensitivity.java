package dev.capstan.worker.compress.prune;

import dev.capstan.worker.model.Structure;
import dev.capstan.worker.step.Flat;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What it costs to prune one layer alone, without any training after it: Li, Kadav, Durdanovic, Samet and Graf 2017
 * (arXiv:1608.08710), section 3.2. Each point is measured on its own, so that whoever was interrupted goes on with the
 * next.
 */
public final class Sensitivity {
    private final Structure structure;
    private final Flat parameters;
    private final Supplier<Map<String, Double>> evaluator;

    /**
     * @param layer which one is pruned
     * @param pruning how
     */
    public record Point(String layer, Pruning pruning) {}

    /**
     * @param point what was pruned
     * @param share how much of the layer that was
     * @param metrics measured then, by name
     */
    public record Measured(Point point, Choice.Share share, Map<String, Double> metrics) {}

    /**
     * @param structure of the network
     * @param parameters that the evaluator's network computes with; as before after each call
     * @param evaluator measures the network as it is
     */
    public Sensitivity(Structure structure, Flat parameters, Supplier<Map<String, Double>> evaluator) {
        this.structure = structure;
        this.parameters = parameters;
        this.evaluator = evaluator;
    }

    /** All that is to be measured: each layer that can lose something, by each of these prunings. */
    public static List<Point> points(Structure structure, List<Pruning> prunings) {
        return prunings.stream()
                .flatMap(pruning -> Chooser.layers(pruning, structure).stream().map(layer -> new Point(layer, pruning)))
                .toList();
    }

    /**
     * Measures one point.
     *
     * @throws dev.capstan.worker.outcome.Failure as {@link Chooser#choose}
     */
    public Measured measure(Point point) {
        var choice = Chooser.choose(point.pruning(), structure, parameters, List.of(point.layer()));
        var before = parameters.copy();
        try {
            parameters.zero(choice.mask());
            return new Measured(point, choice.shares().getFirst(), evaluator.get());
        } finally {
            parameters.set(before);
        }
    }
}
