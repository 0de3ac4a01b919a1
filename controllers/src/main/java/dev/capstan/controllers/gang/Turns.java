package dev.capstan.controllers.gang;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Whose turn it is in one pass: by priority, then by the dominant share that the quota would have, then by age; those
 * under no quota come after all who have one. Who can't be placed has no turn, but for the first of each quota and
 * flavor that lacks only that others end: places may be kept for it.
 */
final class Turns {
    private final Charges charges;
    private final PriorityQueue<Turn> turns = new PriorityQueue<>();

    /** @param charges what is used; each turn goes by what it is then */
    Turns(Lines lines, Charges charges) {
        this.charges = charges;
        byQuota(lines).forEach((quota, heads) -> {
            if (!heads.isEmpty()) {
                turns.add(new Turn(quota.isPresent(), heads));
            }
        });
    }

    /**
     * Goes through them.
     *
     * @param place tries to place the first of a line; if it can't, the line has no more turns
     */
    void each(Predicate<Line> place) {
        while (!turns.isEmpty()) {
            var turn = turns.poll();
            var line = turn.heads.poll();
            if (place.test(line)) {
                line.placed++;
                if (line.placed < line.inTurn().length) {
                    turn.heads.add(line);
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
            share = share(line);
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
        var firsts = new LinkedHashMap<Reservation.Key, Line>();
        for (var line : lines.all()) {
            line.placed = 0;
            var heads = byQuota.computeIfAbsent(line.ask.quota(), name -> new PriorityQueue<>(Line.BY_FIRST));
            if (!line.inView || isStopped(line)) {
                continue;
            }
            if (line.mayBePlaced(charges.ledger()).isPresent()) {
                heads.add(line);
            } else {
                line.waitsFor(charges.ledger())
                        .ifPresent(choice -> firsts.merge(
                                Reservation.Key.of(line, choice),
                                line,
                                (one, other) -> Line.BY_FIRST.compare(one, other) <= 0 ? one : other));
            }
        }
        firsts.values().forEach(line -> byQuota.get(line.ask.quota()).add(line));
        return byQuota;
    }

    private boolean isStopped(Line line) {
        return line.ask.quota().isPresent()
                && charges.named(line.ask.quota().get())
                        .map(quota -> quota.stopped())
                        .orElse(true);
    }

    /** The dominant share that its quota would have, in the flavor in which it may be placed or waits. */
    private double share(Line line) {
        var ledger = charges.ledger();
        var choice = line.mayBePlaced(ledger).or(() -> line.waitsFor(ledger));
        if (choice.isEmpty() || !Line.quotaAllows(choice.get(), ledger)) {
            // It waits for its quota's own jobs to end, and will borrow nothing when it starts. If those who borrow
            // came before it, they would take what it waits for bit by bit.
            return 0;
        }
        var option = choice.get().option();
        double share = 0;
        for (int i = 0; i < option.accounts().length; i++) {
            share = Math.max(share, ledger.share(option.accounts()[i], option.amounts()[i]));
        }
        return share;
    }
}
