package dev.capstan.controllers.gang;

import dev.capstan.controllers.gang.Turns.Outcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One look at all that is there and all who wait: who gets places now, and for whom places are kept.
 *
 * <p>Each has its turn, see {@link Turns}. A gang that can't be placed doesn't keep later ones from places that it has
 * no use for. The first of each quota and flavor that lacks only that others end has places kept for it.
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
    private final Room room;
    private final Keepings keepings;
    private final Map<Fit, Holes> holes = new IdentityHashMap<>();
    private final List<Placed> placed = new ArrayList<>();

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
        room = new Room(nodes, shapes, occupancy.charges());
        keepings = new Keepings(room);
    }

    /** Who got places, in the order of their turns. */
    List<Placed> placed() {
        return placed;
    }

    Map<Reservation.Key, Reservation> reservations() {
        return keepings.reservations();
    }

    /** How many kinds of pods it looked for room for. */
    int shapes() {
        return shapes.tracked();
    }

    /** What is free after all this, less what is kept. */
    long[][] free() {
        return room.free();
    }

    /** What is used after all this, and what is kept with it. */
    Charges charges() {
        return room.charges();
    }

    /** When the first of a line could start if nothing else did; empty if nobody knows. */
    Optional<Instant> forecast(Line line) {
        return line.choices.stream()
                .flatMap(choice -> forecast(line, choice, Map.of()).stream())
                .flatMap(start -> start.time().stream())
                .min(Instant::compareTo);
    }

    private Optional<Forecast.Start> forecast(Line line, Line.Choice choice, Map<Integer, long[]> promised) {
        return Forecast.of(line, choice, nodes, occupancy, room.free(), room.charges(), promised, now);
    }

    /** Why a gang that waits wasn't placed. */
    Refusal refusal(Lines.Waiting waiting) {
        return refusalsOfNext.getOrDefault(waiting.gang().job().uid(), waiting.line().refusal);
    }

    /** What is found when the places that are kept for a gang count as free: to it they are. */
    <T> T asIfNothingWereKeptFor(Gang gang, Supplier<T> look) {
        return Keepings.without(keepings.those(reservation -> reservation.isFor(gang)), look);
    }

    /** How much room a line's pods would have if nothing was kept for others. */
    long totalWithKept(Fit fit) {
        return keepings.totalWithKept(fit);
    }

    void run() {
        new Turns(lines, room.charges()).each(this::decide);
        for (var line : lines.all()) {
            line.refusal = refusal(line);
        }
        for (var each : keepings.all()) {
            // What is kept for it isn't what it lacks.
            var its = lines.of(each.reservation.jobUid());
            refusalsOfNext.put(
                    each.reservation.jobUid(), asIfNothingWereKeptFor(its.gang(), () -> refusal(its.line())));
        }
        keepings.all().forEach(Keeping::touch);
    }

    private Outcome decide(Line line) {
        var outcome = place(line);
        return outcome == Outcome.REFUSED && keepFor(line) ? Outcome.KEPT : outcome;
    }

    /** Places the first of a line, or not. */
    private Outcome place(Line line) {
        var ledger = room.charges().ledger();
        for (int i = line.from; i < line.choices.size(); i++) {
            var choice = line.choices.get(i);
            var rows = find(line, choice, () -> holes.computeIfAbsent(choice.fit(), Pass::everywhere));
            if (rows != null) {
                if (i > line.from && Line.share(choice, ledger) > line.share(ledger)) {
                    line.from = i;
                    return Outcome.LATER;
                }
                take(line, choice, rows);
                var used = holes.get(choice.fit());
                if (used != null) {
                    used.taken();
                }
                return Outcome.PLACED;
            }
        }
        return line.ask.longest().isPresent() && backfill(line) ? Outcome.PLACED : Outcome.REFUSED;
    }

    /** Tries it with what is kept for gangs that start only after this one will have ended. */
    private boolean backfill(Line line) {
        var longest = line.ask.longest().get();
        var open = keepings.those(reservation -> reservation.allows(longest, now));
        return !open.isEmpty()
                && Keepings.without(open, () -> {
                    for (var choice : line.choices) {
                        // Numbers are bigger than the known holes allow for. When all is kept again none of them is, so
                        // that those holes hold for whoever comes next.
                        var rows = find(line, choice, () -> everywhere(choice.fit()));
                        if (rows != null) {
                            take(line, choice, rows);
                            return true;
                        }
                    }
                    return false;
                });
    }

    private static Holes everywhere(Fit fit) {
        return new Holes(fit.pods(), fit.otherDevices(), null);
    }

    private int[] find(Line line, Line.Choice choice, Supplier<Holes> everywhere) {
        var fit = choice.fit();
        if (line.ask.size() > fit.total()
                || !Line.quotaAllows(choice, room.charges().ledger())) {
            return null;
        }
        var sums = choice.domains() == null ? null : fit.sums(choice.domains()).clone();
        return Places.choose(line, choice.domains(), sums, fit.pods(), fit.otherDevices(), everywhere);
    }

    private void take(Line line, Line.Choice choice, int[] rows) {
        var gang = line.first();
        placed.add(new Placed(
                gang,
                List.of(room.take(choice, rows)),
                room.charges().quotaOf(gang.job().namespace()),
                choice.option().flavor().map(flavor -> flavor.name())));
    }

    /** Keeps places for the first of a line if it is the first of its quota and a flavor whose start can be told. */
    private boolean keepFor(Line line) {
        for (var choice : line.choices) {
            if (line.waitsIn(choice, room.charges().ledger())
                    && (keepings.hasOne(Reservation.Key.of(line, choice)) || keepFor(line, choice))) {
                return true;
            }
        }
        return false;
    }

    private boolean keepFor(Line line, Line.Choice choice) {
        var gang = line.first();
        var key = Reservation.Key.of(line, choice);
        var before = earlier.get(key);
        if (before != null
                && before.isFor(gang)
                && before.stands(nodes, choice.fit(), occupancy, now)
                && Keeping.isThere(before, room)) {
            keepings.keep(before);
            return true;
        }
        var start = forecast(line, choice, keepings.promised());
        start.ifPresent(its -> keepings.keep(its.by().reservation(key, gang, its, now)));
        return start.isPresent();
    }

    private Refusal refusal(Line line) {
        var charges = room.charges();
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
}
