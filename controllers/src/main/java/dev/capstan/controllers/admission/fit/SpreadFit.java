package dev.capstan.controllers.admission.fit;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Places for pods that are to be apart: each goes to where there are fewest of its pod set yet, by the values of a
 * label. Of several such nodes it takes one without devices that the pods have no use for, then the one with the fewest
 * of them, then the one with the least room. Nodes without the label come last. The same input gives the same answer.
 */
public final class SpreadFit {
    private static final int NONE = -1;
    private static final int WITHOUT_LABEL = Integer.MAX_VALUE / 2;

    private final NodeTable nodes;
    private final long[][] free;
    /** By row, the number of its value; -1 without one, and where there is no node. */
    private final int[] domains;

    private final int values;

    /**
     * @param label of nodes
     * @param free of each resource, by row; it is as before when an answer is given
     */
    public SpreadFit(NodeTable nodes, String label, long[][] free) {
        this.nodes = nodes;
        this.free = free;
        var numbers = new HashMap<String, Integer>();
        domains = new int[nodes.size()];
        for (int row = 0; row < domains.length; row++) {
            var value = nodes.node(row) == null ? null : Domains.value(label, nodes.node(row));
            domains[row] = value == null ? NONE : numbers.computeIfAbsent(value, name -> numbers.size());
        }
        values = numbers.size();
    }

    /**
     * @param counts of each part of what is asked for, how many pods
     * @param fits of each part, how its pods fit
     * @param rows which rows to choose from
     * @param others for each part, the nodes of those of its pod set that have places already
     * @return for each part a row for each pod; null if there is no room in this way
     */
    public int[][] choose(int[] counts, Fit[] fits, IntPredicate rows, List<List<String>> others) {
        var chosen = new int[counts.length][0];
        try {
            for (int part = 0; part < counts.length; part++) {
                chosen[part] = choose(counts[part], fits[part], rows, others.get(part));
                if (chosen[part].length < counts[part]) {
                    return null;
                }
            }
            return chosen;
        } finally {
            for (int part = 0; part < counts.length; part++) {
                for (int row : chosen[part]) {
                    fits[part].each.take(free, row, -1);
                }
            }
        }
    }

    /** As many as there is room for; their room is taken. */
    private int[] choose(int count, Fit fit, IntPredicate rows, List<String> others) {
        var onDomain = new int[values];
        var onRow = new int[domains.length];
        for (var name : others) {
            int row = nodes.row(name);
            if (row >= 0 && row < domains.length) {
                add(row, onRow, onDomain);
            }
        }
        var chosen = new int[count];
        for (int pod = 0; pod < count; pod++) {
            int best = NONE;
            for (int row = 0; row < domains.length; row++) {
                if (fit.pods()[row] > 0
                        && rows.test(row)
                        && (best == NONE || isBetter(row, best, fit, onRow, onDomain))
                        && fit.each.fits(free, row) > 0) {
                    best = row;
                }
            }
            if (best == NONE) {
                return Arrays.copyOf(chosen, pod);
            }
            chosen[pod] = best;
            fit.each.take(free, best, 1);
            add(best, onRow, onDomain);
        }
        return chosen;
    }

    private void add(int row, int[] onRow, int[] onDomain) {
        onRow[row]++;
        if (domains[row] != NONE) {
            onDomain[domains[row]]++;
        }
    }

    private boolean isBetter(int row, int than, Fit fit, int[] onRow, int[] onDomain) {
        int byDomain = Integer.compare(there(row, onDomain), there(than, onDomain));
        int byDevices = byDomain != 0 ? byDomain : Boolean.compare(fit.otherDevices()[row], fit.otherDevices()[than]);
        int byRow = byDevices != 0 ? byDevices : Integer.compare(onRow[row], onRow[than]);
        return (byRow != 0 ? byRow : Integer.compare(fit.pods()[row], fit.pods()[than])) < 0;
    }

    private int there(int row, int[] onDomain) {
        return domains[row] == NONE ? WITHOUT_LABEL : onDomain[domains[row]];
    }
}
