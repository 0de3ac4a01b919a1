package dev.capstan.controllers.admission.forecast;

import dev.capstan.controllers.admission.capacity.GrantUsage;
import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import dev.capstan.controllers.admission.queue.Pending;
import dev.capstan.controllers.admission.queue.PendingGroup;
import dev.capstan.controllers.admission.queue.QuotaFlavor;
import dev.capstan.controllers.admission.quota.Ledger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * TopologyFit and quota that are kept for a gang that comes first and lacks only that others end. Later gangs may use
 * them if they will have ended before it starts (EASY backfilling, Lifka 1995).
 *
 * @param key of a quota's flavor the first waiting gang has one
 * @param pending whose
 * @param starts when enough of the running jobs will have ended; empty if that depends on one of which nobody knows
 * @param kept of nodes: what later gangs must leave free now, since no end of another job brings it back in time
 * @param accounts of the quota that it will use
 * @param amounts how much of each
 * @param returning how much more of each may be used when it starts than when this was decided
 * @param givenBack how much of each had been given back then, by {@link Ledger#givenBack}
 * @param awaited the grants whose ends it counts on for room
 * @param leaving the pods on their way out on which it counts as well
 * @param provisional whether it counts as well on some who were placed in the same cycle: the next one knows their
 *     grants, and decides it anew
 * @param decidedAt when
 */
public record Reservation(
        QuotaFlavor key,
        Pending pending,
        Optional<Instant> starts,
        List<Kept> kept,
        int[] accounts,
        long[] amounts,
        long[] returning,
        long[] givenBack,
        List<Awaited> awaited,
        Set<String> leaving,
        boolean provisional,
        Instant decidedAt) {
    /** After this time it is decided anew though nothing that it counts on has changed: there may be a better one. */
    private static final Duration GOOD_FOR = Duration.ofSeconds(30);

    /**
     * Room on a node, of which some comes back in time.
     *
     * @param parts for each part of what was asked for, whether any of its pods are to be here
     * @param resources of what, by number
     * @param wanted of each resource, how much all pods that are to be here take
     * @param returning of each resource, how much comes back
     */
    public record Kept(String node, boolean[] parts, int[] resources, long[] wanted, long[] returning) {
        /** What has to stay free of each resource. */
        long[] left() {
            var left = new long[returning.length];
            for (int i = 0; i < left.length; i++) {
                left[i] = Math.max(0, wanted[i] - returning[i]);
            }
            return left;
        }

        /** Whether none of the pods that are to be here is kept from it by now. */
        boolean isUsable(int row, PendingGroup.Choice choice) {
            for (int part = 0; part < parts.length; part++) {
                if (parts[part] && (row < 0 || choice.fits[part].suits(row) != PodShape.Suits.NOW)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** A grant, and how many of its places took room when that was counted on: a pod may end before its job does. */
    record Awaited(GrantUsage held, int taking) {
        boolean isUnchanged() {
            return held.taking() == taking;
        }
    }

    public boolean isFor(Pending other) {
        return pending.podSet() == other.podSet()
                && pending.pod() == other.pod()
                && pending.workload().attempt() == other.workload().attempt()
                && pending.workload().uid().equals(other.workload().uid());
    }

    /** Whether it still holds: nothing that it counts on has changed. */
    public boolean stands(NodeTable nodes, PendingGroup.Choice choice, Occupancy occupancy, Instant now) {
        return !provisional
                && decidedAt.plus(GOOD_FOR).isAfter(now)
                && starts.map(now::isBefore).orElse(true)
                && awaited.stream().allMatch(Awaited::isUnchanged)
                && occupancy.leaving().keySet().containsAll(leaving)
                && kept.stream().allMatch(each -> each.isUsable(nodes.row(each.node()), choice));
    }

    /**
     * What later gangs must leave unused of an account now: what it will use, less what has yet to come back by then.
     * Whatever was given back since counts as that: others may have ended too, and so rather too much is kept. Nobody
     * waits for what may be lent: of a quota, only its own is kept.
     */
    long keptQuota(int number, Ledger now) {
        int account = accounts[number];
        long left = Math.max(0, returning[number] - (now.givenBack(account) - givenBack[number]));
        return Math.clamp(amounts[number] - left, 0, now.availableOfOwn(account));
    }

    /** Whether a gang that takes its places now and holds them no longer than this is gone in time. */
    public boolean allows(Duration longest, Instant now) {
        return starts.filter(start -> !now.plus(longest).isAfter(start)).isPresent();
    }
}
