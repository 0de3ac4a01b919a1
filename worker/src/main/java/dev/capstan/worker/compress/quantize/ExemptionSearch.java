package dev.capstan.worker.compress.quantize;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import onnx.Onnx.ModelProto;

/**
 * What came of putting layers back to float, one more in each trial, the most sensitive first, until the model was good
 * enough (as Wu et al. 2020, section 6.1, "Partial quantization"). That none was is a result as well.
 *
 * @param bound that the metric had to reach
 * @param trials in their order
 * @param chosen the first model within the bound, the one with the fewest layers in float; none if none was
 */
public record ExemptionSearch(double bound, List<Trial> trials, Optional<Quantized> chosen) {
    /**
     * One model that was measured.
     *
     * @param exempt layers in float beside those that the settings name
     * @param metric what the evaluator said
     * @param comparison with the float model
     * @param accepted whether the metric reached the bound and the outputs were as near to the float model's as the
     *     settings ask
     */
    public record Trial(Set<String> exempt, double metric, Comparison comparison, boolean accepted) {
        public Trial {
            exempt = Collections.unmodifiableSortedSet(new TreeSet<>(exempt));
        }
    }

    /** The trial that came nearest to the bound; the earlier of two alike. */
    public Trial best() {
        return trials.stream()
                .max(Comparator.comparing(Trial::accepted)
                        .thenComparing(each -> Double.isNaN(each.metric()) ? Double.NEGATIVE_INFINITY : each.metric())
                        .thenComparing(each -> -each.exempt().size()))
                .orElseThrow();
    }

    static ExemptionSearch run(Calibrated calibrated, ToDoubleFunction<ModelProto> evaluator, double bound) {
        var known = calibrated.trials();
        var trials = new ArrayList<Trial>();
        List<String> order = List.of();
        int layers = calibrated.layers().size();
        // A model with all layers in float would be no quantized one.
        for (int count = 0; count < layers; count++) {
            if (count == 1) {
                order = calibrated.sensitivities().stream()
                        .sorted(Comparator.comparingDouble(
                                each -> -each.comparison().error()))
                        .map(Sensitivity::layer)
                        .toList();
            }
            if (count < known.size() && !known.get(count).accepted()) {
                trials.add(known.get(count));
                continue;
            }
            var exempt = new TreeSet<>(order.subList(0, count));
            var quantized = calibrated.quantize(exempt);
            if (count >= known.size()) {
                double metric = evaluator.applyAsDouble(quantized.model());
                boolean accepted = metric >= bound && calibrated.isNear(quantized);
                calibrated.tried(new Trial(exempt, metric, quantized.comparison(), accepted));
            }
            trials.add(calibrated.trials().get(count));
            if (trials.getLast().accepted()) {
                return new ExemptionSearch(bound, List.copyOf(trials), Optional.of(quantized));
            }
        }
        return new ExemptionSearch(bound, List.copyOf(trials), Optional.empty());
    }
}
