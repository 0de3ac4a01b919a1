package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.capacity.CycleCapacity;
import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.fit.BestFit;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.fit.SpreadFit;
import dev.capstan.controllers.admission.fit.TopologyFit;
import dev.capstan.controllers.admission.forecast.ActiveReservation;
import dev.capstan.controllers.admission.forecast.ActiveReservations;
import dev.capstan.controllers.admission.forecast.Forecast;
import dev.capstan.controllers.admission.forecast.Reservation;
import dev.capstan.controllers.admission.queue.FairShareOrder;
import dev.capstan.controllers.admission.queue.FairShareOrder.Outcome;
import dev.capstan.controllers.admission.queue.Pending;
import dev.capstan.controllers.admission.queue.PendingGroup;
import dev.capstan.controllers.admission.queue.PendingQueue;
import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.QuotaFlavor;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * One look at all that is there and all who wait: who gets places now, and for whom places are kept.
 *
 * <p>Each has its turn, see {@link FairShareOrder}. Who can't be placed doesn't keep later ones from places that it has
 * no use for. The first of each quota and flavor that lacks only that others end has places kept for it.
 *
 * <p>Most groups are refused by a few numbers. No node is looked at unless somebody is placed on it.
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
    /** Of these the ones whose pods are to be apart, by their workloads. */
    private final Map<String, List<Placed>> apart = new HashMap<>();

    /** Of these the ones that will end, as forecasts have it. */
    private final List<Forecast.Placed> running = new ArrayList<>();

    /** Those that places are kept for. */
    private final Map<Pending, PendingReason> reasonsOfNext = new HashMap<>();

    /** @param names of each part of what was asked for, the node of each pod */
    private record Placed(
            Pending pending, PendingGroup.Ask ask, PendingGroup.Choice choice, List<List<String>> names) {}

    /** @param earlier places that were kept for somebody by the cycle before */
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

    /** Who got places, in the order of their turns; the pods of one workload together. */
    List<Decision> decisions() {
        var all = new ArrayList<Decision>();
        var fills = new HashMap<String, Integer>();
        for (var each : placed) {
            var uid = each.pending().workload().uid();
            if (!each.pending().isFill()) {
                all.add(admit(each));
            } else if (!fills.containsKey(uid)) {
                fills.put(uid, all.size());
                all.add(fill(each));
            } else {
                all.set(fills.get(uid), merged((Decision.Fill) all.get(fills.get(uid)), fill(each)));
            }
        }
        return all;
    }

    private Decision.Admit admit(Placed placed) {
        var seats = new ArrayList<Grant.Seats>();
        for (int part = 0; part < placed.names().size(); part++) {
            var podSet =
                    podSet(placed.pending().workload(), placed.ask().parts().get(part));
            seats.add(new Grant.Seats(
                    podSet.name(),
                    podSet.firstRank(),
                    podSet.each(),
                    placed.names().get(part)));
        }
        return new Decision.Admit(
                placed.pending().workload(), List.copyOf(seats), placed.ask().quota(), placed.choice().flavors);
    }

    private static PodSet podSet(Workload workload, PendingGroup.Part part) {
        return workload.podSets().stream()
                .filter(podSet -> podSet.name().equals(part.podSet()))
                .findFirst()
                .orElseThrow();
    }

    private static Decision.Fill fill(Placed placed) {
        var pending = placed.pending();
        var nodes = new String[pending.pod() + 1];
        nodes[pending.pod()] = placed.names().getFirst().getFirst();
        var podSet = pending.workload().podSets().get(pending.podSet());
        return new Decision.Fill(
                pending.workload(),
                List.of(new Grant.Seats(podSet.name(), podSet.firstRank(), podSet.each(), Arrays.asList(nodes))),
                placed.ask().quota(),
                placed.choice().flavors);
    }

    private static Decision.Fill merged(Decision.Fill one, Decision.Fill other) {
        var flavors = new ArrayList<>(one.flavors());
        other.flavors().stream().filter(flavor -> !flavors.contains(flavor)).forEach(flavors::add);
        return new Decision.Fill(
                one.workload(), Grant.Seats.merged(one.podSets(), other.podSets()), one.quota(), flavors);
    }

    Map<QuotaFlavor, Reservation> reservations() {
        return active.reservations();
    }

    /** How many kinds of pods it looked for room for. */
    int shapes() {
        return shapes.tracked();
    }

    /** What is free after all this, less what is kept. */
    long[][] free() {
        return capacity.free();
    }

    /** Pods that take room and that nobody has any more for whom they were made. */
    Collection<ClusterView.Pod> strays() {
        return occupancy.strays();
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
        return Forecast.of(
                group, choice, nodes, occupancy, capacity.free(), capacity.accounting(), promised, running, now);
    }

    /** Why one that waits wasn't placed. */
    PendingReason reason(PendingQueue.Waiting waiting) {
        return reasonsOfNext.getOrDefault(waiting.pending(), waiting.group().reason);
    }

    /** What is found when the places that are kept for somebody count as free: to it they are. */
    <T> T asIfNothingWereKeptFor(Pending pending, Supplier<T> look) {
        return ActiveReservations.without(active.those(reservation -> reservation.isFor(pending)), look);
    }

    /** How much room a group's pods would have if nothing was kept for others. */
    long totalWithKept(Fit fit) {
        return active.totalWithKept(fit);
    }

    void run() {
        new FairShareOrder(queue, capacity.accounting()).each(this::decide);
        for (var group : queue.all()) {
            group.reason = reason(group);
        }
        for (var each : active.all()) {
            // What is kept for it isn't what it lacks.
            queue.of(each.reservation.pending().workload().uid()).stream()
                    .filter(waiting -> each.reservation.isFor(waiting.pending()))
                    .forEach(waiting -> reasonsOfNext.put(
                            waiting.pending(),
                            asIfNothingWereKeptFor(waiting.pending(), () -> reason(waiting.group()))));
        }
        active.all().forEach(ActiveReservation::touch);
    }

    private Outcome decide(PendingGroup group) {
        var outcome = place(group);
        return outcome == Outcome.REFUSED && keepFor(group) ? Outcome.KEPT : outcome;
    }

    /** Places the first of a group, or not. */
    private Outcome place(PendingGroup group) {
        var ledger = capacity.accounting().ledger();
        for (int i = group.from; i < group.choices.size(); i++) {
            var choice = group.choices.get(i);
            var rows = find(group, choice, () -> bestFit.computeIfAbsent(choice.fits[0], SchedulingCycle::everywhere));
            if (rows != null) {
                boolean later = i > group.from && PendingGroup.share(choice, ledger) > group.share(ledger);
                if (later) {
                    group.from = i;
                } else {
                    take(group, choice, rows);
                }
                var used = bestFit.get(choice.fits[0]);
                if (used != null) {
                    used.taken();
                }
                return later ? Outcome.LATER : Outcome.PLACED;
            }
        }
        return group.ask.longest().isPresent() && backfill(group) ? Outcome.PLACED : Outcome.REFUSED;
    }

    /** Tries it with what is kept for those that start only after this one will have ended. */
    private boolean backfill(PendingGroup group) {
        var longest = group.ask.longest().get();
        var open = active.those(reservation -> reservation.allows(longest, now));
        return !open.isEmpty()
                && ActiveReservations.without(open, () -> {
                    for (var choice : group.choices) {
                        // Numbers are bigger than the known lists allow for. When all is kept again none of them is, so
                        // that those lists hold for whoever comes next.
                        var rows = find(group, choice, () -> everywhere(choice.fits[0]));
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

    /**
     * @param everywhere all rows by how many pods fit on them, if all pods are alike
     * @return for each part of what is asked for a row for each pod; or null
     */
    private int[][] find(PendingGroup group, PendingGroup.Choice choice, Supplier<BestFit> everywhere) {
        if (!choice.mayHaveRoom()
                || !PendingGroup.quotaAllows(choice, capacity.accounting().ledger())) {
            return null;
        }
        return choice.fits.length == 1
                ? findAlike(group, choice, everywhere)
                : choice.mixed(capacity.free()).choose(choice.domains, choice.sums(), group.isRequired());
    }

    private static int[][] findAlike(PendingGroup group, PendingGroup.Choice choice, Supplier<BestFit> everywhere) {
        var fit = choice.fits[0];
        var sums = choice.domains == null ? null : fit.sums(choice.domains).clone();
        var rows = TopologyFit.choose(
                choice.counts[0], group.isRequired(), choice.domains, sums, fit.pods(), fit.otherDevices(), everywhere);
        return rows == null ? null : new int[][] {rows};
    }

    private void take(PendingGroup group, PendingGroup.Choice choice, int[][] found) {
        var workload = group.first().workload();
        var rows = workload.spread()
                .map(label -> spread(label, group, choice, found))
                .orElse(found);
        var names = new ArrayList<List<String>>(rows.length);
        for (int part = 0; part < rows.length; part++) {
            names.add(List.of(capacity.take(choice.fits[part], rows[part])));
            if (!workload.lasting()) {
                running.add(new Forecast.Placed(workload.id().namespace(), choice.fits[part].each, rows[part]));
            }
        }
        capacity.use(choice.accounts, choice.amounts);
        var taken = new Placed(group.first(), group.ask, choice, names);
        placed.add(taken);
        if (workload.spread().isPresent()) {
            apart.computeIfAbsent(workload.uid(), uid -> new ArrayList<>()).add(taken);
        }
    }

    /** Instead of the places that were found, those that are apart; the same if there are none. */
    private int[][] spread(String label, PendingGroup group, PendingGroup.Choice choice, int[][] found) {
        var uid = group.first().workload().uid();
        var granted = occupancy.grant(uid);
        var others = new ArrayList<List<String>>();
        for (var part : group.ask.parts()) {
            var its = new ArrayList<String>();
            if (granted != null && group.first().isFill()) {
                granted.seats(part.podSet()).stream()
                        .flatMap(seats -> seats.pods().mapToObj(seats.nodes()::get))
                        .forEach(its::add);
            }
            // Further ones that got theirs in this very cycle.
            apart.getOrDefault(uid, List.of()).stream()
                    .filter(each -> each.ask().parts().getFirst().podSet().equals(part.podSet()))
                    .forEach(each -> its.addAll(each.names().getFirst()));
            others.add(its);
        }
        var domains = choice.domains == null
                ? Set.<Integer>of()
                : Arrays.stream(found)
                        .flatMapToInt(Arrays::stream)
                        .map(choice.domains::of)
                        .boxed()
                        .collect(Collectors.toSet());
        var rows = new SpreadFit(nodes, label, capacity.free())
                .choose(
                        choice.counts,
                        choice.fits,
                        row -> choice.domains == null || domains.contains(choice.domains.of(row)),
                        others);
        return rows == null ? found : rows;
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
        var first = group.first();
        var key = QuotaFlavor.of(group, choice);
        var before = earlier.get(key);
        if (before != null
                && before.isFor(first)
                && before.stands(nodes, choice, occupancy, now)
                && ActiveReservation.isThere(before, capacity)) {
            active.keep(before);
            return true;
        }
        var start = forecast(group, choice, active.promised());
        start.ifPresent(found -> active.keep(found.by().reservation(key, first, found, now)));
        return start.isPresent();
    }

    private PendingReason reason(PendingGroup group) {
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
            var here = group.reason(choice, accounting.ledger());
            nearest = here.compareTo(nearest) < 0 ? here : nearest;
        }
        return nearest;
    }
}
