package dev.capstan.controllers.admission.forecast;

import dev.capstan.controllers.admission.capacity.GrantUsage;
import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.capacity.PodUsage;
import dev.capstan.controllers.admission.fit.Amounts;
import dev.capstan.controllers.admission.fit.BestFit;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.MixedFit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import dev.capstan.controllers.admission.fit.TopologyFit;
import dev.capstan.controllers.admission.queue.Pending;
import dev.capstan.controllers.admission.queue.PendingGroup;
import dev.capstan.controllers.admission.queue.QuotaFlavor;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * When a gang could start if nothing else did: the running jobs are let go one after the other, in the order in which
 * they are expected to end, until there are quota and places. What services hold is never counted on: places that are
 * kept until one of them ends would lie idle for good.
 */
public final class Forecast {
    /** How much later than it was to be gone a pod is still expected to go. */
    private static final Duration LATE = Duration.ofMinutes(1);

    /** After so many tries in vain to find places for pods of several sizes there is no longer one at each end. */
    private static final int TRIES_AT_EACH_END = 16;

    private final PendingGroup group;
    private final PendingGroup.Choice choice;
    private final NodeTable nodes;
    private final Occupancy occupancy;
    /** What any of the pods take. */
    private final int[] resources;
    /** For each part what a pod takes, as indices of {@link #free}. */
    private final Amounts[] each;
    /** What is free, and will be: a column for each resource that a pod takes. */
    private final long[][] free;
    /** What the quotas use, and will when jobs have ended. */
    private final QuotaAccounting accounting;
    /** Of each of the choice's accounts, what may be used now. */
    private final long[] available;

    /** What comes back and isn't promised to others, in such columns too. */
    private final long[][] returned;
    /** By row, what of that which comes back others take first, by resource; it is used up. */
    private final Map<Integer, long[]> promised;

    /** For each part, how many pods fit on each row. */
    private final short[][] pods;

    private final long[] total;
    /** For each part, of each domain of the topology; null if none is asked for. */
    private final long[][] sums;

    /** Who was placed in this very cycle. */
    private final List<Placed> placed;
    /** Whether the ends of these are counted on, too. */
    private boolean countsOnPlaced;

    private int tries;
    /** How many ends go by before places for pods of several sizes are looked for again. */
    private int pause;

    private final List<GrantUsage> ended = new ArrayList<>();
    /** The UIDs of pods that had no grant any more. */
    private final Set<String> left = new HashSet<>();

    /** Pods that were given places just now, by their rows; nobody holds a grant for them yet. */
    public record Placed(String namespace, Amounts each, int[] rows) {}

    /** When there will be places; and where, for each part a row for each pod. */
    public record Start(Optional<Instant> time, int[][] rows, Forecast by) {}

    private Forecast(
            PendingGroup group,
            PendingGroup.Choice choice,
            NodeTable nodes,
            Occupancy occupancy,
            long[][] free,
            QuotaAccounting accounting,
            Map<Integer, long[]> promised,
            List<Placed> placed) {
        this.group = group;
        this.placed = placed;
        this.choice = choice;
        this.nodes = nodes;
        this.occupancy = occupancy;
        this.resources = resources(choice);
        this.each = Arrays.stream(choice.fits)
                .map(fit -> new Amounts(
                        Arrays.stream(fit.each.resources()).map(this::index).toArray(), fit.each.thousandths()))
                .toArray(Amounts[]::new);
        this.free = Arrays.stream(resources)
                .mapToObj(resource -> free[resource].clone())
                .toArray(long[][]::new);
        this.returned = new long[resources.length][nodes.size()];
        this.promised = promised;
        this.accounting = accounting.copy();
        this.available = available();
        this.pods = Arrays.stream(choice.fits).map(fit -> fit.pods().clone()).toArray(short[][]::new);
        this.total = Arrays.stream(choice.fits).mapToLong(Fit::total).toArray();
        this.sums = choice.domains == null
                ? null
                : Arrays.stream(choice.fits)
                        .map(fit -> fit.sums(choice.domains).clone())
                        .toArray(long[][]::new);
    }

    private static int[] resources(PendingGroup.Choice choice) {
        return choice.fits.length == 1
                ? choice.fits[0].each.resources()
                : Arrays.stream(choice.fits)
                        .flatMapToInt(fit -> Arrays.stream(fit.each.resources()))
                        .distinct()
                        .toArray();
    }

    private int index(int resource) {
        int index = 0;
        while (resources[index] != resource) {
            index++;
        }
        return index;
    }

    /**
     * The start of the first of a group; empty if the end of all running jobs wouldn't be enough.
     *
     * @param promised by row, what of that which comes back others will take first, by resource; it is written to
     * @param placed who was given places in this cycle: they end after all who run
     */
    public static Optional<Start> of(
            PendingGroup group,
            PendingGroup.Choice choice,
            NodeTable nodes,
            Occupancy occupancy,
            long[][] free,
            QuotaAccounting accounting,
            Map<Integer, long[]> promised,
            List<Placed> placed,
            Instant now) {
        return new Forecast(group, choice, nodes, occupancy, free, accounting, promised, placed).start(now);
    }

    private Optional<Start> start(Instant now) {
        // They are gone before any that has a grant, though nobody knows when. No more of them are counted on than are
        // needed, or what others have left would be given away for what these will.
        for (var pod : occupancy.leaving().entrySet()) {
            if (leaves(pod.getValue(), now)) {
                leave(pod.getKey(), pod.getValue());
            }
            if (!left.isEmpty()) {
                var rows = rows();
                if (rows != null) {
                    return Optional.of(new Start(Optional.empty(), rows, this));
                }
            }
        }
        var first = group.first();
        for (var held : occupancy.byEnd()) {
            if (held.grant().lasting()
                    || first.isFill()
                            && held.grant().uid().equals(first.workload().uid())) {
                // The one never ends; when the other does, it wants no further pods.
                continue;
            }
            end(held);
            var rows = rows();
            if (rows != null) {
                return Optional.of(new Start(held.grant().ends(), rows, this));
            }
        }
        if (pause > 0) {
            pause = 0;
            var rows = rows();
            if (rows != null) {
                return Optional.of(new Start(ended.getLast().grant().ends(), rows, this));
            }
        }
        return afterThosePlaced();
    }

    /**
     * The last to end: those who were placed in this cycle. If they didn't count, a gang behind them would lack more
     * than the ends of others, nothing would be kept for it, and all who come after it would be placed at once.
     */
    private Optional<Start> afterThosePlaced() {
        for (var each : placed) {
            countsOnPlaced = true;
            for (int pod = 0; pod < each.rows().length; ) {
                int row = each.rows()[pod];
                int first = pod;
                while (pod < each.rows().length && each.rows()[pod] == row) {
                    pod++;
                }
                comesBack(each.namespace(), each.each(), row, pod - first);
            }
            var rows = rows();
            if (rows != null) {
                return Optional.of(new Start(Optional.empty(), rows, this));
            }
        }
        if (pause > 0) {
            pause = 0;
            var rows = rows();
            return rows == null ? Optional.empty() : Optional.of(new Start(Optional.empty(), rows, this));
        }
        return Optional.empty();
    }

    /** Where all pods may be then; null if they may not start yet. */
    private int[][] rows() {
        if (!mayStart()) {
            return null;
        }
        if (choice.fits.length == 1) {
            return new int[][] {rowsAlike()};
        }
        if (pause > 0) {
            pause--;
            return null;
        }
        var rows = new MixedFit(choice.counts, each, otherDevices(), free, pods)
                .choose(choice.domains, sums, group.isRequired());
        if (rows == null && ++tries > TRIES_AT_EACH_END) {
            // Each try looks at all nodes, and thousands may end: the start may be told somewhat too late.
            pause = tries - TRIES_AT_EACH_END;
        }
        return rows;
    }

    private boolean[][] otherDevices() {
        return Arrays.stream(choice.fits).map(Fit::otherDevices).toArray(boolean[][]::new);
    }

    /** By the numbers of each part alone. */
    private boolean mayStart() {
        for (int part = 0; part < total.length; part++) {
            if (total[part] < choice.counts[part]
                    || group.isRequired() && !TopologyFit.anyTakes(sums[part], choice.counts[part])) {
                return false;
            }
        }
        return PendingGroup.quotaAllows(choice, accounting.ledger());
    }

    /**
     * Where jobs end rather than where it is idle now, if that is enough: nothing has to be kept there, and who comes
     * later may use the rest, however long it takes.
     */
    private int[] rowsAlike() {
        var back = new short[pods[0].length];
        for (int row = 0; row < back.length; row++) {
            back[row] = (short) Math.min(pods[0][row], each[0].fits(returned, row));
        }
        var rows = choose(back, choice.domains == null ? null : Fit.sum(choice.domains, back));
        return rows != null ? rows : choose(pods[0], sums == null ? null : sums[0]);
    }

    private int[] choose(short[] fitting, long[] byDomain) {
        var otherDevices = choice.fits[0].otherDevices();
        return TopologyFit.choose(
                choice.counts[0],
                group.isRequired(),
                choice.domains,
                byDomain,
                fitting,
                otherDevices,
                () -> new BestFit(fitting, otherDevices, null));
    }

    /**
     * Whether a pod that has no grant is on its way out: not on a node whose kubelet says nothing, and not if something
     * holds it back.
     */
    private boolean leaves(PodUsage pod, Instant now) {
        int row = nodes.row(pod.node());
        return row >= 0
                && nodes.node(row) != null
                && nodes.node(row).ready()
                && pod.goneBy().map(time -> now.isBefore(time.plus(LATE))).orElse(true);
    }

    private void leave(String uid, PodUsage pod) {
        left.add(uid);
        comesBack(pod.namespace(), pod.each(), nodes.row(pod.node()), 1);
    }

    private void end(GrantUsage held) {
        ended.add(held);
        for (var seats : held.seats()) {
            for (int rank = 0; rank < seats.rows.length; ) {
                int row = seats.rows[rank];
                int back = 0;
                while (rank < seats.rows.length && seats.rows[rank] == row) {
                    back += seats.takesRoom[rank++] ? 1 : 0;
                }
                if (back > 0 && nodes.node(row) != null) {
                    comesBack(held.grant().namespace(), seats.each, row, back);
                }
            }
        }
    }

    private void comesBack(String namespace, Amounts taken, int row, int back) {
        if (group.ask.quota().isPresent()) {
            accounting.add(namespace, row, nodes.node(row), taken, -back);
        }
        var owed = promised.get(row);
        for (int i = 0; i < free.length; i++) {
            int resource = resources[i];
            long left = taken.of(resource) * back;
            if (owed != null) {
                long toOthers = Math.min(owed[resource], left);
                owed[resource] -= toOthers;
                left -= toOthers;
            }
            free[i][row] += left;
            returned[i][row] += left;
        }
        for (int part = 0; part < each.length; part++) {
            if (choice.fits[part].suits(row) == PodShape.Suits.NOW) {
                int more = each[part].fits(free, row) - pods[part][row];
                total[part] += more;
                pods[part][row] += (short) more;
                if (sums != null && choice.domains.of(row) >= 0) {
                    sums[part][choice.domains.of(row)] += more;
                }
            }
        }
    }

    /** What has to be kept so that it comes true. */
    public Reservation reservation(QuotaFlavor key, Pending pending, Start start, Instant decidedAt) {
        var podsByRow = new TreeMap<Integer, int[]>();
        for (int part = 0; part < each.length; part++) {
            for (int row : start.rows()[part]) {
                podsByRow.computeIfAbsent(row, name -> new int[each.length])[part]++;
            }
        }
        var kept = new ArrayList<Reservation.Kept>();
        podsByRow.forEach((row, counts) -> kept.add(kept(row, counts)));
        return new Reservation(
                key,
                pending,
                start.time(),
                List.copyOf(kept),
                choice.accounts,
                choice.amounts,
                returning(available()),
                Arrays.stream(choice.accounts)
                        .mapToLong(accounting.ledger()::givenBack)
                        .toArray(),
                awaited(podsByRow.keySet()),
                leaving(podsByRow.keySet()),
                countsOnPlaced,
                decidedAt);
    }

    private Reservation.Kept kept(int row, int[] counts) {
        var parts = new boolean[each.length];
        var wanted = new long[resources.length];
        for (int part = 0; part < each.length; part++) {
            parts[part] = counts[part] > 0;
            for (int i = 0; i < each[part].resources().length; i++) {
                wanted[each[part].resources()[i]] += each[part].thousandths()[i] * counts[part];
            }
        }
        return new Reservation.Kept(
                nodes.node(row).name(),
                parts,
                resources,
                wanted,
                Arrays.stream(returned).mapToLong(column -> column[row]).toArray());
    }

    private long[] available() {
        return Arrays.stream(choice.accounts)
                .mapToLong(accounting.ledger()::available)
                .toArray();
    }

    private long[] returning(long[] then) {
        return IntStream.range(0, then.length)
                .mapToLong(i -> then[i] - available[i])
                .toArray();
    }

    /** The pods on their way out that give something back on these rows. */
    private Set<String> leaving(Set<Integer> rows) {
        return left.stream()
                .filter(pod ->
                        rows.contains(nodes.row(occupancy.leaving().get(pod).node())))
                .collect(Collectors.toSet());
    }

    /** The grants that give something back on these rows by then. */
    private List<Reservation.Awaited> awaited(Set<Integer> rows) {
        var wanted = new boolean[nodes.size()];
        rows.forEach(row -> wanted[row] = true);
        return ended.stream()
                .filter(held -> held.takesAnyOf(wanted))
                .map(held -> new Reservation.Awaited(held, held.taking()))
                .toList();
    }
}
