package dev.capstan.worker.compress.prune;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.compress.prune.Choice.Whole;
import dev.capstan.worker.model.Structure;
import dev.capstan.worker.model.Structure.Part;
import dev.capstan.worker.model.Structure.Role;
import dev.capstan.worker.model.Structure.Tensor;
import dev.capstan.worker.outcome.Failure;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The layers that may lose something.
 *
 * @param layers those, in the network's order
 * @param whole the others that have weights, and why
 */
record Candidates(List<Layer> layers, List<Whole> whole) {
    /**
     * @param names its own, and those of the layers whose units are in common with its
     * @param units which of the structure's units it gives, where whole units go; -1 elsewhere
     * @param noun what is taken from it, in the plural
     * @param tensors its weights
     */
    record Layer(List<String> names, int units, String noun, List<Tensor> tensors) {
        /** In messages. */
        String name() {
            return String.join(" and ", names);
        }

        private boolean is(String name) {
            return names.contains(name) || name().equals(name);
        }
    }

    /** @throws Failure InvalidJob if a layer that is named can't lose anything, or if none can */
    static Candidates of(Pruning pruning, Structure structure, Collection<String> named) {
        var all = switch (pruning) {
            case Pruning.SingleWeights single -> byWeights(structure);
            case Pruning.Groups groups -> byGroups(structure, groups);
            case Pruning.WholeUnits units -> byUnits(structure);
        };
        return named == null ? all.checked() : all.only(named);
    }

    private static Candidates byWeights(Structure structure) {
        var found = new Candidates(new ArrayList<>(), new ArrayList<>());
        for (var part : structure.parts()) {
            var weights = weights(part);
            if (!weights.isEmpty()) {
                found.layers.add(new Layer(List.of(part.layer()), -1, "weights", weights));
            }
        }
        structure.unread().forEach((layer, reason) -> found.whole.add(new Whole(layer, reason)));
        return found;
    }

    /** What of a layer's parameters can be pruned. */
    static List<Tensor> weights(Part part) {
        return part.tensors().stream()
                .filter(each -> each.role() == Role.WEIGHT || each.role() == Role.LOOKUP)
                .toList();
    }

    private static Candidates byGroups(Structure structure, Pruning.Groups groups) {
        var found = new Candidates(new ArrayList<>(), new ArrayList<>());
        var weights = byWeights(structure);
        found.whole.addAll(weights.whole);
        for (var layer : weights.layers) {
            var reason = layer.tensors().stream()
                    .filter(each -> each.role() == Role.LOOKUP
                            || each.axes().get(each.in()).length() % groups.group() != 0)
                    .findFirst()
                    .map(each -> notInGroups(each, groups))
                    .orElse(null);
            if (reason == null) {
                found.layers.add(layer);
            } else {
                found.whole.add(new Whole(layer.name(), reason));
            }
        }
        return found;
    }

    private static String notInGroups(Tensor tensor, Pruning.Groups groups) {
        return tensor.role() == Role.LOOKUP
                ? "is an embedding: its weights are looked up, and nothing is summed over its inputs"
                : "has " + tensor.axes().get(tensor.in()).length() + " inputs to its " + tensor.name()
                        + ", which don't divide into groups of " + groups.group();
    }

    private static Candidates byUnits(Structure structure) {
        var found = new Candidates(new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < structure.units().size(); i++) {
            var units = structure.units().get(i);
            if (units.fixed() != null) {
                units.layers().forEach(each -> found.whole.add(new Whole(each, units.fixed())));
                continue;
            }
            int number = i;
            var tensors = structure.parts().stream()
                    .flatMap(part -> weights(part).stream())
                    .filter(each -> each.axes().get(each.out()).units()[0] == number)
                    .toList();
            found.layers.add(new Layer(units.layers(), i, units.noun(), tensors));
        }
        structure.unread().forEach((layer, reason) -> found.whole.add(new Whole(layer, reason)));
        return found;
    }

    private Candidates checked() {
        if (layers.isEmpty()) {
            var reasons = whole.stream()
                    .map(each -> each.layer() + " " + each.reason())
                    .toList();
            throw new Failure(
                    Reason.InvalidJob,
                    "no layer of the model can be pruned like this"
                            + (reasons.isEmpty() ? ": it has no weights" : ": " + String.join("; ", reasons)));
        }
        return this;
    }

    private Candidates only(Collection<String> named) {
        for (var name : named) {
            if (layers.stream().noneMatch(each -> each.is(name))) {
                var reason = whole.stream()
                        .filter(each -> each.layer().equals(name))
                        .findFirst()
                        .map(each -> name + " can't be pruned like this: it " + each.reason())
                        .orElse("there is no layer " + name + " that could be pruned; there are "
                                + String.join(
                                        ", ", layers.stream().map(Layer::name).toList()));
                throw new Failure(Reason.InvalidJob, reason);
            }
        }
        return new Candidates(
                layers.stream()
                        .filter(each -> named.stream().anyMatch(each::is))
                        .toList(),
                whole);
    }

    /** A magnitude that is no number has no rank: NaN would be sorted anywhere, and go or stay by chance. */
    void checkNumbers(FloatBuffer weights) {
        for (var layer : layers) {
            for (var tensor : layer.tensors()) {
                for (int i = tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
                    if (!Float.isFinite(weights.get(i))) {
                        throw new Failure(
                                Reason.InvalidJob,
                                layer.name() + " has " + weights.get(i) + " among the weights " + tensor.name()
                                        + ", which has no rank by magnitude; the model must have finite weights");
                    }
                }
            }
        }
    }
}
