package dev.capstan.controllers.gang;

import java.util.Arrays;

/**
 * Nodes by how many pods of one shape fit on them: finds room for a gang such that big holes stay big. What is missing
 * goes to the smallest hole that takes all of it, else the biggest hole is filled first. Nodes with devices that the
 * shape has no use for come last, so that jobs without GPUs don't crowd those that need them. The same input gives the
 * same answer.
 *
 * <p>The numbers may get smaller while this is in use, never bigger: a node is put where it belongs when it is looked
 * at, so that taking room costs nothing for the shapes that nobody asks about.
 */
final class Holes {
    private static final int NONE = -1;

    private final short[] pods;
    private final boolean[] otherDevices;
    private final Lists plain;
    private final Lists crowded;
    /** Rows of the choice under way, and how many pods of it each of them takes. */
    private final int[] chosenRows;

    private final int[] chosenPods;
    private int chosen;

    /** Rows in lists by the number of pods. */
    private static final class Lists {
        final int[] heads;
        final int[] next;
        /** The sum of the numbers under which rows are listed: at least what fits. */
        long listed;

        Lists(int biggest, int rows) {
            heads = new int[biggest + 1];
            Arrays.fill(heads, NONE);
            next = new int[rows];
        }

        void push(int row, int pods) {
            if (pods > 0) {
                next[row] = heads[pods];
                heads[pods] = row;
                listed += pods;
            }
        }

        int pop(int pods) {
            int row = heads[pods];
            heads[pods] = next[row];
            listed -= pods;
            return row;
        }
    }

    /**
     * @param pods how many pods fit on each row; it is read at each look
     * @param otherDevices whether a row's node has devices that the shape has no use for
     * @param rows which rows to choose from; null for all
     */
    Holes(short[] pods, boolean[] otherDevices, int[] rows) {
        this.pods = pods;
        this.otherDevices = otherDevices;
        int count = rows == null ? pods.length : rows.length;
        int biggest = 0;
        for (int i = 0; i < count; i++) {
            biggest = Math.max(biggest, pods[rows == null ? i : rows[i]]);
        }
        plain = new Lists(biggest, pods.length);
        crowded = new Lists(biggest, pods.length);
        // Backwards, so that the first row lies on top.
        for (int i = count - 1; i >= 0; i--) {
            int row = rows == null ? i : rows[i];
            lists(row).push(row, pods[row]);
        }
        chosenRows = new int[count];
        chosenPods = new int[count];
    }

    /**
     * Chooses a row for each of so many pods. Whoever takes their room says so by {@link #taken} before the next
     * choice; nothing is taken here.
     *
     * @return the row of each pod, or null if they don't all fit
     */
    int[] choose(int wanted) {
        if (chosen(wanted, false) || chosen(wanted, true)) {
            var ranks = new int[wanted];
            int rank = 0;
            for (int i = 0; i < chosen; i++) {
                Arrays.fill(ranks, rank, rank + chosenPods[i], chosenRows[i]);
                rank += chosenPods[i];
            }
            return ranks;
        }
        return null;
    }

    /** The room of the last choice was taken, or not: its rows are listed again by what fits on them now. */
    void taken() {
        while (chosen > 0) {
            int row = chosenRows[--chosen];
            lists(row).push(row, pods[row]);
        }
    }

    private boolean chosen(int wanted, boolean all) {
        int missing = wanted;
        while (missing > 0) {
            if (missing > plain.listed + (all ? crowded.listed : 0)) {
                taken();
                return false;
            }
            int row = smallest(missing, all);
            if (row == NONE) {
                row = biggest(all);
            }
            if (row == NONE) {
                taken();
                return false;
            }
            int here = Math.min(missing, pods[row]);
            chosenRows[chosen] = row;
            chosenPods[chosen++] = here;
            missing -= here;
        }
        return true;
    }

    /** Pops the smallest hole for at least so many pods. */
    private int smallest(int wanted, boolean all) {
        for (int size = wanted; size < plain.heads.length; size++) {
            int row = popped(size, all);
            if (row != NONE) {
                return row;
            }
        }
        return NONE;
    }

    private int biggest(boolean all) {
        for (int size = plain.heads.length - 1; size > 0; size--) {
            int row = popped(size, all);
            if (row != NONE) {
                return row;
            }
        }
        return NONE;
    }

    private int popped(int size, boolean all) {
        int row = popped(size, plain);
        return row == NONE && all ? popped(size, crowded) : row;
    }

    /** Pops a row for exactly so many pods; those that have become smaller go where they belong. */
    private int popped(int size, Lists lists) {
        while (lists.heads[size] != NONE) {
            int row = lists.pop(size);
            if (pods[row] == size) {
                return row;
            }
            lists.push(row, pods[row]);
        }
        return NONE;
    }

    private Lists lists(int row) {
        return otherDevices[row] ? crowded : plain;
    }
}
