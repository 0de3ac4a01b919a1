package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.capacity.CycleCapacity;
import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.fit.BestFit;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.fit.TopologyFit;
import dev.capstan.controllers.admission.forecast.ActiveReservation;
import dev.capstan.controllers.admission.forecast.ActiveReservations;
import dev.capstan.controllers.admission.forecast.Forecast;
import dev.capstan.controllers.admission.forecast.Reservation;
import dev.capstan.controllers.admission.queue.FairShareOrder;
import dev.capstan.controllers.admission.queue.FairShareOrder.Outcome;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.admission.queue.PendingGroup;
import dev.capstan.controllers.admission.queue.PendingQueue;
import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.queue.QuotaFlavor;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
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
 * <p>Each has its turn, see {@link FairShareOrder}. A gang that can't be placed doesn't keep later ones from places
 * that it has no use for. The first of each quota and flavor that lacks only that others end has places kept for it.
 *
 * <p>Most queue are refused by a few numbers. No node is looked at unless somebody is placed on it.
 */
final class SchedulingCycle {
    private final NodeTable nodes;
    private final ShapeTable shapes;
    private final Occupancy occupancy;
    private final PendingQueue queue;
    private final Map<QuotaFlavor, Reservation> earlier;
    private final Instant now;
    private final CycleCapacity capacity;
    private final ActiveReservations active;
    private final Map<Fit, BestFit> bestFit = new IdentityHashMap<>();
    private final List<Placed> placed = new ArrayList<>();

    /** By job, for those that places are kept for. */
    private final Map<String, PendingReason> refusalsOfNext = new HashMap<>();

    /** @param earlier places that were kept for somebody by the pass before */
    SchedulingCycle(
            NodeTable nodes,
            ShapeTable shapes,
            Occupancy occupancy,
            PendingQueue queue,
            Map<QuotaFlavor, Reservation> earlier,
            Instant now) {
        this.nodes = nodes;
        this.shapes = shapes;
        this.occupancy = occupancy;
        this.queue = queue;
        this.earlier = earlier;
        this.now = now;
        capacity = new CycleCapacity(nodes, shapes, occupancy.accounting());
        active = new ActiveReservations(capacity);
    }

    /** Who got places, in the order of their turns. */
    List<Placed> placed() {
        return placed;
    }

    Map<QuotaFlavor, Reservation> reservations() {
        return active.reservations();
    }

    /** How many kinds of pods it looked for capacity for. */
    int shapes() {
        return shapes.tracked();
    }

    /** What is free after all this, less what is kept. */
    long[][] free() {
        return capacity.free();
    }

    /** What is used after all this, and what is kept with it. */
    QuotaAccounting accounting() {
        return capacity.accounting();
    }

    /** When the first of a group could start if nothing else did; empty if nobody knows. */
    Optional<Instant> forecast(PendingGroup group) {
        return group.choices.stream()
                .flatMap(choice -> forecast(group, choice, Map.of()).stream())
                .flatMap(start -> start.time().stream())
                .min(Instant::compareTo);
    }

    private Optional<Forecast.Start> forecast(
            PendingGroup group, PendingGroup.Choice choice, Map<Integer, long[]> promised) {
        return Forecast.of(group, choice, nodes, occupancy, capacity.free(), capacity.accounting(), promised, now);
    }

    /** Why a gang that waits wasn't placed. */
    PendingReason refusal(PendingQueue.Waiting waiting) {
        return refusalsOfNext.getOrDefault(waiting.gang().job().uid(), waiting.group().refusal);
    }

    /** What is found when the places that are kept for a gang count as free: to it they are. */
    <T> T asIfNothingWereKeptFor(Gang gang, Supplier<T> look) {
        return ActiveReservations.without(active.those(reservation -> reservation.isFor(gang)), look);
    }

    /** How much capacity a group's pods would have if nothing was kept for others. */
    long totalWithKept(Fit fit) {
        return active.totalWithKept(fit);
    }

    void run() {
        new FairShareOrder(queue, capacity.accounting()).each(this::decide);
        for (var group : queue.all()) {
            group.refusal = refusal(group);
        }
        for (var each : active.all()) {
            // What is kept for it isn't what it lacks.
            var its = queue.of(each.reservation.jobUid());
            refusalsOfNext.put(
                    each.reservation.jobUid(), asIfNothingWereKeptFor(its.gang(), () -> refusal(its.group())));
        }
        active.all().forEach(ActiveReservation::touch);
    }

    private Outcome decide(PendingGroup group) {
        var outcome = place(group);
        return outcome == Outcome.REFUSED && keepFor(group) ? Outcome.KEPT : outcome;
    }

    /** TopologyFit the first of a group, or not. */
    private Outcome place(PendingGroup group) {
        var ledger = capacity.accounting().ledger();
        for (int i = group.from; i < group.choices.size(); i++) {
            var choice = group.choices.get(i);
            var rows = find(group, choice, () -> bestFit.computeIfAbsent(choice.fit(), SchedulingCycle::everywhere));
            if (rows != null) {
                if (i > group.from && PendingGroup.share(choice, ledger) > group.share(ledger)) {
                    group.from = i;
                    return Outcome.LATER;
                }
                take(group, choice, rows);
                var used = bestFit.get(choice.fit());
                if (used != null) {
                    used.taken();
                }
                return Outcome.PLACED;
            }
        }
        return group.ask.longest().isPresent() && backfill(group) ? Outcome.PLACED : Outcome.REFUSED;
    }

    /** Tries it with what is kept for gangs that start only after this one will have ended. */
    private boolean backfill(PendingGroup group) {
        var longest = group.ask.longest().get();
        var open = active.those(reservation -> reservation.allows(longest, now));
        return !open.isEmpty()
                && ActiveReservations.without(open, () -> {
                    for (var choice : group.choices) {
                        // Numbers are bigger than the known bestFit allow for. When all is kept again none of them is,
                        // so
                        // that those bestFit hold for whoever comes next.
                        var rows = find(group, choice, () -> everywhere(choice.fit()));
                        if (rows != null) {
                            take(group, choice, rows);
                            return true;
                        }
                    }
                    return false;
                });
    }

    private static BestFit everywhere(Fit fit) {
        return new BestFit(fit.pods(), fit.otherDevices(), null);
    }

    private int[] find(PendingGroup group, PendingGroup.Choice choice, Supplier<BestFit> everywhere) {
        var fit = choice.fit();
        if (group.ask.size() > fit.total()
                || !PendingGroup.quotaAllows(choice, capacity.accounting().ledger())) {
            return null;
        }
        var sums = choice.domains() == null ? null : fit.sums(choice.domains()).clone();
        return TopologyFit.choose(
                group.ask.size(),
                group.isRequired(),
                choice.domains(),
                sums,
                fit.pods(),
                fit.otherDevices(),
                everywhere);
    }

    private void take(PendingGroup group, PendingGroup.Choice choice, int[] rows) {
        var gang = group.first();
        placed.add(new Placed(
                gang,
                List.of(capacity.take(choice.fit(), rows, choice.option())),
                capacity.accounting().quotaOf(gang.job().namespace()),
                choice.option().flavor().map(flavor -> flavor.name())));
    }

    /** Keeps places for the first of a group if it is the first of its quota and a flavor whose start can be told. */
    private boolean keepFor(PendingGroup group) {
        for (var choice : group.choices) {
            if (group.waitsIn(choice, capacity.accounting().ledger())
                    && (active.hasOne(QuotaFlavor.of(group, choice)) || keepFor(group, choice))) {
                return true;
            }
        }
        return false;
    }

    private boolean keepFor(PendingGroup group, PendingGroup.Choice choice) {
        var gang = group.first();
        var key = QuotaFlavor.of(group, choice);
        var before = earlier.get(key);
        if (before != null
                && before.isFor(gang)
                && before.stands(nodes, choice.fit(), occupancy, now)
                && ActiveReservation.isThere(before, capacity)) {
            active.keep(before);
            return true;
        }
        var start = forecast(group, choice, active.promised());
        start.ifPresent(its -> active.keep(its.by().reservation(key, gang, its, now)));
        return start.isPresent();
    }

    private PendingReason refusal(PendingGroup group) {
        var accounting = capacity.accounting();
        if (group.ask.quota().isPresent()) {
            var name = group.ask.quota().get();
            if (accounting.named(name).isEmpty()) {
                return PendingReason.QUOTA_CONFLICT;
            }
            if (accounting.named(name).get().stopped()) {
                return PendingReason.QUOTA_STOPPED;
            }
        }
        var nearest = PendingReason.NO_FLAVOR;
        for (var choice : group.choices) {
            var here = group.refusal(choice, accounting.ledger());
            nearest = here.compareTo(nearest) < 0 ? here : nearest;
        }
        return nearest;
    }
}
