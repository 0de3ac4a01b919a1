package dev.capstan.controllers.gang;

/** What there is to be given in one pass, less what has been given or is kept: room on nodes, and quota. */
final class Room {
    private final NodeTable nodes;
    private final ShapeTable shapes;
    private final long[][] free;
    private final Charges charges;

    /** All that is free at the beginning. */
    Room(NodeTable nodes, ShapeTable shapes, Charges charges) {
        this.nodes = nodes;
        this.shapes = shapes;
        this.charges = charges.copy();
        free = nodes.free();
        shapes.refresh(free);
    }

    NodeTable nodes() {
        return nodes;
    }

    /** The first index is the resource, the second the row; to be read only. Negative where too much is taken. */
    long[][] free() {
        return free;
    }

    /** What is used of the quotas. */
    Charges charges() {
        return charges;
    }

    /**
     * A gang gets these rows' places, and the quota for all of them.
     *
     * @param rows one for each rank
     * @return the name of each rank's node
     */
    String[] take(Line.Choice choice, int[] rows) {
        var names = new String[rows.length];
        for (int rank = 0; rank < rows.length; ) {
            int row = rows[rank];
            int first = rank;
            var name = nodes.node(row).name();
            while (rank < rows.length && rows[rank] == row) {
                names[rank++] = name;
            }
            choice.fit().each.take(free, row, rank - first);
            shapes.roomChanged(free, row);
            nodes.touched(row);
        }
        var option = choice.option();
        for (int i = 0; i < option.accounts().length; i++) {
            charges.ledger().use(option.accounts()[i], option.amounts()[i]);
        }
        return names;
    }

    /** Takes an amount of each resource from a row. */
    void take(int row, long[] amounts) {
        add(row, amounts, -1);
        shapes.roomChanged(free, row);
    }

    /** Gives back what was taken. */
    void giveBack(int row, long[] amounts) {
        add(row, amounts, 1);
        shapes.roomChanged(free, row);
    }

    /** How many pods would fit on a row if so much of each resource was given back. */
    int fitsWith(Fit fit, int row, long[] amounts) {
        if (fit.suits(row) != Shape.Suits.NOW) {
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
