package dev.capstan.worker.compress;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Compression.LeftOut;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.compress.prune.Choice;
import dev.capstan.worker.compress.prune.Choice.Share;
import dev.capstan.worker.compress.prune.Chooser;
import dev.capstan.worker.compress.prune.Pruning;
import dev.capstan.worker.compress.prune.Sensitivity;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Structure;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.train.Evaluation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Does a step that prunes: the same on every rank, which all hold the same weights. */
public final class Pruner {
    /** Samples that a network takes at once while its layers' sensitivity is measured. */
    private static final int AT_ONCE = 100;

    private final String field;
    private final Prune step;

    /**
     * @param number of the step, counted from 0
     * @param step what is to be done
     */
    public Pruner(int number, Prune step) {
        field = "steps[" + number + "].prune";
        this.step = step;
    }

    /**
     * What is left.
     *
     * @param network the same one with zeros, or a smaller one
     * @param summary a clause on what went
     * @param leftOut layers that lost nothing though nobody had named them
     */
    public record Pruned(Network network, String summary, List<LeftOut> leftOut) {}

    /**
     * Prunes.
     *
     * @param network whose weights are changed, or which is of no use afterwards
     * @throws Failure InvalidJob if a layer that is named isn't there, or the share can't be taken; the sentence names
     *     layer and step
     */
    public Pruned prune(Network network) {
        long before = network.stage().parameters().length();
        var structure = network.structure();
        var choice = choose(structure, network);
        var left = network;
        if (choice.removed().isEmpty()) {
            network.stage().parameters().zero(choice.mask());
        } else {
            left = network.without(choice.removed());
        }
        return new Pruned(
                left, summary(choice, before, left.stage().parameters().length()), leftOut(choice));
    }

    /**
     * Whether the network could be pruned so; changes nothing.
     *
     * @throws Failure as {@link #prune}
     */
    public void check(Network network) {
        choose(network.structure(), network);
    }

    private Choice choose(Structure structure, Network network) {
        try {
            return Chooser.choose(pruning(), structure, network.stage().parameters(), layers(structure));
        } catch (Failure e) {
            throw new Failure(e.reason(), field + ": " + e.getMessage(), e);
        }
    }

    /**
     * What it costs to prune each layer alone, by the same share.
     *
     * @param number of the step, counted from 1
     * @param samples by which accuracy is measured
     */
    public List<Compression.Sensitivity> sensitivity(Network network, int number, Samples samples, Pace pace) {
        var structure = network.structure();
        var may = layers(structure);
        var points = Sensitivity.points(structure, List.of(pruning())).stream()
                .filter(each -> may == null || may.contains(each.layer()))
                .toList();
        int[] done = new int[1];
        var measuring = new Sensitivity(
                structure,
                network.stage().parameters(),
                () -> Evaluation.measure(network.stage(), samples, AT_ONCE, () -> pace.at(done[0], points.size())));
        var found = new ArrayList<Compression.Sensitivity>();
        for (var point : points) {
            pace.at(done[0], points.size());
            var measured = measuring.measure(point);
            found.add(new Compression.Sensitivity(
                    number, point.layer(), measured.metrics().get("accuracy"), null));
            done[0]++;
        }
        return found;
    }

    private Pruning pruning() {
        var scope = switch (step.scope()) {
            case LAYER -> Pruning.Scope.LAYER;
            case GLOBAL -> Pruning.Scope.GLOBAL;
        };
        var norm = switch (step.norm()) {
            case L1 -> Pruning.Norm.L1;
            case L2 -> Pruning.Norm.L2;
        };
        return switch (step.granularity()) {
            case WEIGHT -> new Pruning.SingleWeights(scope, step.sparsityPercent());
            case TWO_OF_FOUR -> new Pruning.Groups(2, 4);
            case UNIT -> new Pruning.WholeUnits(norm, scope, step.sparsityPercent());
        };
    }

    /** Those that are to lose something; null for all that can. */
    private Collection<String> layers(Structure structure) {
        if (step.exclude().isEmpty()) {
            return null;
        }
        checkNames(structure);
        var can = Chooser.layers(pruning(), structure);
        var left = can.stream().filter(each -> !step.exclude().contains(each)).toList();
        if (left.isEmpty()) {
            throw new Failure(
                    Reason.InvalidJob,
                    field + ".exclude names all layers that can lose something, which are " + String.join(", ", can)
                            + "; leave one of them to be pruned, or remove the step");
        }
        return left;
    }

    private void checkNames(Structure structure) {
        Set<String> known = new LinkedHashSet<>();
        structure.parts().forEach(each -> known.add(each.layer()));
        known.addAll(structure.unread().keySet());
        for (var name : step.exclude()) {
            if (!known.contains(name)) {
                throw new Failure(
                        Reason.InvalidJob,
                        field + ".exclude names the layer " + name + ", which the model doesn't have; its layers are "
                                + String.join(", ", known));
            }
        }
    }

    private List<LeftOut> leftOut(Choice choice) {
        return choice.whole().stream()
                .filter(each -> !step.exclude().contains(each.layer()))
                .map(each -> new LeftOut(each.layer(), each.reason()))
                .toList();
    }

    private static String summary(Choice choice, long before, long after) {
        Map<String, List<Share>> kinds = new LinkedHashMap<>();
        choice.shares()
                .forEach(each -> kinds.computeIfAbsent(each.noun(), _ -> new ArrayList<>())
                        .add(each));
        var taken = kinds.entrySet().stream()
                .map(each -> sum(each.getValue(), true) + " of " + sum(each.getValue(), false) + " " + each.getKey())
                .collect(Collectors.joining(", "));
        return taken
                + (before == after ? " became 0" : " are gone, and " + after + " of " + before + " parameters left");
    }

    private static long sum(List<Share> shares, boolean removed) {
        return shares.stream()
                .mapToLong(each -> removed ? each.removed() : each.of())
                .sum();
    }
}
