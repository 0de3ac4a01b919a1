package dev.capstan.controllers.gang;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Supplier;

/**
 * One look at all that is there and all who wait: who gets places now, and for whom places are kept.
 *
 * <p>Turns go by priority, then by the dominant share that the quota would have, then by age; those under no quota come
 * after all who have one. A gang that can't be placed doesn't keep later ones from places that it has no use for. The
 * first of each quota and flavor that lacks only that others end has places kept for it.
 *
 * <p>Most lines are refused by a few numbers. No node is looked at unless somebody is placed on it.
 */
final class Pass {
    private final NodeTable nodes;
    private final ShapeTable shapes;
    private final Occupancy occupancy;
    private final Lines lines;
    private final Map<Reservation.Key, Reservation> earlier;
    private final Instant now;
    private final long[][] free;
    private final Charges charges;
    private final Map<Fit, Holes> holes = new IdentityHashMap<>();
    private final List<Placed> placed = new ArrayList<>();
    private final Map<Reservation.Key, Reservation> reservations = new LinkedHashMap<>();
    /** In the order of their turns: who comes first keeps first. */
    private final Map<Reservation.Key, Keeping> keeping = new LinkedHashMap<>();

    /** By job, for those that places are kept for. */
    private final Map<String, Refusal> refusalsOfNext = new HashMap<>();

    /** @param earlier places that were kept for somebody by the pass before */
    Pass(
            NodeTable nodes,
            ShapeTable shapes,
            Occupancy occupancy,
            Lines lines,
            Map<Reservation.Key, Reservation> earlier,
            Instant now) {
        this.nodes = nodes;
        this.shapes = shapes;
        this.occupancy = occupancy;
        this.lines = lines;
        this.earlier = earlier;
        this.now = now;
        charges = occupancy.charges().copy();
        free = nodes.free();
        shapes.refresh(free);
    }

    /** Who got places, in the order of their turns. */
    List<Placed> placed() {
        return placed;
    }

    Map<Reservation.Key, Reservation> reservations() {
        return reservations;
    }

    /** What is free after all this, less what is kept. */
    long[][] free() {
        return free;
    }

    /** What is used after all this, and what is kept with it. */
    Charges charges() {
        return charges;
    }

    /** When the first of a line could start if nothing else did; empty if nobody knows. */
    Optional<Instant> forecast(Line line) {
        return line.choices.stream()
                .flatMap(choice -> Forecast.of(line, choice, nodes, occupancy, free, charges, Map.of()).stream())
                .flatMap(start -> start.time().stream())
                .min(Instant::compareTo);
    }

    /** Why a gang that waits wasn't placed. */
    Refusal refusal(Lines.Waiting waiting) {
        return refusalsOfNext.getOrDefault(waiting.gang().job().uid(), waiting.line().refusal);
    }

    /** What is found when the places that are kept for a gang count as free: to it they are. */
    <T> T asIfNothingWereKeptFor(Gang gang, Supplier<T> look) {
        var its = keeping.values().stream()
                .filter(each -> each.reservation.isFor(gang))
                .toList();
        its.forEach(Keeping::letGo);
        try {
            return look.get();
        } finally {
            its.forEach(Keeping::keep);
        }
    }

    /** How much room a line's pods would have if nothing was kept for others. */
    long totalWithKept(Fit fit) {
        long more = 0;
        var merged = new HashMap<Integer, long[]>();
        for (var each : keeping.values()) {
            each.addTo(merged);
        }
        for (var row : merged.keySet()) {
            give(row, merged.get(row), 1);
            more += (fit.suits(row) == Shape.Suits.NOW ? fit.each.fits(free, row) : 0) - fit.pods()[row];
            give(row, merged.get(row), -1);
        }
        return fit.total() + more;
    }

    void run() {
        var turns = new PriorityQueue<Turn>();
        turns().forEach((quota, heads) -> {
            if (!heads.isEmpty()) {
                turns.add(new Turn(quota.isPresent(), heads));
            }
        });
        while (!turns.isEmpty()) {
            var turn = turns.poll();
            var head = turn.heads.poll();
            if (place(head.line(), head.gang())) {
                head.line().placed++;
                if (head.line().placed < head.line().inTurn().length) {
                    turn.heads.add(new Head(head.line()));
                }
            } else {
                keepFor(head.line(), head.gang());
            }
            if (!turn.heads.isEmpty()) {
                turn.look();
                turns.add(turn);
            }
        }
        for (var line : lines.all()) {
            line.refusal = refusal(line);
        }
        for (var each : keeping.values()) {
            // What is kept for it isn't what it lacks.
            var its = lines.of(each.reservation.jobUid());
            refusalsOfNext.put(
                    each.reservation.jobUid(), asIfNothingWereKeptFor(its.gang(), () -> refusal(its.line())));
        }
        keeping.values().forEach(each -> each.rows.keySet().forEach(nodes::touched));
    }

    /** The first of a line that hasn't been placed yet. */
    private record Head(Line line) {
        Gang gang() {
            return line.inTurn()[line.placed];
        }
    }

    /** A quota's turn: it is that of the first of its gangs. */
    private final class Turn implements Comparable<Turn> {
        final boolean underQuota;
        final PriorityQueue<Head> heads;
        private Gang first;
        private double share;

        Turn(boolean underQuota, PriorityQueue<Head> heads) {
            this.underQuota = underQuota;
            this.heads = heads;
            look();
        }

        void look() {
            var head = heads.peek();
            first = head.gang();
            share = share(head.line());
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

    /**
     * Of each quota the lines that may be placed, and of those that can't be the first of each flavor: places may be
     * kept for it. All others are refused here.
     */
    private Map<Optional<String>, PriorityQueue<Head>> turns() {
        var byQuota = new LinkedHashMap<Optional<String>, PriorityQueue<Head>>();
        var firsts = new LinkedHashMap<Reservation.Key, Head>();
        for (var line : lines.all()) {
            line.placed = 0;
            var heads = byQuota.computeIfAbsent(
                    line.ask.quota(),
                    name -> new PriorityQueue<>((one, other) -> Gang.BY_TURN.compare(one.gang(), other.gang())));
            var head = new Head(line);
            if (isStopped(line)) {
                continue;
            }
            if (mayBePlaced(line).isPresent()) {
                heads.add(head);
            } else {
                waitsFor(line)
                        .ifPresent(choice -> firsts.merge(
                                key(line, choice),
                                head,
                                (one, other) -> Gang.BY_TURN.compare(one.gang(), other.gang()) <= 0 ? one : other));
            }
        }
        firsts.values().forEach(head -> byQuota.get(head.line().ask.quota()).add(head));
        return byQuota;
    }

    /** The dominant share that its quota would have, in the flavor in which it may be placed or waits. */
    private double share(Line line) {
        var choice = mayBePlaced(line).or(() -> waitsFor(line));
        if (choice.isEmpty() || !Line.quotaAllows(choice.get(), charges.ledger())) {
            // It waits for its quota's own jobs to end, and will borrow nothing when it starts. If those who borrow
            // came before it, they would take what it waits for bit by bit.
            return 0;
        }
        var option = choice.get().option();
        double share = 0;
        for (int i = 0; i < option.accounts().length; i++) {
            share = Math.max(share, charges.ledger().share(option.accounts()[i], option.amounts()[i]));
        }
        return share;
    }

    /** The first flavor that has quota and, by the numbers, room. */
    private Optional<Line.Choice> mayBePlaced(Line line) {
        for (var choice : line.choices) {
            if (line.ask.size() <= choice.fit().total() && Line.quotaAllows(choice, charges.ledger())) {
                return Optional.of(choice);
            }
        }
        return Optional.empty();
    }

    private boolean isStopped(Line line) {
        return line.ask.quota().isPresent()
                && charges.named(line.ask.quota().get())
                        .map(quota -> quota.stopped())
                        .orElse(true);
    }

    private boolean place(Line line, Gang gang) {
        for (var choice : line.choices) {
            var rows = find(line, choice, () -> holes.computeIfAbsent(choice.fit(), Pass::everywhere));
            if (rows != null) {
                take(gang, choice, rows);
                var used = holes.get(choice.fit());
                if (used != null) {
                    used.taken();
                }
                return true;
            }
        }
        return line.ask.longest().isPresent() && backfill(line, gang);
    }

    /** Tries it with what is kept for gangs that start only after this one will have ended. */
    private boolean backfill(Line line, Gang gang) {
        var open = keeping.values().stream()
                .filter(each -> each.reservation.allows(line.ask.longest().get(), now))
                .toList();
        if (open.isEmpty()) {
            return false;
        }
        open.forEach(Keeping::letGo);
        try {
            for (var choice : line.choices) {
                // Numbers have become bigger: holes that are kept for other gangs can't be used.
                var rows = find(line, choice, () -> everywhere(choice.fit()));
                if (rows != null) {
                    take(gang, choice, rows);
                    holes.clear();
                    return true;
                }
            }
            return false;
        } finally {
            open.forEach(Keeping::keep);
        }
    }

    private static Holes everywhere(Fit fit) {
        return new Holes(fit.pods(), fit.otherDevices(), null);
    }

    private int[] find(Line line, Line.Choice choice, Supplier<Holes> everywhere) {
        var fit = choice.fit();
        if (line.ask.size() > fit.total() || !Line.quotaAllows(choice, charges.ledger())) {
            return null;
        }
        var sums = choice.domains() == null ? null : fit.sums(choice.domains()).clone();
        return Places.choose(line, choice.domains(), sums, fit.pods(), fit.otherDevices(), everywhere);
    }

    private void take(Gang gang, Line.Choice choice, int[] rows) {
        var names = new String[rows.length];
        for (int rank = 0; rank < rows.length; ) {
            int row = rows[rank];
            int first = rank;
            var name = nodes.node(row).name();
            while (rank < rows.length && rows[rank] == row) {
                names[rank++] = name;
            }
            choice.fit().each.take(free, row, rank - first);
            shapes.roomChanged(free, row);
            nodes.touched(row);
        }
        var option = choice.option();
        for (int i = 0; i < option.accounts().length; i++) {
            charges.ledger().use(option.accounts()[i], option.amounts()[i]);
        }
        placed.add(new Placed(
                gang,
                List.of(names),
                charges.quotaOf(gang.job().namespace()),
                option.flavor().map(flavor -> flavor.name())));
    }

    /** The flavor in which a line waits for others' ends, so that places may be kept for it; of several, the first. */
    private Optional<Line.Choice> waitsFor(Line line) {
        for (var choice : line.choices) {
            if (!Line.neverByQuota(choice, charges.ledger())
                    && !line.neverByRoom(choice)
                    && (Line.quotaAllows(choice, charges.ledger()) || Line.isOfOwn(choice, charges.ledger()))) {
                return Optional.of(choice);
            }
        }
        return Optional.empty();
    }

    private static Reservation.Key key(Line line, Line.Choice choice) {
        return new Reservation.Key(line.ask.quota(), choice.option().flavor().map(flavor -> flavor.name()));
    }

    private void keepFor(Line line, Gang gang) {
        var choice = waitsFor(line);
        if (choice.isEmpty() || reservations.containsKey(key(line, choice.get()))) {
            return;
        }
        var key = key(line, choice.get());
        var before = earlier.get(key);
        if (before != null
                && before.isFor(gang)
                && before.stands(nodes, choice.get().fit(), occupancy, now)
                && isThere(before)) {
            keep(before);
            return;
        }
        Forecast.of(line, choice.get(), nodes, occupancy, free, charges, promised())
                .map(start -> start.by().reservation(key, gang, start, now))
                .ifPresent(this::keep);
    }

    /** By row, what those that places are kept for will take of what comes back there, by resource. */
    private Map<Integer, long[]> promised() {
        var promised = new HashMap<Integer, long[]>();
        keeping.values().forEach(each -> each.promise(promised));
        return promised;
    }

    /** Whether all that is to be kept can be: somebody who comes before may have taken of it. */
    private boolean isThere(Reservation reservation) {
        for (var each : reservation.kept()) {
            int row = nodes.row(each.node());
            var wanted = each.thousandths();
            for (int i = 0; i < wanted.length; i++) {
                if (wanted[i] > 0 && free[each.each().resources()[i]][row] < wanted[i]) {
                    return false;
                }
            }
        }
        return true;
    }

    private void keep(Reservation reservation) {
        reservations.put(reservation.key(), reservation);
        var kept = new Keeping(reservation);
        keeping.put(reservation.key(), kept);
        kept.keep();
    }

    private Refusal refusal(Line line) {
        if (line.ask.quota().isPresent()) {
            var name = line.ask.quota().get();
            if (charges.named(name).isEmpty()) {
                return Refusal.QUOTA_CONFLICT;
            }
            if (charges.named(name).get().stopped()) {
                return Refusal.QUOTA_STOPPED;
            }
        }
        var nearest = Refusal.NO_FLAVOR;
        for (var choice : line.choices) {
            var here = line.refusal(choice, charges.ledger());
            nearest = here.compareTo(nearest) < 0 ? here : nearest;
        }
        return nearest;
    }

    private void give(int row, long[] amounts, int sign) {
        for (int i = 0; i < amounts.length; i++) {
            free[i][row] += sign * amounts[i];
        }
    }

    /** What is kept for one gang, so far as it is there to be kept. */
    private final class Keeping {
        final Reservation reservation;
        /** By row, what was taken out of what is free: an amount for each resource. */
        final Map<Integer, long[]> rows = new LinkedHashMap<>();

        final long[] quota;

        Keeping(Reservation reservation) {
            this.reservation = reservation;
            quota = new long[reservation.accounts().length];
        }

        void keep() {
            for (var each : reservation.kept()) {
                int row = nodes.row(each.node());
                var wanted = each.thousandths();
                var taken = new long[free.length];
                for (int i = 0; i < wanted.length; i++) {
                    int resource = each.each().resources()[i];
                    taken[resource] = Math.clamp(free[resource][row], 0, wanted[i]);
                }
                rows.put(row, taken);
                give(row, taken, -1);
                shapes.roomChanged(free, row);
            }
            for (int i = 0; i < quota.length; i++) {
                int account = reservation.accounts()[i];
                quota[i] = reservation.keptQuota(i, charges.ledger());
                charges.ledger().use(account, quota[i]);
            }
        }

        /** Adds what it will take and isn't there yet. */
        void promise(Map<Integer, long[]> promised) {
            for (var each : reservation.kept()) {
                int row = nodes.row(each.node());
                var sum = promised.computeIfAbsent(row, name -> new long[free.length]);
                for (int i = 0; i < each.returning().length; i++) {
                    int resource = each.each().resources()[i];
                    sum[resource] += each.each().thousandths()[i] * each.pods() - rows.get(row)[resource];
                }
            }
        }

        void letGo() {
            rows.forEach((row, taken) -> {
                give(row, taken, 1);
                shapes.roomChanged(free, row);
            });
            rows.clear();
            for (int i = 0; i < quota.length; i++) {
                charges.ledger().use(reservation.accounts()[i], -quota[i]);
                quota[i] = 0;
            }
        }

        void addTo(Map<Integer, long[]> merged) {
            rows.forEach((row, taken) -> {
                var sum = merged.computeIfAbsent(row, name -> new long[taken.length]);
                for (int i = 0; i < taken.length; i++) {
                    sum[i] += taken[i];
                }
            });
        }
    }
}
