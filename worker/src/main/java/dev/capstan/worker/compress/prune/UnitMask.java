package dev.capstan.worker.compress.prune;

import dev.capstan.worker.model.Structure;
import dev.capstan.worker.model.Structure.Role;
import dev.capstan.worker.model.Structure.Tensor;
import dev.capstan.worker.step.Mask;
import java.util.BitSet;
import java.util.List;

/**
 * The mask under which a network answers as if units were gone. The weights that take a unit up are in it, and not only
 * those that make it: a unit without weights still gives what its activation makes of 0, or of batch normalization's
 * beta, and a sigmoid makes 0.5 of that. Running statistics are no weights, and stay.
 */
final class UnitMask {
    private UnitMask() {}

    /**
     * @param removed of each of the structure's units
     * @param parameters how many the network has
     */
    static Mask of(Structure structure, List<BitSet> removed, int parameters) {
        var zeros = new BitSet(parameters);
        for (var part : structure.parts()) {
            for (var tensor : part.tensors()) {
                if (tensor.role() != Role.STATISTIC) {
                    add(tensor, tensor.offset(), 0, false, removed, zeros);
                }
            }
        }
        return Mask.of(parameters, zeros);
    }

    private static void add(Tensor tensor, int from, int dimension, boolean gone, List<BitSet> removed, BitSet zeros) {
        if (dimension == tensor.axes().size()) {
            if (gone) {
                zeros.set(from);
            }
            return;
        }
        var axis = tensor.axes().get(dimension);
        for (int i = 0; i < axis.length(); i++) {
            add(
                    tensor,
                    from + i * tensor.strides()[dimension],
                    dimension + 1,
                    gone || axis.removed(i, removed),
                    removed,
                    zeros);
        }
    }
}
