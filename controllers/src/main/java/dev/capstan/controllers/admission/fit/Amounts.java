package dev.capstan.controllers.admission.fit;

/**
 * What one pod takes, by the numbers that a {@link NodeTable} gives to resources.
 *
 * @param resources numbers of the resources that it takes any of
 * @param thousandths how much of each, above 0
 */
public record Amounts(int[] resources, long[] thousandths) {
    /** More pods than a node ever runs; and it keeps counts within a short integer. */
    static final int MOST = Short.MAX_VALUE;

    private static final long MOST_TO_MULTIPLY = Long.MAX_VALUE / MOST;

    /** How many pods fit into what is free on a node. */
    public int fits(long[][] free, int node) {
        long pods = MOST;
        for (int i = 0; i < resources.length; i++) {
            long left = free[resources[i]][node];
            if (left < thousandths[i]) {
                return 0;
            }
            // A division takes longer than all the rest here, and most often the first resource decides. A product may
            // be more than a number holds: 300 GiB are 3e14 thousandths of a byte.
            if (thousandths[i] > MOST_TO_MULTIPLY || left < pods * thousandths[i]) {
                pods = Math.min(pods, left / thousandths[i]);
            }
        }
        return (int) pods;
    }

    /** How much it takes of one resource. */
    public long of(int resource) {
        for (int i = 0; i < resources.length; i++) {
            if (resources[i] == resource) {
                return thousandths[i];
            }
        }
        return 0;
    }

    /** Takes the room of so many pods on a node; gives it back if negative. */
    public void take(long[][] free, int node, int pods) {
        for (int i = 0; i < resources.length; i++) {
            free[resources[i]][node] -= thousandths[i] * pods;
        }
    }
}
