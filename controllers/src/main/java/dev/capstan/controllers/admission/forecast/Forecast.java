package dev.capstan.controllers.admission.forecast;

import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.fit.Amounts;
import dev.capstan.controllers.admission.fit.BestFit;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import dev.capstan.controllers.admission.fit.TopologyFit;
import dev.capstan.controllers.admission.queue.Gang;
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
 * they are expected to end, until there are quota and places.
 */
public final class Forecast {
    /** How much later than it was to be gone a pod is still expected to go. */
    private static final Duration LATE = Duration.ofMinutes(1);

    private final PendingGroup group;
    private final PendingGroup.Choice choice;
    private final NodeTable nodes;
    private final Occupancy occupancy;
    /** What a pod takes, as indices of {@link #free}. */
    private final Amounts each;
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

    private final short[] pods;
    private long total;
    /** Of each domain of the topology; null if it asks for none. */
    private final long[] sums;

    private final List<Occupancy.GrantUsage> ended = new ArrayList<>();
    /** The UIDs of pods that had no grant any more. */
    private final Set<String> left = new HashSet<>();

    /** When there will be places; and where, if they were asked for. */
    public record Start(Optional<Instant> time, int[] rows, Forecast by) {}

    private Forecast(
            PendingGroup group,
            PendingGroup.Choice choice,
            NodeTable nodes,
            Occupancy occupancy,
            long[][] free,
            QuotaAccounting accounting,
            Map<Integer, long[]> promised) {
        this.group = group;
        this.choice = choice;
        this.nodes = nodes;
        this.occupancy = occupancy;
        var asked = choice.fit().each;
        this.each = new Amounts(IntStream.range(0, asked.resources().length).toArray(), asked.thousandths());
        this.free = Arrays.stream(asked.resources())
                .mapToObj(resource -> free[resource].clone())
                .toArray(long[][]::new);
        this.returned = new long[asked.resources().length][nodes.size()];
        this.promised = promised;
        this.accounting = accounting.copy();
        this.available = available();
        this.pods = choice.fit().pods().clone();
        this.total = choice.fit().total();
        this.sums = choice.domains() == null
                ? null
                : choice.fit().sums(choice.domains()).clone();
    }

    /**
     * The start of the first of a group; empty if the end of all running jobs wouldn't be enough.
     *
     * @param promised by row, what of that which comes back others will take first, by resource; it is written to
     */
    public static Optional<Start> of(
            PendingGroup group,
            PendingGroup.Choice choice,
            NodeTable nodes,
            Occupancy occupancy,
            long[][] free,
            QuotaAccounting accounting,
            Map<Integer, long[]> promised,
            Instant now) {
        return new Forecast(group, choice, nodes, occupancy, free, accounting, promised).start(now);
    }

    private Optional<Start> start(Instant now) {
        // They are gone before any that has a grant, though nobody knows when. No more of them are counted on than are
        // needed, or what others have left would be given away for what these will.
        for (var pod : occupancy.leaving().entrySet()) {
            if (leaves(pod.getValue(), now)) {
                leave(pod.getKey(), pod.getValue());
            }
            if (!left.isEmpty() && mayStart()) {
                return Optional.of(new Start(Optional.empty(), rows(), this));
            }
        }
        for (var held : occupancy.byEnd()) {
            end(held);
            if (mayStart()) {
                return Optional.of(new Start(held.hold.ends(), rows(), this));
            }
        }
        return Optional.empty();
    }

    private boolean mayStart() {
        int size = group.ask.size();
        return total >= size
                && (!group.isRequired() || TopologyFit.anyTakes(sums, size))
                && PendingGroup.quotaAllows(choice, accounting.ledger());
    }

    /**
     * NodeConstraints jobs end rather than where it is idle now, if that is enough: nothing has to be kept there, and
     * who comes later may use the rest, however long it takes.
     */
    private int[] rows() {
        var back = new short[pods.length];
        for (int row = 0; row < back.length; row++) {
            back[row] = (short) Math.min(pods[row], each.fits(returned, row));
        }
        var rows = choose(back, choice.domains() == null ? null : Fit.sum(choice.domains(), back));
        return rows != null ? rows : choose(pods, sums);
    }

    private int[] choose(short[] fitting, long[] byDomain) {
        var otherDevices = choice.fit().otherDevices();
        return TopologyFit.choose(
                group.ask.size(),
                group.isRequired(),
                choice.domains(),
                byDomain,
                fitting,
                otherDevices,
                () -> new BestFit(fitting, otherDevices, null));
    }

    /**
     * Whether a pod that has no grant is on its way out: not on a node whose kubelet says nothing, and not if something
     * holds it back.
     */
    private boolean leaves(Occupancy.PodUsage pod, Instant now) {
        int row = nodes.row(pod.node());
        return row >= 0
                && nodes.node(row) != null
                && nodes.node(row).ready()
                && pod.goneBy().map(time -> now.isBefore(time.plus(LATE))).orElse(true);
    }

    private void leave(String uid, Occupancy.PodUsage pod) {
        left.add(uid);
        comesBack(pod.namespace(), pod.each(), nodes.row(pod.node()), 1);
    }

    private void end(Occupancy.GrantUsage held) {
        ended.add(held);
        for (int rank = 0; rank < held.rows.length; ) {
            int row = held.rows[rank];
            int back = 0;
            while (rank < held.rows.length && held.rows[rank] == row) {
                back += held.takesRoom[rank++] ? 1 : 0;
            }
            if (back > 0 && nodes.node(row) != null) {
                comesBack(held.hold.namespace(), held.each, row, back);
            }
        }
    }

    private void comesBack(String namespace, Amounts taken, int row, int back) {
        if (group.ask.quota().isPresent()) {
            accounting.add(namespace, row, nodes.node(row), taken, -back);
        }
        var fit = choice.fit();
        var owed = promised.get(row);
        for (int i = 0; i < free.length; i++) {
            int resource = fit.each.resources()[i];
            long left = taken.of(resource) * back;
            if (owed != null) {
                long toOthers = Math.min(owed[resource], left);
                owed[resource] -= toOthers;
                left -= toOthers;
            }
            free[i][row] += left;
            returned[i][row] += left;
        }
        if (fit.suits(row) == PodShape.Suits.NOW) {
            int more = each.fits(free, row) - pods[row];
            total += more;
            pods[row] += (short) more;
            if (sums != null && choice.domains().of(row) >= 0) {
                sums[choice.domains().of(row)] += more;
            }
        }
    }

    /** What has to be kept so that it comes true. */
    public Reservation reservation(QuotaFlavor key, Gang gang, Start start, Instant decidedAt) {
        var podsByRow = new TreeMap<Integer, Integer>();
        for (int row : start.rows()) {
            podsByRow.merge(row, 1, Integer::sum);
        }
        var kept = new ArrayList<Reservation.Kept>();
        podsByRow.forEach((row, count) -> kept.add(new Reservation.Kept(
                nodes.node(row).name(),
                choice.fit().each,
                count,
                Arrays.stream(returned).mapToLong(column -> column[row]).toArray())));
        var option = choice.option();
        return new Reservation(
                key,
                gang.job().uid(),
                gang.attempt(),
                start.time(),
                List.copyOf(kept),
                option.accounts(),
                option.amounts(),
                returning(available()),
                Arrays.stream(option.accounts())
                        .mapToLong(accounting.ledger()::givenBack)
                        .toArray(),
                awaited(podsByRow.keySet()),
                leaving(podsByRow.keySet()),
                decidedAt);
    }

    private long[] available() {
        return Arrays.stream(choice.option().accounts())
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
        var wanted = new boolean[pods.length];
        rows.forEach(row -> wanted[row] = true);
        return ended.stream()
                .filter(held -> IntStream.range(0, held.rows.length)
                        .anyMatch(rank -> wanted[held.rows[rank]] && held.takesRoom[rank]))
                .map(held -> new Reservation.Awaited(held, held.taking()))
                .toList();
    }
}
