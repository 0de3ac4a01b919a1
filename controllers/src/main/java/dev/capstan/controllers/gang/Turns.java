package dev.capstan.controllers.gang;

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
final class Turns {
    /** Of one quota and flavor. */
    private static final int MOST_TRY = 8;
    /** Of all together, after the first of each: to find that somebody couldn't start takes time. */
    private static final int MOST_MORE = 32;

    private final Charges charges;
    /** By each of those who may have places kept, who comes after it. */
    private final Map<Line, Deque<Line>> after = new HashMap<>();

    private final PriorityQueue<Turn> turns = new PriorityQueue<>();
    private int more;

    /** @param charges what is used; each turn goes by what it is then */
    Turns(Lines lines, Charges charges) {
        this.charges = charges;
        byQuota(lines).forEach((quota, heads) -> {
            if (!heads.isEmpty()) {
                turns.add(new Turn(quota.isPresent(), heads));
            }
        });
    }

    /** What became of the first of a line. */
    enum Outcome {
        PLACED,
        /** There is room in a flavor in which its quota would have a bigger share: its turn is a later one. */
        LATER,
        /** Places are kept for it, or for another before it. */
        KEPT,
        REFUSED
    }

    /**
     * Goes through them.
     *
     * @param place tries to place the first of a line; if it can't, the line has no more turns
     */
    void each(Function<Line, Outcome> place) {
        while (!turns.isEmpty()) {
            var turn = turns.poll();
            turn.look();
            if (!turns.isEmpty() && turn.compareTo(turns.peek()) > 0) {
                // Others of its cohort were placed since it was looked at.
                turns.add(turn);
                continue;
            }
            var line = turn.heads.poll();
            switch (place.apply(line)) {
                case PLACED -> {
                    line.placed++;
                    if (line.placed < line.inTurn().length) {
                        turn.heads.add(line);
                    }
                }
                case LATER -> turn.heads.add(line);
                case KEPT -> {}
                case REFUSED -> {
                    var next = after.getOrDefault(line, new ArrayDeque<>());
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

    /** A quota's turn: it is that of the first of its gangs. */
    private final class Turn implements Comparable<Turn> {
        final boolean underQuota;
        final PriorityQueue<Line> heads;
        private Gang first;
        private double share;

        Turn(boolean underQuota, PriorityQueue<Line> heads) {
            this.underQuota = underQuota;
            this.heads = heads;
            look();
        }

        void look() {
            var line = heads.peek();
            first = line.first();
            share = line.share(charges.ledger());
        }

        @Override
        public int compareTo(Turn other) {
            if (underQuota != other.underQuota) {
                return underQuota ? -1 : 1;
            }
            int byPriority = Integer.compare(other.first.priority(), first.priority());
            int byShare = byPriority != 0 ? byPriority : Double.compare(share, other.share);
            return byShare != 0 ? byShare : Gang.BY_TURN.compare(first, other.first);
        }
    }

    private Map<Optional<String>, PriorityQueue<Line>> byQuota(Lines lines) {
        var byQuota = new LinkedHashMap<Optional<String>, PriorityQueue<Line>>();
        var firsts = new LinkedHashMap<Reservation.Key, List<Line>>();
        for (var line : lines.all()) {
            line.placed = 0;
            line.from = 0;
            var heads = byQuota.computeIfAbsent(line.ask.quota(), name -> new PriorityQueue<>(Line.BY_FIRST));
            if (!line.inView || isStopped(line)) {
                continue;
            }
            if (line.mayBePlaced(charges.ledger()).isPresent()) {
                heads.add(line);
            } else {
                line.waitsFor(charges.ledger())
                        .ifPresent(choice -> addInTurn(
                                line,
                                firsts.computeIfAbsent(Reservation.Key.of(line, choice), key -> new ArrayList<>())));
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

    private static void addInTurn(Line line, List<Line> firsts) {
        int at = firsts.size();
        while (at > 0 && Line.BY_FIRST.compare(line, firsts.get(at - 1)) < 0) {
            at--;
        }
        if (at < MOST_TRY) {
            firsts.add(at, line);
            if (firsts.size() > MOST_TRY) {
                firsts.removeLast();
            }
        }
    }

    private boolean isStopped(Line line) {
        return line.ask.quota().isPresent()
                && charges.named(line.ask.quota().get())
                        .map(quota -> quota.stopped())
                        .orElse(true);
    }
}
