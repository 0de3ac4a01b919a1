package dev.capstan.worker.model;

import dev.capstan.worker.model.Structure.Axis;
import dev.capstan.worker.model.Structure.Part;
import dev.capstan.worker.model.Structure.Tensor;
import dev.capstan.worker.model.Structure.Units;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Groups of outputs while a network is read: which belong together comes out only further on. */
final class UnitGroups {
    private final List<Group> groups = new ArrayList<>();

    private static final class Group {
        private final List<String> layers = new ArrayList<>();
        private final String noun;
        private final int count;
        private String fixed;
        /** The group that it has become part of; null if it is one of its own. */
        private Group whole;

        Group(String layer, String noun, int count) {
            layers.add(layer);
            this.noun = noun;
            this.count = count;
        }

        Group whole() {
            return whole == null ? this : whole.whole();
        }
    }

    /** The outputs of a layer. */
    Axis add(String layer, String noun, int count) {
        groups.add(new Group(layer, noun, count));
        var units = new int[count];
        Arrays.fill(units, groups.size() - 1);
        return new Axis(units, IntStream.range(0, count).toArray());
    }

    /** Nothing of these is to be taken away; the first reason counts. */
    void fix(Axis axis, String reason) {
        if (axis == null) {
            return;
        }
        Arrays.stream(axis.units()).filter(each -> each >= 0).distinct().forEach(each -> {
            var group = groups.get(each).whole();
            group.fixed = group.fixed == null ? reason : group.fixed;
        });
    }

    /** Each so many times in a row, as an image's channels are when it is flattened. */
    Axis repeated(Axis axis, long times) {
        return taken(
                axis,
                IntStream.range(0, Math.toIntExact(axis.length() * times))
                        .map(i -> (int) (i / times))
                        .toArray());
    }

    /** All of them, and again all of them. */
    Axis tiled(Axis axis, int times) {
        return taken(
                axis,
                IntStream.range(0, axis.length() * times)
                        .map(i -> i % axis.length())
                        .toArray());
    }

    /** One behind the other. */
    Axis joined(List<Axis> axes) {
        return new Axis(
                axes.stream().flatMapToInt(each -> Arrays.stream(each.units())).toArray(),
                axes.stream().flatMapToInt(each -> Arrays.stream(each.places())).toArray());
    }

    private static Axis taken(Axis axis, int[] indices) {
        return new Axis(
                Arrays.stream(indices).map(i -> axis.units()[i]).toArray(),
                Arrays.stream(indices).map(i -> axis.places()[i]).toArray());
    }

    /**
     * Outputs that meet one by one, as in a sum, go together from now on.
     *
     * @param where they meet, in words
     * @return what comes out
     */
    Axis tied(List<Axis> axes, String where) {
        if (axes.stream()
                .anyMatch(each -> each == null
                        || !whole(each)
                        || each.length() != axes.getFirst().length())) {
            axes.forEach(each -> fix(each, "meets in " + where + " what isn't the outputs of one layer, one by one"));
            return null;
        }
        var first = group(axes.getFirst());
        for (var each : axes) {
            var other = group(each);
            if (other != first) {
                other.whole = first;
                first.layers.addAll(other.layers);
                first.fixed = first.fixed == null ? other.fixed : first.fixed;
            }
        }
        return axes.getFirst();
    }

    private Group group(Axis axis) {
        return groups.get(axis.units()[0]).whole();
    }

    /** Whether these are all outputs of one group, in their order. */
    private boolean whole(Axis axis) {
        return axis.length() > 0
                && axis.units()[0] >= 0
                && groups.get(axis.units()[0]).count == axis.length()
                && IntStream.range(0, axis.length())
                        .allMatch(i -> axis.units()[i] == axis.units()[0] && axis.places()[i] == i);
    }

    /** Numbers the groups that are left, and has the parts count by them. */
    Structure finish(List<Part> parts, Map<String, String> unread) {
        var left = groups.stream().filter(each -> each.whole == null).toList();
        var numbers =
                groups.stream().mapToInt(each -> left.indexOf(each.whole())).toArray();
        var renumbered = new IdentityHashMap<Axis, Axis>();
        for (var part : parts) {
            part.tensors().forEach(tensor -> tensor.axes().forEach(each -> renumber(renumbered, each, numbers)));
            renumber(renumbered, part.in(), numbers);
            renumber(renumbered, part.out(), numbers);
        }
        return new Structure(
                parts.stream().map(each -> renumbered(each, renumbered)).toList(),
                left.stream()
                        .map(each -> new Units(List.copyOf(each.layers), each.noun, each.count, each.fixed))
                        .toList(),
                Map.copyOf(unread));
    }

    private static void renumber(Map<Axis, Axis> renumbered, Axis axis, int[] numbers) {
        renumbered.computeIfAbsent(
                axis,
                each -> new Axis(
                        Arrays.stream(each.units())
                                .map(unit -> unit < 0 ? unit : numbers[unit])
                                .toArray(),
                        each.places()));
    }

    private static Part renumbered(Part part, Map<Axis, Axis> renumbered) {
        return new Part(
                part.layer(),
                renumbered.get(part.in()),
                renumbered.get(part.out()),
                part.tensors().stream()
                        .map(each -> new Tensor(
                                each.name(),
                                each.role(),
                                each.offset(),
                                each.strides(),
                                each.axes().stream().map(renumbered::get).toList(),
                                each.in(),
                                each.out()))
                        .toList());
    }
}
