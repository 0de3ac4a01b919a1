package dev.capstan.worker.compress.prune;

import dev.capstan.worker.compress.prune.Choice.Share;
import dev.capstan.worker.model.Structure.Tensor;
import dev.capstan.worker.step.Mask;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Chooses, of each group of successive weights along the inputs, those of the smallest absolute value. */
final class GroupedWeights {
    private GroupedWeights() {}

    static Choice choose(Pruning.Groups pruning, Candidates candidates, FloatBuffer weights) {
        var zeros = new BitSet(weights.limit());
        var shares = new ArrayList<Share>();
        for (var layer : candidates.layers()) {
            int before = zeros.cardinality();
            layer.tensors().forEach(each -> choose(pruning, each, each.offset(), 0, weights, zeros));
            int count = layer.tensors().stream().mapToInt(Tensor::length).sum();
            shares.add(new Share(layer.name(), layer.noun(), zeros.cardinality() - before, count));
        }
        return new Choice(Mask.of(weights.limit(), zeros), List.of(), shares, candidates.whole());
    }

    /** Goes through all indices but those along the inputs. */
    private static void choose(
            Pruning.Groups pruning, Tensor tensor, int from, int dimension, FloatBuffer weights, BitSet zeros) {
        if (dimension == tensor.axes().size()) {
            int step = tensor.strides()[tensor.in()];
            for (int i = 0; i < tensor.axes().get(tensor.in()).length(); i += pruning.group()) {
                smallest(pruning, from + i * step, step, weights, zeros);
            }
            return;
        }
        int length = dimension == tensor.in() ? 1 : tensor.axes().get(dimension).length();
        for (int i = 0; i < length; i++) {
            choose(pruning, tensor, from + i * tensor.strides()[dimension], dimension + 1, weights, zeros);
        }
    }

    /** Among equal ones, the earlier go first. */
    private static void smallest(Pruning.Groups pruning, int from, int step, FloatBuffer weights, BitSet zeros) {
        for (int taken = 0; taken < pruning.group() - pruning.kept(); taken++) {
            int smallest = -1;
            for (int i = 0; i < pruning.group(); i++) {
                int index = from + i * step;
                if (!zeros.get(index)
                        && (smallest < 0 || Math.abs(weights.get(index)) < Math.abs(weights.get(smallest)))) {
                    smallest = index;
                }
            }
            zeros.set(smallest);
        }
    }
}
