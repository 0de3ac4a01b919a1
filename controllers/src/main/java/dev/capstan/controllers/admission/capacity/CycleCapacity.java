package dev.capstan.controllers.admission.capacity;

import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.quota.QuotaAccounting;

/** What there is to be given in one cycle, less what has been given or is kept: room on nodes, and quota. */
public final class CycleCapacity {
    private final NodeTable nodes;
    private final ShapeTable shapes;
    private final long[][] free;
    private final QuotaAccounting accounting;

    /** All that is free at the beginning. */
    public CycleCapacity(NodeTable nodes, ShapeTable shapes, QuotaAccounting accounting) {
        this.nodes = nodes;
        this.shapes = shapes;
        this.accounting = accounting.copy();
        free = nodes.free();
        shapes.refresh(free);
    }

    public NodeTable nodes() {
        return nodes;
    }

    /** The first index is the resource, the second the row; to be read only. Negative where too much is taken. */
    public long[][] free() {
        return free;
    }

    /** What is used of the quotas. */
    public QuotaAccounting accounting() {
        return accounting;
    }

    /**
     * Pods get the places of these rows.
     *
     * @param fit of the pods, which are alike
     * @param rows one for each of them
     * @return the name of each one's node
     */
    public String[] take(Fit fit, int[] rows) {
        var names = new String[rows.length];
        for (int rank = 0; rank < rows.length; ) {
            int row = rows[rank];
            int first = rank;
            var name = nodes.node(row).name();
            while (rank < rows.length && rows[rank] == row) {
                names[rank++] = name;
            }
            fit.each.take(free, row, rank - first);
            shapes.roomChanged(free, row);
            nodes.touched(row);
        }
        return names;
    }

    /** Uses the quota for them. */
    public void use(int[] accounts, long[] amounts) {
        for (int i = 0; i < accounts.length; i++) {
            accounting.ledger().use(accounts[i], amounts[i]);
        }
    }

    /** Takes an amount of each resource from a row. */
    public void take(int row, long[] amounts) {
        add(row, amounts, -1);
        shapes.roomChanged(free, row);
    }

    /** Gives back what was taken. */
    public void giveBack(int row, long[] amounts) {
        add(row, amounts, 1);
        shapes.roomChanged(free, row);
    }

    /** How many pods would fit on a row if so much of each resource was given back. */
    public int fitsWith(Fit fit, int row, long[] amounts) {
        if (fit.suits(row) != PodShape.Suits.NOW) {
            return 0;
        }
        add(row, amounts, 1);
        int pods = fit.each.fits(free, row);
        add(row, amounts, -1);
        return pods;
    }

    private void add(int row, long[] amounts, int sign) {
        for (int i = 0; i < amounts.length; i++) {
            free[i][row] += sign * amounts[i];
        }
    }
}
