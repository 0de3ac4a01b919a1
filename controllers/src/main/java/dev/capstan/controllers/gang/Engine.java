package dev.capstan.controllers.gang;

import dev.capstan.controllers.quota.QuotaBook;
import dev.capstan.controllers.quota.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides who gets places: for the whole cluster, all jobs and all quotas. It is told of what changes, and at each pass
 * decides on what it knows then; it reads and writes nothing else, and the same events give the same decisions.
 *
 * <p>A gang that was placed waits on until {@link #removeGang} says that it doesn't, and its places are taken from
 * {@link #put(ClusterView.Hold)} on: whoever writes the grants knows what became of them.
 *
 * <p>How much memory it takes is bounded by what it knows of, see {@link #mostBytes}; nothing that has come and gone is
 * kept. Not for use by several threads at once.
 */
public final class Engine {
    /** How many granted places may wait for their pods. */
    static final int MOST_UNDER_WAY = 500;
    /** Whoever takes longer than this has trouble of their own, and keeps nobody else waiting. */
    private static final Duration UNDER_WAY_FOR = Duration.ofSeconds(30);

    private final NodeTable nodes = new NodeTable();
    private final ShapeTable shapes = new ShapeTable(nodes);
    private final Occupancy occupancy = new Occupancy(nodes);
    private final Bars bars = new Bars();
    private final Lines lines = new Lines(nodes, shapes, occupancy.charges());
    private final Window window;
    private Map<Reservation.Key, Reservation> reservations = Map.of();
    /** The accounts by which these were decided. */
    private Charges charged;

    private Pass last;
    private Map<Optional<String>, List<Gang>> queues;

    /** @param tableBytes what the tables of where gangs fit may take, see {@link Window} */
    public Engine(long tableBytes) {
        window = new Window(tableBytes);
    }

    /** Adds a node, or changes it. */
    public void put(ClusterView.Node node) {
        if (nodes.put(node)) {
            occupancy.flavorsMayHaveChanged();
        }
    }

    public void removeNode(String name) {
        nodes.remove(name);
        occupancy.flavorsMayHaveChanged();
    }

    /** Adds a pod, or changes it. */
    public void put(ClusterView.Pod pod) {
        occupancy.put(pod);
    }

    /** The node that was granted to a seat has refused its pod: it is barred for the job's next gangs for a while. */
    public void refused(ClusterView.Seat seat, String podUid) {
        occupancy.nodeOf(seat).ifPresent(node -> bars.refused(seat, node, podUid));
    }

    public void removePod(String uid) {
        occupancy.removePod(uid);
    }

    /** Adds a grant, or changes it; a job has one at most. */
    public void put(ClusterView.Hold hold) {
        occupancy.put(hold);
    }

    public void removeHold(String jobUid) {
        occupancy.removeHold(jobUid);
    }

    /** Adds a waiting gang, or changes it; a job has one at most. */
    public void put(Gang gang) {
        lines.put(gang);
    }

    public void removeGang(String jobUid) {
        var waiting = lines.of(jobUid);
        if (waiting != null
                && reservations.values().stream().anyMatch(reservation -> reservation.isFor(waiting.gang()))) {
            window.keptNoMore();
        }
        lines.remove(jobUid);
    }

    /** A job is gone, with all that was remembered of it. */
    public void forget(String jobUid) {
        removeGang(jobUid);
        removeHold(jobUid);
        bars.forget(jobUid);
    }

    /** Sets who is under which quota. */
    public void put(QuotaBook quotas) {
        if (quotas != occupancy.charges().book()) {
            occupancy.chargeTo(Charges.none(quotas, nodes));
            lines.under(occupancy.charges());
        }
    }

    /**
     * Decides about all who wait, as things are now.
     *
     * @return who gets places, in the order of their turns; about all others see {@link #refusal} and {@link #explain}
     */
    public List<Placed> pass(Instant now) {
        for (var job : bars.jobs()) {
            var waiting = lines.of(job);
            if (waiting != null) {
                lines.put(waiting.gang().notOn(bars.of(job, now)));
            }
        }
        if (occupancy.charges() != charged) {
            // Of other accounts, or counted anew by other nodes: what comes back to them is to be found out again.
            charged = occupancy.charges();
            reservations = Map.of();
        }
        window.choose(lines, shapes, nodes, charged);
        var pass = new Pass(nodes, shapes, occupancy, lines, reservations, now);
        pass.run();
        reservations = pass.reservations();
        last = pass;
        queues = null;
        return pass.placed();
    }

    /** Whether a pass is worth while though nothing has changed: the last one couldn't look at all. */
    public boolean isBehind() {
        return window.isBehind(nodes);
    }

    /**
     * Of those whom the last pass placed, who is to be granted their places now, in the order of their turns. Pods that
     * are made and bound all at once keep each other from becoming whole gangs: on a slow control plane all of them
     * would be rolled back. So only so many may be under way, and a gang that is bigger only alone.
     */
    public List<Placed> paced(List<Placed> placed, Instant now) {
        int underWay = occupancy.emptySeats(now.minus(UNDER_WAY_FOR));
        for (int i = 0; i < placed.size(); i++) {
            int size = placed.get(i).nodes().size();
            if (underWay > 0 && underWay + size > MOST_UNDER_WAY) {
                return placed.subList(0, i);
            }
            underWay += size;
        }
        return placed;
    }

    /** Looks at every node anew at the next pass. That changes no decision: everything is kept up to date. */
    public void recount() {
        nodes.allChanged();
    }

    /** How many gangs wait, those included that the last pass placed. */
    public int waiting() {
        return lines.waiting().size();
    }

    /** How many gangs the last pass didn't look for room for, for want of memory. */
    public int leftOut() {
        return window.leftOut();
    }

    /** How much memory it takes at most, in bytes, by the nodes, pods, grants and waiting gangs that there are. */
    public long mostBytes() {
        return Footprint.most(nodes, shapes, occupancy, lines, window);
    }

    /** Why a job's gang wasn't placed by the last pass; of no meaning if it was, empty if it doesn't wait. */
    public Optional<Refusal> refusal(String jobUid) {
        return Optional.ofNullable(lines.of(jobUid)).map(waiting -> last.refusal(waiting));
    }

    /**
     * For a person: why it wasn't placed, with the numbers as they were after the last pass, and what is to be
     * expected.
     */
    public String explain(String jobUid) {
        var waiting = lines.of(jobUid);
        var shortage = new Shortage(waiting.gang(), waiting.line(), last.refusal(waiting), nodes, last);
        return last.asIfNothingWereKeptFor(waiting.gang(), shortage::message) + turn(waiting) + expected(waiting);
    }

    /** What each quota's jobs use after the last pass' grants have become holds. */
    public List<Usage> usage() {
        var pending = new HashMap<String, Integer>();
        var admitted = new HashMap<String, Integer>();
        lines.waiting()
                .forEach(waiting -> waiting.line().ask.quota().ifPresent(name -> pending.merge(name, 1, Integer::sum)));
        var charges = occupancy.charges();
        occupancy
                .namespacesOfHolds()
                .forEach(namespace ->
                        charges.quotaOf(namespace).ifPresent(name -> admitted.merge(name, 1, Integer::sum)));
        return charges.book().quotas().stream()
                .map(quota -> new Usage(
                        quota.name(),
                        pending.getOrDefault(quota.name(), 0),
                        admitted.getOrDefault(quota.name(), 0),
                        charges.ledger().uses(quota)))
                .toList();
    }

    /** How each kind of device is used, by the name of its resource. */
    public List<DeviceUse> devices() {
        return nodes.devices();
    }

    private String turn(Lines.Waiting waiting) {
        if (queues == null) {
            queues = new HashMap<>();
            lines.waiting()
                    .forEach(each -> queues.computeIfAbsent(each.line().ask.quota(), name -> new ArrayList<>())
                            .add(each.gang()));
            queues.values().forEach(queue -> queue.sort(Gang.BY_TURN));
        }
        var quota = waiting.line().ask.quota();
        var queue = queues.get(quota);
        int place = 1 + Collections.binarySearch(queue, waiting.gang(), Gang.BY_TURN);
        return "; place %d of %d in the queue%s"
                .formatted(
                        place,
                        queue.size(),
                        quota.map(name -> " of quota " + name).orElse(""));
    }

    private String expected(Lines.Waiting waiting) {
        if (!waiting.line().inView) {
            return "";
        }
        var gang = waiting.gang();
        for (var kept : reservations.values()) {
            if (kept.isFor(gang)) {
                return "; it is next: places are kept for it"
                        + kept.starts()
                                .map(time -> ", expected to start " + Shortage.at(time))
                                .orElse("");
            }
        }
        return switch (last.refusal(waiting)) {
            case NO_ROOM_NOW, NO_DOMAIN_NOW, NO_QUOTA_NOW ->
                last.forecast(waiting.line())
                        .map(time -> "; not before " + Shortage.at(time))
                        .orElse("");
            case NOT_LOOKED_AT, QUOTA_STOPPED, QUOTA_CONFLICT, NO_DOMAIN_EVER, NO_ROOM_EVER, NO_QUOTA_EVER, NO_FLAVOR ->
                "";
        };
    }
}
