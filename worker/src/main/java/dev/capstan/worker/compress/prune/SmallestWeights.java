package dev.capstan.worker.compress.prune;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.compress.prune.Candidates.Layer;
import dev.capstan.worker.compress.prune.Choice.Share;
import dev.capstan.worker.compress.prune.Pruning.Scope;
import dev.capstan.worker.compress.prune.Pruning.SingleWeights;
import dev.capstan.worker.model.Structure.Tensor;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Mask;
import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.List;

/** Chooses the weights of the smallest absolute value, an exact number of them. */
final class SmallestWeights {
    /** As unsigned numbers, the bits of absolute values are in the order of the values. */
    private static final int HALF = 16;

    private final Candidates candidates;
    private final FloatBuffer weights;

    SmallestWeights(Candidates candidates, FloatBuffer weights) {
        this.candidates = candidates;
        this.weights = weights;
    }

    Choice choose(SingleWeights pruning) {
        var zeros = new BitSet(weights.limit());
        switch (pruning.scope()) {
            case LAYER ->
                candidates
                        .layers()
                        .forEach(
                                each -> smallest(each.tensors(), Numbers.share(count(each), pruning.percent()), zeros));
            case GLOBAL -> {
                var all = candidates.layers().stream()
                        .flatMap(each -> each.tensors().stream())
                        .toList();
                smallest(all, Numbers.share(count(all), pruning.percent()), zeros);
            }
        }
        checkLeft(pruning, zeros);
        var shares = candidates.layers().stream()
                .map(each -> new Share(each.name(), each.noun(), zeros(each, zeros), count(each)))
                .toList();
        return new Choice(Mask.of(weights.limit(), zeros), List.of(), shares, candidates.whole());
    }

    private static int count(Layer layer) {
        return count(layer.tensors());
    }

    private static int count(List<Tensor> tensors) {
        return tensors.stream().mapToInt(Tensor::length).sum();
    }

    private static int zeros(Layer layer, BitSet zeros) {
        return layer.tensors().stream()
                .mapToInt(each ->
                        zeros.get(each.offset(), each.offset() + each.length()).cardinality())
                .sum();
    }

    /** Among equal ones, the earlier in memory go first: a threshold alone would take all of them or none. */
    private void smallest(List<Tensor> tensors, int wanted, BitSet zeros) {
        if (wanted == 0) {
            return;
        }
        int[] below = new int[1];
        int high = bucket(tensors, wanted, below, -1);
        int threshold = high << HALF | bucket(tensors, wanted - below[0], below, high);
        int ties = wanted - below[0];
        for (var tensor : tensors) {
            for (int i = tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
                int bits = bits(i);
                if (bits < threshold || bits == threshold && ties-- > 0) {
                    zeros.set(i);
                }
            }
        }
    }

    /**
     * In which bucket the last of the wanted lies: of the upper halves, or of the lower ones under one upper half.
     *
     * @param below gets the number of values in all buckets before it added
     */
    private int bucket(List<Tensor> tensors, int wanted, int[] below, int high) {
        var counts = new int[1 << HALF];
        for (var tensor : tensors) {
            for (int i = tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
                int bits = bits(i);
                if (high < 0) {
                    counts[bits >>> HALF]++;
                } else if (bits >>> HALF == high) {
                    counts[bits & 0xffff]++;
                }
            }
        }
        int bucket = 0;
        int before = 0;
        while (before + counts[bucket] < wanted) {
            before += counts[bucket++];
        }
        below[0] += before;
        return bucket;
    }

    private int bits(int index) {
        return Float.floatToRawIntBits(weights.get(index)) & Integer.MAX_VALUE;
    }

    private void checkLeft(SingleWeights pruning, BitSet zeros) {
        for (var layer : candidates.layers()) {
            int count = count(layer);
            if (zeros(layer, zeros) == count) {
                throw new Failure(
                        Reason.InvalidJob,
                        "pruning " + Numbers.plain(pruning.percent()) + " % of the weights"
                                + (pruning.scope() == Scope.GLOBAL ? " of all layers together" : "")
                                + " leaves none of the " + count + " of " + layer.name()
                                + "; at most " + largest(pruning.scope()) + " % can go");
            }
        }
    }

    /** The largest share by which every layer keeps a weight. */
    private String largest(Scope scope) {
        return switch (scope) {
            case LAYER -> {
                int smallest = candidates.layers().stream()
                        .mapToInt(SmallestWeights::count)
                        .min()
                        .orElseThrow();
                yield Numbers.percent(smallest - 1, smallest);
            }
            case GLOBAL -> {
                var all = candidates.layers().stream()
                        .flatMap(each -> each.tensors().stream())
                        .toList();
                int low = 0;
                int high = count(all);
                while (high - low > 1) {
                    int middle = (low + high) >>> 1;
                    var zeros = new BitSet(weights.limit());
                    smallest(all, middle, zeros);
                    if (candidates.layers().stream().anyMatch(each -> zeros(each, zeros) == count(each))) {
                        high = middle;
                    } else {
                        low = middle;
                    }
                }
                yield Numbers.percent(low, count(all));
            }
        };
    }
}
