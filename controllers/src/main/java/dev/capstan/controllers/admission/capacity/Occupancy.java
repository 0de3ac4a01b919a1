package dev.capstan.controllers.admission.capacity;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.fit.Amounts;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import dev.capstan.controllers.admission.quota.QuotaBook;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Who takes what on which node: every pod, and every granted place that no pod has taken yet. Each is subtracted when
 * it comes and added again when it goes, from the node's room and on the account of its namespace's quota.
 */
public final class Occupancy {
    /**
     * Of those of which nobody knows, who has run for longest comes first: whoever waits for their ends mustn't come to
     * wait for others who started since.
     */
    private static final Comparator<GrantUsage> BY_END = Comparator.comparing(
                    (GrantUsage held) -> held.grant.ends().orElse(Instant.MAX))
            .thenComparing(held -> held.grant.since())
            .thenComparing(held -> held.grant.uid());

    private final NodeTable nodes;
    private final Map<String, PodUsage> pods = new HashMap<>();
    private final Map<String, GrantUsage> grants = new HashMap<>();
    private final NavigableSet<GrantUsage> byEnd = new TreeSet<>(BY_END);
    /** A copy of that, quick to read; empty when it is an old one. */
    private List<GrantUsage> inOrder = List.of();

    /** Grants that may have pods under way. */
    private final Set<GrantUsage> recent = new LinkedHashSet<>();
    /** Pods that have a seat which isn't granted any more: they are on their way out. */
    private final SortedMap<String, PodUsage> leaving = new TreeMap<>();

    /** By UID, pods that take room and can't be told to be anybody's, though they were made for somebody. */
    private final SortedMap<String, ClusterView.Pod> strays = new TreeMap<>();

    private final Map<ClusterView.Seat, Set<String>> seated = new HashMap<>();
    private QuotaAccounting accounting;
    private boolean chargesAreOld;

    public Occupancy(NodeTable nodes) {
        this.nodes = nodes;
        accounting = QuotaAccounting.none(QuotaBook.of(List.of(), Map.of()), nodes);
    }

    /** Charges to these accounts from now on, for all that is there. */
    public void chargeTo(QuotaAccounting fresh) {
        accounting = fresh;
        chargesAreOld = true;
    }

    /** Nodes have come or have other labels: what is on them may belong to another flavor. */
    public void flavorsMayHaveChanged() {
        chargesAreOld = true;
    }

    /** The accounts as they are now. */
    public QuotaAccounting accounting() {
        if (chargesAreOld) {
            accounting = QuotaAccounting.none(accounting.book(), nodes);
            chargesAreOld = false;
            pods.values().stream()
                    .filter(PodUsage::takesRoom)
                    .forEach(pod -> charge(pod.namespace(), pod.node(), pod.each(), 1));
            grants.values()
                    .forEach(held -> forEachEmpty(
                            held, (seats, rank) -> charge(held.grant.namespace(), seats.node(rank), seats.each, 1)));
        }
        return accounting;
    }

    public int pods() {
        return pods.size();
    }

    /** How many of them have taken their places in gangs. */
    public int seats() {
        return seated.size();
    }

    public int grants() {
        return grants.size();
    }

    /** How many places there are in all grants. */
    public int places() {
        return grants.values().stream()
                .flatMap(held -> Arrays.stream(held.seats))
                .mapToInt(seats -> seats.rows.length)
                .sum();
    }

    /** All grants. */
    public Stream<Grant> allGrants() {
        return grants.values().stream().map(held -> held.grant);
    }

    /** What a workload holds; null for nothing. */
    public Grant grant(String uid) {
        var held = grants.get(uid);
        return held == null ? null : held.grant;
    }

    /** The soonest to end first; last those of which nobody knows. */
    public List<GrantUsage> byEnd() {
        if (inOrder.size() != byEnd.size()) {
            inOrder = List.copyOf(byEnd);
        }
        return inOrder;
    }

    /** By UID, pods that give their room back any time: their job has ended, or goes on with another attempt. */
    public SortedMap<String, PodUsage> leaving() {
        return leaving;
    }

    /** The node that was granted to a seat. */
    public Optional<String> nodeOf(ClusterView.Seat seat) {
        return Optional.ofNullable(seatsOf(seat)).map(seats -> seats.node(seat));
    }

    /** Pods that take room, and that no job or service has any more for which they were made. */
    public Collection<ClusterView.Pod> strays() {
        return strays.values();
    }

    public void put(ClusterView.Pod pod) {
        if (pod.stray().isPresent() && pod.takesRoom()) {
            strays.put(pod.uid(), pod);
        } else {
            strays.remove(pod.uid());
        }
        var usage = new PodUsage(
                pod.namespace(),
                pod.node(),
                pod.takesRoom(),
                pod.isSeated(),
                nodes.use(pod.requests()),
                pod.seat().orElse(null),
                pod.goneBy());
        var before = pods.put(pod.uid(), usage);
        if (before != null && before.isSameBut(usage)) {
            nodes.release(usage.each());
            leaving.computeIfPresent(pod.uid(), (uid, same) -> usage);
            return;
        }
        if (before != null) {
            leave(pod.uid(), before);
            nodes.release(before.each());
        }
        if (usage.isSeated() && usage.seat() != null) {
            occupy(usage, pod.uid());
        }
        if (usage.takesRoom()) {
            take(usage.namespace(), usage.node(), usage.each());
        }
    }

    public void removePod(String uid) {
        strays.remove(uid);
        var gone = pods.remove(uid);
        if (gone != null) {
            leave(uid, gone);
            nodes.release(gone.each());
        }
    }

    public void put(Grant grant) {
        var held = grants.get(grant.uid());
        if (held == null
                || held.grant.attempt() != grant.attempt()
                || held.grant.keeps() != grant.keeps()
                || !held.grant.id().equals(grant.id())) {
            removeGrant(grant.uid());
            held = new GrantUsage(grant);
            grants.put(grant.uid(), held);
            recent.add(held);
            byEnd.add(held);
            inOrder = List.of();
            seat(held, grant.podSets());
        } else if (!held.grant.equals(grant)) {
            // It ends at another time than was thought, say, or some of its places were given back.
            byEnd.remove(held);
            inOrder = List.of();
            boolean samePlaces = held.grant.podSets().equals(grant.podSets());
            held.grant = grant;
            byEnd.add(held);
            if (!samePlaces) {
                recent.add(held);
                seat(held, grant.podSets());
            }
        }
    }

    public void removeGrant(String uid) {
        var gone = grants.get(uid);
        if (gone != null) {
            byEnd.remove(gone);
            recent.remove(gone);
            inOrder = List.of();
            grants.remove(uid);
            seat(gone, List.of());
        }
    }

    /** It has these places now: what it had before and hasn't now is given back, what is new is taken. */
    private void seat(GrantUsage held, List<Grant.Seats> granted) {
        var before = held.seats;
        var now = granted.stream().map(this::usage).toArray(SeatUsage[]::new);
        held.seats = now;
        held.taking = 0;
        for (var seats : before) {
            var after = find(now, seats.granted.podSet());
            for (int rank = 0; rank < seats.rows.length; rank++) {
                if (seats.has(rank)) {
                    var seat = held.grant.seat(seats.granted, rank);
                    if (!seats.isSame(after, rank) && !isTaken(seat, seats, held.grant)) {
                        giveBackForGood(held.grant.namespace(), seats.node(rank), seats.each);
                    }
                    seatChanged(seat);
                }
            }
        }
        for (var seats : now) {
            var earlier = find(before, seats.granted.podSet());
            for (int rank = 0; rank < seats.rows.length; rank++) {
                if (seats.has(rank)) {
                    var seat = held.grant.seat(seats.granted, rank);
                    if (!seats.isSame(earlier, rank) && !isTaken(seat, seats, held.grant)) {
                        take(held.grant.namespace(), seats.node(rank), seats.each);
                    }
                    seatChanged(seat);
                }
            }
        }
        // Only now: what stays has had its row and its numbers all the time.
        for (var seats : before) {
            for (int row : seats.rows) {
                if (row != SeatUsage.NONE) {
                    nodes.letRowGo(row);
                }
            }
            nodes.release(seats.each);
        }
    }

    private SeatUsage usage(Grant.Seats granted) {
        return new SeatUsage(
                granted,
                nodes.use(granted.each()),
                granted.nodes().stream()
                        .mapToInt(node -> node == null ? SeatUsage.NONE : nodes.keepRow(node))
                        .toArray());
    }

    /** How many places that were granted since then no pod has taken yet. */
    public int emptySeats(Instant since) {
        recent.removeIf(held -> held.grant.since().isBefore(since));
        int[] empty = {0};
        recent.forEach(held -> forEachEmpty(held, (seats, rank) -> empty[0]++));
        return empty[0];
    }

    private interface SeatVisitor {
        void visit(SeatUsage seats, int rank);
    }

    /** Visits all places that no pod has taken. */
    private void forEachEmpty(GrantUsage held, SeatVisitor visitor) {
        for (var seats : held.seats) {
            for (int rank = 0; rank < seats.rows.length; rank++) {
                if (seats.has(rank) && !isTaken(held.grant.seat(seats.granted, rank), seats, held.grant)) {
                    visitor.visit(seats, rank);
                }
            }
        }
    }

    /** Whether a pod has taken a granted place. */
    private boolean isTaken(ClusterView.Seat seat, SeatUsage seats, Grant grant) {
        var there = seated.get(seat);
        return there != null && (!grant.keeps() || isTaken(there, seats));
    }

    /** The same, of a workload that keeps its places. */
    private boolean isTaken(Set<String> there, SeatUsage seats) {
        for (var uid : there) {
            if (seats.isTakenBy(pods.get(uid), true)) {
                return true;
            }
        }
        return false;
    }

    /** Sees whether a granted place takes room. */
    private void look(ClusterView.Seat seat, GrantUsage held, SeatUsage seats) {
        var there = seated.get(seat);
        boolean takes = there == null
                || held.grant.keeps()
                || there.stream().map(pods::get).anyMatch(pod -> pod != null && pod.takesRoom());
        int number = seats.number(seat);
        if (seats.takesRoom[number] != takes) {
            seats.takesRoom[number] = takes;
            held.taking += takes ? 1 : -1;
        }
    }

    /** A seat was taken or left, or has a grant now, or none any more. */
    private void seatChanged(ClusterView.Seat seat) {
        var held = seatsOf(seat);
        boolean keeps = held != null && keeps(seat);
        if (held != null) {
            look(seat, grants.get(seat.jobUid()), held);
        }
        for (var uid : seated.getOrDefault(seat, Set.of())) {
            var pod = pods.get(uid);
            if (pod.takesRoom() && (held == null || !held.isTakenBy(pod, keeps))) {
                leaving.put(uid, pod);
            } else {
                leaving.remove(uid);
            }
        }
    }

    private void leave(String uid, PodUsage usage) {
        if (usage.takesRoom()) {
            giveBackForGood(usage.namespace(), usage.node(), usage.each());
        }
        if (usage.isSeated() && usage.seat() != null) {
            vacate(usage, uid);
        }
    }

    private void occupy(PodUsage pod, String uid) {
        var seat = pod.seat();
        var there = seated.computeIfAbsent(seat, name -> new HashSet<>(1));
        var held = seatsOf(seat);
        if (held != null && takesOver(pod, there, held)) {
            giveBack(seat.namespace(), held.node(seat), held.each);
        }
        there.add(uid);
        seatChanged(seat);
    }

    private void vacate(PodUsage pod, String uid) {
        var seat = pod.seat();
        var there = seated.get(seat);
        there.remove(uid);
        leaving.remove(uid);
        var held = seatsOf(seat);
        if (held != null && takesOver(pod, there, held)) {
            take(seat.namespace(), held.node(seat), held.each);
        }
        if (there.isEmpty()) {
            seated.remove(seat);
        }
        seatChanged(seat);
    }

    /** Whether a granted place is taken by this pod, and by none of the others that have its seat. */
    private boolean takesOver(PodUsage pod, Set<String> others, SeatUsage seats) {
        return keeps(pod.seat()) ? seats.isTakenBy(pod, true) && !isTaken(others, seats) : others.isEmpty();
    }

    private boolean keeps(ClusterView.Seat seat) {
        return grants.get(seat.jobUid()).grant.keeps();
    }

    /** The granted places that a seat is one of; null if it isn't granted. */
    private SeatUsage seatsOf(ClusterView.Seat seat) {
        var held = grants.get(seat.jobUid());
        if (held == null
                || held.grant.attempt() != seat.attempt()
                || !held.grant.namespace().equals(seat.namespace())) {
            return null;
        }
        for (var seats : held.seats) {
            if (seats.has(seats.number(seat))) {
                return seats;
            }
        }
        return null;
    }

    private static SeatUsage find(SeatUsage[] some, String podSet) {
        for (var seats : some) {
            if (seats.granted.podSet().equals(podSet)) {
                return seats;
            }
        }
        return null;
    }

    private void take(String namespace, String node, Amounts each) {
        nodes.take(node, each);
        charge(namespace, node, each, 1);
    }

    /** Gives back what nobody will use any more. */
    private void giveBackForGood(String namespace, String node, Amounts each) {
        int row = nodes.row(node);
        if (!chargesAreOld && row >= 0) {
            accounting.ended(namespace, row, nodes.node(row), each);
        }
        giveBack(namespace, node, each);
    }

    private void giveBack(String namespace, String node, Amounts each) {
        charge(namespace, node, each, -1);
        nodes.giveBack(node, each);
    }

    private void charge(String namespace, String node, Amounts each, int sign) {
        // While they are old they are about to be counted anew, and a node may have other labels than when it was
        // charged.
        if (!chargesAreOld) {
            int row = nodes.row(node);
            if (row >= 0) {
                accounting.add(namespace, row, nodes.node(row), each, sign);
            }
        }
    }
}
