package dev.capstan.worker.compress.prune;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.model.Structure;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Mask;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;

/** Chooses what a network can best do without. The same weights give the same choice, equal magnitudes included. */
public final class Chooser {
    private Chooser() {}

    /** Of all layers that can lose something; the others are told of in the choice. */
    public static Choice choose(Pruning pruning, Structure structure, Flat parameters) {
        return choose(pruning, structure, parameters, null);
    }

    /**
     * Chooses, and changes nothing.
     *
     * @param parameters of the network
     * @param layers names of those that are to lose something; null for all that can
     * @throws Failure InvalidJob if a layer that is named can't lose anything, if no layer can, if one would be left
     *     with nothing, or if a weight is no number; the sentence names the layer
     */
    public static Choice choose(Pruning pruning, Structure structure, Flat parameters, Collection<String> layers) {
        check(pruning);
        return parameters.inMemory(bytes -> {
            var weights = bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
            var candidates = Candidates.of(pruning, structure, layers);
            candidates.checkNumbers(weights);
            return switch (pruning) {
                case Pruning.SingleWeights single -> new SmallestWeights(candidates, weights).choose(single);
                case Pruning.Groups groups -> GroupedWeights.choose(groups, candidates, weights);
                case Pruning.WholeUnits units -> new SmallestUnits(structure, candidates, weights).choose(units);
            };
        });
    }

    /** Names of the layers that can lose something by that. */
    public static List<String> layers(Pruning pruning, Structure structure) {
        return Candidates.of(pruning, structure, null).layers().stream()
                .map(Candidates.Layer::name)
                .toList();
    }

    /**
     * The weights that are exactly 0 already, as an earlier pruning has left them: held too, they stay so in whatever
     * training comes next. A model that was read from a file, or cut since, has no other record of them.
     */
    public static Mask zeros(Structure structure, Flat parameters) {
        return parameters.inMemory(bytes -> {
            var weights = bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
            var zeros = new BitSet(weights.limit());
            for (var part : structure.parts()) {
                for (var tensor : Candidates.weights(part)) {
                    for (int i = tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
                        zeros.set(i, weights.get(i) == 0);
                    }
                }
            }
            return Mask.of(weights.limit(), zeros);
        });
    }

    private static void check(Pruning pruning) {
        switch (pruning) {
            case Pruning.SingleWeights(var scope, var percent) -> check(percent);
            case Pruning.WholeUnits(var norm, var scope, var percent) -> check(percent);
            case Pruning.Groups(var kept, var group) -> {
                if (kept < 1 || kept >= group) {
                    throw new Failure(
                            Reason.InvalidJob,
                            "of each " + group + " weights " + kept + " are to stay; it must be at least 1, and less"
                                    + " than all of them, as in 2 of 4");
                }
            }
        }
    }

    private static void check(double percent) {
        // Written so that NaN is refused, too. 100 is refused with the layer that it leaves nothing of.
        if (!(percent > 0 && percent <= 100)) {
            throw new Failure(
                    Reason.InvalidJob,
                    "a share of " + Numbers.plain(percent) + " % is to be pruned; it must be more than 0 and less than"
                            + " 100");
        }
    }
}
