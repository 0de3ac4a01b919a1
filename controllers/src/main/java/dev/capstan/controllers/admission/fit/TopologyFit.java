package dev.capstan.controllers.admission.fit;

import java.util.function.Supplier;

/**
 * Chooses places for a whole gang by how many of its pods fit on each row: best fit among all nodes, within one domain
 * where the gang requires it, and in as few domains as can be where it prefers it.
 */
public final class TopologyFit {
    private TopologyFit() {}

    /** Whether one of the domains has room for so many. */
    public static boolean anyTakes(long[] sums, int wanted) {
        return smallest(sums, wanted) >= 0;
    }

    /**
     * @param size how many pods
     * @param required whether all have to be in one domain
     * @param domains of the topology that is asked for, or null
     * @param sums how many pods fit on each domain; it is written to
     * @param everywhere bestFit over all rows
     * @return a row for each rank, or null if there is no room for all
     */
    public static int[] choose(
            int size,
            boolean required,
            Domains domains,
            long[] sums,
            short[] pods,
            boolean[] otherDevices,
            Supplier<BestFit> everywhere) {
        if (domains == null) {
            return everywhere.get().choose(size);
        }
        int domain = smallest(sums, size);
        if (domain >= 0) {
            return new BestFit(pods, otherDevices, domains.members(domain)).choose(size);
        }
        return required ? null : inFewDomains(size, domains, sums, pods, otherDevices, everywhere);
    }

    private static int[] inFewDomains(
            int size,
            Domains domains,
            long[] sums,
            short[] pods,
            boolean[] otherDevices,
            Supplier<BestFit> everywhere) {
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
            var chosen = new BestFit(pods, otherDevices, domains.members(domain)).choose(here);
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
