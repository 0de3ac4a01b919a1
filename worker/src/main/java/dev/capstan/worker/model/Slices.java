package dev.capstan.worker.model;

import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Slice.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;

/** What lies mixed in what DL4J calls a network's gradient. */
final class Slices {
    private Slices() {}

    /** Neighbours of one kind are one slice. */
    static List<Slice> of(BaseMultiLayerUpdater<?> updater) {
        var slices = new ArrayList<Slice>();
        for (var block : updater.getUpdaterBlocks()) {
            for (var part : block.getLayersAndVariablesInBlock()) {
                long from = part.getParamOffsetStart();
                long to = part.getParamOffsetEnd();
                var kind = kind(part.getLayer(), part.getParamName());
                var last = slices.isEmpty() ? null : slices.getLast();
                if (last != null && last.kind() == kind && last.offset() + last.length() == from) {
                    slices.set(slices.size() - 1, new Slice(last.offset(), to - last.offset(), kind));
                } else if (to > from) {
                    slices.add(new Slice(from, to - from, kind));
                }
            }
        }
        return List.copyOf(slices);
    }

    /** Which layer's parameter begins where, in words. */
    static NavigableMap<Long, String> owners(BaseMultiLayerUpdater<?> updater) {
        var owners = new TreeMap<Long, String>();
        for (var block : updater.getUpdaterBlocks()) {
            for (var part : block.getLayersAndVariablesInBlock()) {
                var layer = part.getLayer();
                owners.put(
                        (long) part.getParamOffsetStart(),
                        layer.getConfig().getLayerName() + " ("
                                + layer.getClass().getSimpleName() + ", " + part.getParamName() + ")");
            }
        }
        return owners;
    }

    /** DL4J tells derivatives from statistics by what it divides by the number of samples. */
    private static Kind kind(Trainable layer, String parameter) {
        if (layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop) {
            return Kind.FROZEN;
        }
        return layer.updaterDivideByMinibatch(parameter) ? Kind.DERIVATIVE : Kind.STATISTIC;
    }
}
