package dev.capstan.worker.compress.prune;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.compress.prune.Candidates.Layer;
import dev.capstan.worker.compress.prune.Choice.Share;
import dev.capstan.worker.compress.prune.Pruning.Norm;
import dev.capstan.worker.compress.prune.Pruning.Scope;
import dev.capstan.worker.compress.prune.Pruning.WholeUnits;
import dev.capstan.worker.model.Structure;
import dev.capstan.worker.model.Structure.Tensor;
import dev.capstan.worker.outcome.Failure;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Chooses the units whose weights have the smallest norm. */
final class SmallestUnits {
    private final Structure structure;
    private final Candidates candidates;
    private final FloatBuffer weights;

    /** A unit and what it weighs. */
    private record Scored(Layer layer, int place, double score) {}

    SmallestUnits(Structure structure, Candidates candidates, FloatBuffer weights) {
        this.structure = structure;
        this.candidates = candidates;
        this.weights = weights;
    }

    Choice choose(WholeUnits pruning) {
        var all = new ArrayList<Scored>();
        var going = new ArrayList<Scored>();
        for (var layer : candidates.layers()) {
            var ranked = ranked(scored(layer, pruning.norm()));
            all.addAll(ranked);
            if (pruning.scope() == Scope.LAYER) {
                going.addAll(ranked.subList(0, Numbers.share(ranked.size(), pruning.percent())));
            }
        }
        if (pruning.scope() == Scope.GLOBAL) {
            going.addAll(ranked(all).subList(0, Numbers.share(all.size(), pruning.percent())));
        }
        var removed = structure.units().stream().map(each -> new BitSet()).toList();
        going.forEach(each -> removed.get(each.layer().units()).set(each.place()));
        checkLeft(pruning, removed, all);
        var shares = candidates.layers().stream()
                .map(each -> new Share(
                        each.name(), each.noun(), removed.get(each.units()).cardinality(), count(each)))
                .toList();
        return new Choice(UnitMask.of(structure, removed, weights.limit()), removed, shares, candidates.whole());
    }

    /** The sort keeps the order of equal ones: the earlier go first. */
    private static List<Scored> ranked(List<Scored> units) {
        return units.stream().sorted(Comparator.comparingDouble(Scored::score)).toList();
    }

    private int count(Layer layer) {
        return structure.units().get(layer.units()).count();
    }

    private List<Scored> scored(Layer layer, Norm norm) {
        var sums = new double[count(layer)];
        var counts = new long[count(layer)];
        layer.tensors().forEach(each -> add(each, each.offset(), 0, -1, norm, sums, counts));
        return IntStream.range(0, sums.length)
                .mapToObj(i -> new Scored(layer, i, mean(norm, sums[i], counts[i])))
                .toList();
    }

    /** By the weight, which within a layer ranks as the norm itself does: each unit has as many. */
    private static double mean(Norm norm, double sum, long count) {
        double mean = count == 0 ? 0 : sum / count;
        return norm == Norm.L2 ? Math.sqrt(mean) : mean;
    }

    private void add(Tensor tensor, int from, int dimension, int place, Norm norm, double[] sums, long[] counts) {
        if (dimension == tensor.axes().size()) {
            double weight = weights.get(from);
            sums[place] += norm == Norm.L1 ? Math.abs(weight) : weight * weight;
            counts[place]++;
            return;
        }
        var axis = tensor.axes().get(dimension);
        for (int i = 0; i < axis.length(); i++) {
            int unit = dimension == tensor.out() ? axis.places()[i] : place;
            add(tensor, from + i * tensor.strides()[dimension], dimension + 1, unit, norm, sums, counts);
        }
    }

    private void checkLeft(WholeUnits pruning, List<BitSet> removed, List<Scored> all) {
        for (var layer : candidates.layers()) {
            int count = count(layer);
            if (removed.get(layer.units()).cardinality() == count) {
                throw new Failure(
                        Reason.InvalidJob,
                        "pruning " + Numbers.plain(pruning.percent()) + " % of the units"
                                + (pruning.scope() == Scope.GLOBAL ? " of all layers together" : "")
                                + " leaves none of the " + count + " " + layer.noun() + " of " + layer.name()
                                + "; at most " + largest(pruning.scope(), all) + " % can go");
            }
        }
    }

    /** The largest share by which every layer keeps a unit. */
    private String largest(Scope scope, List<Scored> all) {
        return switch (scope) {
            case LAYER -> {
                int smallest =
                        candidates.layers().stream().mapToInt(this::count).min().orElseThrow();
                yield Numbers.percent(smallest - 1, smallest);
            }
            case GLOBAL -> {
                var left = new int[structure.units().size()];
                candidates.layers().forEach(each -> left[each.units()] = count(each));
                int going = 0;
                for (var each : ranked(all)) {
                    if (--left[each.layer().units()] == 0) {
                        break;
                    }
                    going++;
                }
                yield Numbers.percent(going, all.size());
            }
        };
    }
}
