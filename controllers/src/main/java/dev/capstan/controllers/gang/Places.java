package dev.capstan.controllers.gang;

import java.util.function.Supplier;

/**
 * Chooses places for a whole gang by how many of its pods fit on each row: best fit among all nodes, within one domain
 * where the gang requires it, and in as few domains as can be where it prefers it.
 */
final class Places {
    private Places() {}

    /** Whether one of the domains has room for so many. */
    static boolean anyTakes(long[] sums, int wanted) {
        return smallest(sums, wanted) >= 0;
    }

    /**
     * @param domains of the topology that the line asks for, or null
     * @param sums how many pods fit on each domain; it is written to
     * @param everywhere holes over all rows
     * @return a row for each rank, or null if there is no room for all
     */
    static int[] choose(
            Line line, Domains domains, long[] sums, short[] pods, boolean[] otherDevices, Supplier<Holes> everywhere) {
        int size = line.ask.size();
        if (domains == null) {
            return everywhere.get().choose(size);
        }
        int domain = smallest(sums, size);
        if (domain >= 0) {
            return new Holes(pods, otherDevices, domains.members(domain)).choose(size);
        }
        return line.isRequired() ? null : inFewDomains(size, domains, sums, pods, otherDevices, everywhere);
    }

    private static int[] inFewDomains(
            int size, Domains domains, long[] sums, short[] pods, boolean[] otherDevices, Supplier<Holes> everywhere) {
        var ranks = new int[size];
        int placed = 0;
        while (placed < size) {
            int missing = size - placed;
            int domain = smallest(sums, missing);
            if (domain < 0) {
                domain = biggest(sums);
            }
            if (domain < 0) {
                // Nodes outside of all domains are needed too.
                return everywhere.get().choose(size);
            }
            int here = (int) Math.min(missing, sums[domain]);
            var chosen = new Holes(pods, otherDevices, domains.members(domain)).choose(here);
            System.arraycopy(chosen, 0, ranks, placed, here);
            placed += here;
            sums[domain] = 0;
        }
        return ranks;
    }

    /** The domain with the least room of those that have enough, or -1. */
    private static int smallest(long[] sums, long wanted) {
        int best = -1;
        for (int domain = 0; domain < sums.length; domain++) {
            if (sums[domain] >= wanted && (best < 0 || sums[domain] < sums[best])) {
                best = domain;
            }
        }
        return best;
    }

    private static int biggest(long[] sums) {
        int best = -1;
        for (int domain = 0; domain < sums.length; domain++) {
            if (sums[domain] > 0 && (best < 0 || sums[domain] > sums[best])) {
                best = domain;
            }
        }
        return best;
    }
}
