package dev.capstan.controllers.admission.fit;

import java.util.Arrays;

/**
 * Nodes by how many pods of one shape fit on them: finds room for a gang such that big bestFit stay big. What is
 * missing goes to the smallest hole that takes all of it, else the biggest hole is filled first. Nodes with devices
 * that the shape has no use for come last, so that jobs without GPUs don't crowd those that need them. The same input
 * gives the same answer.
 *
 * <p>The numbers may get smaller while this is in use, never bigger: a node is put where it belongs when it is looked
 * at, so that taking room costs nothing for the shapes that nobody asks about.
 */
public final class BestFit {
    private static final int NONE = -1;

    private final short[] pods;
    private final boolean[] otherDevices;
    /** The rows to choose from; null for all. From here on each goes by its index among them. */
    private final int[] rows;

    private final Lists plain;
    private final Lists crowded;
    /** The choice under way, and how many pods of it each of them takes. */
    private final int[] chosen;

    private final int[] chosenPods;
    private int chosenCount;

    /** Rows in lists by the number of pods. */
    private static final class Lists {
        final int[] heads;
        final int[] next;
        /** The sum of the numbers under which rows are listed: at least what fits. */
        long listed;

        /** @param next of each in its list; lists that have none in common may share it */
        Lists(int biggest, int[] next) {
            heads = new int[biggest + 1];
            Arrays.fill(heads, NONE);
            this.next = next;
        }

        void push(int index, int pods) {
            if (pods > 0) {
                next[index] = heads[pods];
                heads[pods] = index;
                listed += pods;
            }
        }

        int pop(int pods) {
            int index = heads[pods];
            heads[pods] = next[index];
            listed -= pods;
            return index;
        }
    }

    /**
     * @param pods how many pods fit on each row; it is read at each look
     * @param otherDevices whether a row's node has devices that the shape has no use for
     * @param rows which rows to choose from; null for all
     */
    public BestFit(short[] pods, boolean[] otherDevices, int[] rows) {
        this.pods = pods;
        this.otherDevices = otherDevices;
        this.rows = rows;
        int count = rows == null ? pods.length : rows.length;
        int biggest = 0;
        for (int index = 0; index < count; index++) {
            biggest = Math.max(biggest, pods[row(index)]);
        }
        var next = new int[count];
        plain = new Lists(biggest, next);
        crowded = new Lists(biggest, next);
        // Backwards, so that the first row lies on top.
        for (int index = count - 1; index >= 0; index--) {
            list(index);
        }
        chosen = new int[count];
        chosenPods = new int[count];
    }

    /**
     * Chooses a row for each of so many pods. Whoever takes their room says so by {@link #taken} before the next
     * choice; nothing is taken here.
     *
     * @return the row of each pod, or null if they don't all fit
     */
    int[] choose(int wanted) {
        if (find(wanted, false) || find(wanted, true)) {
            var ranks = new int[wanted];
            int rank = 0;
            for (int i = 0; i < chosenCount; i++) {
                Arrays.fill(ranks, rank, rank + chosenPods[i], row(chosen[i]));
                rank += chosenPods[i];
            }
            return ranks;
        }
        return null;
    }

    /** The room of the last choice was taken, or not: its rows are listed again by what fits on them now. */
    public void taken() {
        while (chosenCount > 0) {
            list(chosen[--chosenCount]);
        }
    }

    private boolean find(int wanted, boolean all) {
        int missing = wanted;
        while (missing > 0) {
            if (missing > plain.listed + (all ? crowded.listed : 0)) {
                taken();
                return false;
            }
            int index = smallest(missing, all);
            if (index == NONE) {
                index = biggest(all);
            }
            if (index == NONE) {
                taken();
                return false;
            }
            int here = Math.min(missing, pods[row(index)]);
            chosen[chosenCount] = index;
            chosenPods[chosenCount++] = here;
            missing -= here;
        }
        return true;
    }

    /** Pops the smallest hole for at least so many pods. */
    private int smallest(int wanted, boolean all) {
        for (int size = wanted; size < plain.heads.length; size++) {
            int index = popped(size, all);
            if (index != NONE) {
                return index;
            }
        }
        return NONE;
    }

    private int biggest(boolean all) {
        for (int size = plain.heads.length - 1; size > 0; size--) {
            int index = popped(size, all);
            if (index != NONE) {
                return index;
            }
        }
        return NONE;
    }

    private int popped(int size, boolean all) {
        int index = popped(size, plain);
        return index == NONE && all ? popped(size, crowded) : index;
    }

    /** Pops a row for exactly so many pods; those that have become smaller go where they belong. */
    private int popped(int size, Lists lists) {
        while (lists.heads[size] != NONE) {
            int index = lists.pop(size);
            int now = pods[row(index)];
            if (now == size) {
                return index;
            }
            lists.push(index, now);
        }
        return NONE;
    }

    private void list(int index) {
        int row = row(index);
        (otherDevices[row] ? crowded : plain).push(index, pods[row]);
    }

    private int row(int index) {
        return rows == null ? index : rows[index];
    }
}
