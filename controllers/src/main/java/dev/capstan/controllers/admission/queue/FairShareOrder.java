package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.quota.QuotaAccounting;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Function;

/**
 * Whose turn it is in one pass: by priority, then by the dominant share that the quota would have, then by age; those
 * under no quota come after all who have one. Who can't be placed has no turn, but for the first of each quota and
 * flavor that lacks only that others end: places may be kept for it. If none can be, because what ends isn't enough,
 * the next may try.
 */
public final class FairShareOrder {
    /** Of one quota and flavor. */
    private static final int MOST_TRY = 8;
    /** Of all together, after the first of each: to find that somebody couldn't start takes time. */
    private static final int MOST_MORE = 32;

    private final QuotaAccounting accounting;
    /** By each of those who may have places kept, who comes after it. */
    private final Map<PendingGroup, Deque<PendingGroup>> after = new HashMap<>();

    private final PriorityQueue<Turn> turns = new PriorityQueue<>();
    private int more;

    /** @param accounting what is used; each turn goes by what it is then */
    public FairShareOrder(PendingQueue queue, QuotaAccounting accounting) {
        this.accounting = accounting;
        byQuota(queue).forEach((quota, heads) -> {
            if (!heads.isEmpty()) {
                turns.add(new Turn(quota.isPresent(), heads));
            }
        });
    }

    /** What became of the first of a group. */
    public enum Outcome {
        PLACED,
        /** There is room in a flavor in which its quota would have a bigger share: its turn is a later one. */
        LATER,
        /** TopologyFit are kept for it, or for another before it. */
        KEPT,
        REFUSED
    }

    /**
     * Goes through them.
     *
     * @param place tries to place the first of a group; if it can't, the group has no more turns
     */
    public void each(Function<PendingGroup, Outcome> place) {
        while (!turns.isEmpty()) {
            var turn = turns.poll();
            turn.look();
            if (!turns.isEmpty() && turn.compareTo(turns.peek()) > 0) {
                // Others of its cohort were placed since it was looked at.
                turns.add(turn);
                continue;
            }
            var group = turn.heads.poll();
            switch (place.apply(group)) {
                case PLACED -> {
                    group.placed++;
                    if (group.placed < group.inTurn().length) {
                        turn.heads.add(group);
                    }
                }
                case LATER -> turn.heads.add(group);
                case KEPT -> {}
                case REFUSED -> {
                    var next = after.getOrDefault(group, new ArrayDeque<>());
                    if (!next.isEmpty() && more++ < MOST_MORE) {
                        after.put(next.peek(), next);
                        turn.heads.add(next.poll());
                    }
                }
            }
            if (!turn.heads.isEmpty()) {
                turn.look();
                turns.add(turn);
            }
        }
    }

    /** A quota's turn: it is that of the first who waits under it. */
    private final class Turn implements Comparable<Turn> {
        final boolean underQuota;
        final PriorityQueue<PendingGroup> heads;
        private Pending first;
        private double share;

        Turn(boolean underQuota, PriorityQueue<PendingGroup> heads) {
            this.underQuota = underQuota;
            this.heads = heads;
            look();
        }

        void look() {
            var group = heads.peek();
            first = group.first();
            share = group.share(accounting.ledger());
        }

        @Override
        public int compareTo(Turn other) {
            if (underQuota != other.underQuota) {
                return underQuota ? -1 : 1;
            }
            int byPriority = Integer.compare(
                    other.first.workload().priority(), first.workload().priority());
            int byShare = byPriority != 0 ? byPriority : Double.compare(share, other.share);
            return byShare != 0 ? byShare : Pending.BY_TURN.compare(first, other.first);
        }
    }

    private Map<Optional<String>, PriorityQueue<PendingGroup>> byQuota(PendingQueue queue) {
        var byQuota = new LinkedHashMap<Optional<String>, PriorityQueue<PendingGroup>>();
        var firsts = new LinkedHashMap<QuotaFlavor, List<PendingGroup>>();
        for (var group : queue.all()) {
            group.placed = 0;
            group.from = 0;
            var heads = byQuota.computeIfAbsent(group.ask.quota(), name -> new PriorityQueue<>(PendingGroup.BY_FIRST));
            if (!group.inView || isStopped(group)) {
                continue;
            }
            if (group.mayBePlaced(accounting.ledger()).isPresent()) {
                heads.add(group);
            } else {
                group.waitsFor(accounting.ledger())
                        .ifPresent(choice -> addInTurn(
                                group,
                                firsts.computeIfAbsent(QuotaFlavor.of(group, choice), key -> new ArrayList<>())));
            }
        }
        for (var some : firsts.values()) {
            var inTurn = new ArrayDeque<>(some);
            var first = inTurn.poll();
            after.put(first, inTurn);
            byQuota.get(first.ask.quota()).add(first);
        }
        return byQuota;
    }

    private static void addInTurn(PendingGroup group, List<PendingGroup> firsts) {
        int at = firsts.size();
        while (at > 0 && PendingGroup.BY_FIRST.compare(group, firsts.get(at - 1)) < 0) {
            at--;
        }
        if (at < MOST_TRY) {
            firsts.add(at, group);
            if (firsts.size() > MOST_TRY) {
                firsts.removeLast();
            }
        }
    }

    private boolean isStopped(PendingGroup group) {
        return group.ask.quota().isPresent()
                && accounting
                        .named(group.ask.quota().get())
                        .map(quota -> quota.stopped())
                        .orElse(true);
    }
}
