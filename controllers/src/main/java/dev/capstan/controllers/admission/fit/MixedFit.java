package dev.capstan.controllers.admission.fit;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.stream.IntStream;

/**
 * Chooses places for pods of several sizes that start together or not at all: one size after the other, each by best
 * fit in what those before have left. To find places whenever there are any would take a search that grows with the
 * power of the pods; this finds them at least whenever as many pods of the size of the biggest would have room.
 */
public final class MixedFit {
    private final int[] counts;
    private final Amounts[] each;
    private final boolean[][] otherDevices;
    private final long[][] free;
    private final short[][] pods;
    private final Deque<Taken> taken = new ArrayDeque<>();

    private record Taken(int size, int row, int pods, short[] before) {}

    /**
     * @param counts of each size, how many pods
     * @param each what each pod takes, by the indices of what is free
     * @param otherDevices of each size, whether a row's node has devices that it has no use for
     * @param free the first index is the resource, the second the row; the same after each choice as before
     * @param pods of each size, how many pods fit on each row now
     */
    public MixedFit(int[] counts, Amounts[] each, boolean[][] otherDevices, long[][] free, short[][] pods) {
        this.counts = counts;
        this.each = each;
        this.otherDevices = otherDevices;
        this.free = free;
        this.pods = Arrays.stream(pods).map(short[]::clone).toArray(short[][]::new);
    }

    /**
     * @param domains of the topology that is asked for, or null
     * @param sums of each size, how many pods fit on each domain; null if no topology is asked for
     * @param required whether all have to be in one domain
     * @return for each size a row for each rank; or null if there is no room for all
     */
    public int[][] choose(Domains domains, long[][] sums, boolean required) {
        if (domains == null) {
            return choose(size -> new BestFit(pods[size], otherDevices[size], null).choose(counts[size]));
        }
        var fullestFirst = IntStream.range(0, domains.count())
                .filter(domain ->
                        IntStream.range(0, counts.length).allMatch(size -> sums[size][domain] >= counts[size]))
                .boxed()
                .sorted(Comparator.comparing(domain -> sums[0][domain]))
                .toList();
        for (int domain : fullestFirst) {
            var members = domains.members(domain);
            var rows = choose(size -> new BestFit(pods[size], otherDevices[size], members).choose(counts[size]));
            if (rows != null) {
                return rows;
            }
        }
        return required
                ? null
                : choose(size -> TopologyFit.choose(
                        counts[size],
                        false,
                        domains,
                        Fit.sum(domains, pods[size]),
                        pods[size],
                        otherDevices[size],
                        () -> new BestFit(pods[size], otherDevices[size], null)));
    }

    /** Finds the rows for one size in what is left. */
    private interface Search {
        int[] rows(int size);
    }

    private int[][] choose(Search search) {
        var rows = new int[counts.length][];
        for (int size = 0; size < counts.length; size++) {
            rows[size] = search.rows(size);
            if (rows[size] == null) {
                rows = null;
                break;
            }
            take(size, rows[size]);
        }
        while (!taken.isEmpty()) {
            giveBack(taken.pop());
        }
        return rows;
    }

    private void take(int size, int[] rows) {
        for (int rank = 0; rank < rows.length; ) {
            int first = rank;
            int row = rows[rank];
            while (rank < rows.length && rows[rank] == row) {
                rank++;
            }
            var before = new short[counts.length];
            each[size].take(free, row, rank - first);
            for (int other = 0; other < counts.length; other++) {
                before[other] = pods[other][row];
                if (before[other] > 0) {
                    pods[other][row] = (short) each[other].fits(free, row);
                }
            }
            taken.push(new Taken(size, row, rank - first, before));
        }
    }

    private void giveBack(Taken some) {
        each[some.size()].take(free, some.row(), -some.pods());
        for (int size = 0; size < counts.length; size++) {
            pods[size][some.row()] = some.before()[size];
        }
    }
}
