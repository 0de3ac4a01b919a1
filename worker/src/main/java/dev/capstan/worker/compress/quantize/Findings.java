package dev.capstan.worker.compress.quantize;

import dev.capstan.worker.compress.quantize.ExemptionSearch.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What has been found out about a model on the way to its integers. Who goes on from it finds the rest as if nobody had
 * stopped: its numbers are exact, and what follows from them is.
 *
 * @param weightRange that the weights use
 * @param ranges of activations, by tensor
 * @param means of layers' inputs by channel, by tensor
 * @param sensitivities of the first layers, or of all
 * @param trials of the search for layers to exempt, the first or all
 */
public record Findings(
        WeightRange weightRange,
        Map<String, Range> ranges,
        Map<String, double[]> means,
        List<Sensitivity> sensitivities,
        List<Trial> trials) {

    /** After the calibration. */
    Findings(WeightRange weightRange, Map<String, Range> ranges, Map<String, double[]> means) {
        this(weightRange, ranges, means, List.of(), List.of());
    }

    /** Whether nothing but ranges and means is known. */
    public boolean isCalibration() {
        return sensitivities.isEmpty() && trials.isEmpty();
    }

    /** Whether they are of a model with these tensors and layers' inputs, by weights of that range. */
    boolean fits(Set<String> tensors, Set<String> inputs, WeightRange weights) {
        return weightRange == weights
                && ranges.keySet().equals(tensors)
                && means.keySet().equals(inputs);
    }

    Findings with(Sensitivity sensitivity) {
        var more = new ArrayList<>(sensitivities);
        more.add(sensitivity);
        return new Findings(weightRange, ranges, means, more, trials);
    }

    Findings with(Trial trial) {
        var more = new ArrayList<>(trials);
        more.add(trial);
        return new Findings(weightRange, ranges, means, sensitivities, more);
    }
}
