package dev.capstan.controllers.admission.capacity;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.fit.Amounts;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import dev.capstan.controllers.admission.quota.QuotaBook;
import java.time.Instant;
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
                    (GrantUsage held) -> held.hold.ends().orElse(Instant.MAX))
            .thenComparing(held -> held.hold.since())
            .thenComparing(held -> held.hold.jobUid());

    private final NodeTable nodes;
    private final Map<String, PodUsage> pods = new HashMap<>();
    private final Map<String, GrantUsage> holds = new HashMap<>();
    private final NavigableSet<GrantUsage> byEnd = new TreeSet<>(BY_END);
    /** A copy of that, quick to read; empty when it is an old one. */
    private List<GrantUsage> inOrder = List.of();

    /** Grants that may have pods under way. */
    private final Set<GrantUsage> recent = new LinkedHashSet<>();
    /** Pods that have a seat which isn't granted any more: they are on their way out. */
    private final SortedMap<String, PodUsage> leaving = new TreeMap<>();

    private final Map<ClusterView.Seat, Set<String>> seated = new HashMap<>();
    private QuotaAccounting accounting;
    private boolean chargesAreOld;

    public Occupancy(NodeTable nodes) {
        this.nodes = nodes;
        accounting = QuotaAccounting.none(QuotaBook.of(List.of(), Map.of()), nodes);
    }

    /** What there is to know of a pod. */
    public record PodUsage(
            String namespace,
            String node,
            boolean takesRoom,
            boolean isSeated,
            Amounts each,
            ClusterView.Seat seat,
            Optional<Instant> goneBy) {
        /** Whether both differ at most in when they will be gone. */
        boolean isSameBut(PodUsage other) {
            return equals(new PodUsage(
                    other.namespace, other.node, other.takesRoom, other.isSeated, other.each, other.seat, goneBy));
        }
    }

    /** A grant, and what of it takes room now. */
    public static final class GrantUsage {
        public ClusterView.Hold hold;
        public final Amounts each;
        /** The row of each rank's node. */
        public final int[] rows;
        /** Whether a rank's place takes room: nobody has taken it yet, or a pod that is there has. */
        public final boolean[] takesRoom;
        /** How many of them do. */
        private int taking;

        private GrantUsage(ClusterView.Hold hold, Amounts each, int[] rows) {
            this.hold = hold;
            this.each = each;
            this.rows = rows;
            takesRoom = new boolean[rows.length];
        }

        /** How many of its places take room; 0 when the grant is no more. */
        public int taking() {
            return taking;
        }
    }

    /** QuotaAccounting to these accounts from now on, for all that is there. */
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
            holds.values().forEach(held -> {
                var hold = held.hold;
                for (int rank = 0; rank < hold.nodes().size(); rank++) {
                    if (!seated.containsKey(hold.seat(rank))) {
                        charge(hold.namespace(), hold.nodes().get(rank), held.each, 1);
                    }
                }
            });
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
        return holds.size();
    }

    /** How many places there are in all grants. */
    public int places() {
        return holds.values().stream().mapToInt(held -> held.rows.length).sum();
    }

    /** The namespaces of all grants. */
    public Stream<String> namespacesOfHolds() {
        return holds.values().stream().map(held -> held.hold.namespace());
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
        return Optional.ofNullable(heldAt(seat)).map(held -> held.hold.nodes().get(seat.rank()));
    }

    public void put(ClusterView.Pod pod) {
        var guest = new PodUsage(
                pod.namespace(),
                pod.node(),
                pod.takesRoom(),
                pod.isSeated(),
                nodes.use(pod.requests()),
                pod.seat().orElse(null),
                pod.goneBy());
        var before = pods.put(pod.uid(), guest);
        if (before != null && before.isSameBut(guest)) {
            nodes.release(guest.each());
            leaving.computeIfPresent(pod.uid(), (uid, same) -> guest);
            return;
        }
        if (before != null) {
            leave(pod.uid(), before);
            nodes.release(before.each());
        }
        if (guest.isSeated() && guest.seat() != null) {
            sit(guest.seat(), pod.uid());
        }
        if (guest.takesRoom()) {
            take(guest.namespace(), guest.node(), guest.each());
        }
    }

    public void removePod(String uid) {
        var gone = pods.remove(uid);
        if (gone != null) {
            leave(uid, gone);
            nodes.release(gone.each());
        }
    }

    public void put(ClusterView.Hold hold) {
        var before = holds.get(hold.jobUid());
        if (before != null && before.hold.equals(hold)) {
            return;
        }
        if (before != null && before.hold.isSameBut(hold)) {
            // It will end at another time than was thought: nothing is given back or taken.
            byEnd.remove(before);
            inOrder = List.of();
            before.hold = hold;
            byEnd.add(before);
            return;
        }
        removeHold(hold.jobUid());
        var rows = hold.nodes().stream().mapToInt(nodes::keepRow).toArray();
        var held = new GrantUsage(hold, nodes.use(hold.each()), rows);
        holds.put(hold.jobUid(), held);
        recent.add(held);
        byEnd.add(held);
        inOrder = List.of();
        for (int rank = 0; rank < rows.length; rank++) {
            if (!seated.containsKey(hold.seat(rank))) {
                take(hold.namespace(), hold.nodes().get(rank), held.each);
            }
            seatChanged(hold.seat(rank));
        }
    }

    public void removeHold(String jobUid) {
        var gone = holds.remove(jobUid);
        if (gone != null) {
            byEnd.remove(gone);
            recent.remove(gone);
            inOrder = List.of();
            var hold = gone.hold;
            for (int rank = 0; rank < gone.rows.length; rank++) {
                if (!seated.containsKey(hold.seat(rank))) {
                    end(hold.namespace(), hold.nodes().get(rank), gone.each);
                }
                seatChanged(hold.seat(rank));
                nodes.letRowGo(gone.rows[rank]);
            }
            gone.taking = 0;
            nodes.release(gone.each);
        }
    }

    /** How many places that were granted since then no pod has taken yet. */
    public int emptySeats(Instant since) {
        recent.removeIf(held -> held.hold.since().isBefore(since));
        int empty = 0;
        for (var held : recent) {
            for (int rank = 0; rank < held.rows.length; rank++) {
                empty += seated.containsKey(held.hold.seat(rank)) ? 0 : 1;
            }
        }
        return empty;
    }

    /** Sees whether a granted place takes room. */
    private void look(GrantUsage held, int rank) {
        var there = seated.get(held.hold.seat(rank));
        boolean takes = there == null || there.stream().map(pods::get).anyMatch(pod -> pod != null && pod.takesRoom());
        if (held.takesRoom[rank] != takes) {
            held.takesRoom[rank] = takes;
            held.taking += takes ? 1 : -1;
        }
    }

    /** A seat was taken or left, or has a grant now, or none any more. */
    private void seatChanged(ClusterView.Seat seat) {
        var held = heldAt(seat);
        if (held != null) {
            look(held, seat.rank());
        }
        for (var uid : seated.getOrDefault(seat, Set.of())) {
            var pod = pods.get(uid);
            if (held == null && pod.takesRoom()) {
                leaving.put(uid, pod);
            } else {
                leaving.remove(uid);
            }
        }
    }

    private void leave(String uid, PodUsage guest) {
        if (guest.takesRoom()) {
            end(guest.namespace(), guest.node(), guest.each());
        }
        if (guest.isSeated() && guest.seat() != null) {
            standUp(guest.seat(), uid);
        }
    }

    private void sit(ClusterView.Seat seat, String pod) {
        var there = seated.computeIfAbsent(seat, name -> new HashSet<>(1));
        var held = heldAt(seat);
        if (there.isEmpty() && held != null) {
            giveBack(held.hold.namespace(), held.hold.nodes().get(seat.rank()), held.each);
        }
        there.add(pod);
        seatChanged(seat);
    }

    private void standUp(ClusterView.Seat seat, String pod) {
        var there = seated.get(seat);
        there.remove(pod);
        leaving.remove(pod);
        var held = heldAt(seat);
        if (there.isEmpty()) {
            seated.remove(seat);
            if (held != null) {
                take(held.hold.namespace(), held.hold.nodes().get(seat.rank()), held.each);
            }
        }
        seatChanged(seat);
    }

    /** The grant that a seat is of, or null. */
    private GrantUsage heldAt(ClusterView.Seat seat) {
        var held = holds.get(seat.jobUid());
        boolean its = held != null
                && held.hold.attempt() == seat.attempt()
                && held.hold.namespace().equals(seat.namespace())
                && seat.rank() >= 0
                && seat.rank() < held.rows.length;
        return its ? held : null;
    }

    private void take(String namespace, String node, Amounts each) {
        nodes.take(node, each);
        charge(namespace, node, each, 1);
    }

    /** Gives back what nobody will use any more. */
    private void end(String namespace, String node, Amounts each) {
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
