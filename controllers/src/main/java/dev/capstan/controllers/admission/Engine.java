package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.DeviceUse;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.forecast.Reservation;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.admission.queue.NodeBackoff;
import dev.capstan.controllers.admission.queue.PendingQueue;
import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.queue.QuotaFlavor;
import dev.capstan.controllers.admission.queue.ShapeMemoryBudget;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.controllers.admission.quota.Usage;
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
    private final NodeBackoff backoff = new NodeBackoff();
    private final PendingQueue queue = new PendingQueue(nodes, shapes, occupancy.accounting());
    private final ShapeMemoryBudget budget;
    private Map<QuotaFlavor, Reservation> reservations = Map.of();
    /** The accounts by which these were decided. */
    private QuotaAccounting charged;

    private SchedulingCycle last;
    private Map<Optional<String>, List<Gang>> queues;

    /** @param tableBytes what the tables of where gangs fit may take, see {@link ShapeMemoryBudget} */
    public Engine(long tableBytes) {
        budget = new ShapeMemoryBudget(tableBytes);
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
        occupancy.nodeOf(seat).ifPresent(node -> backoff.refused(seat, node, podUid));
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
        queue.put(gang);
    }

    public void removeGang(String jobUid) {
        var waiting = queue.of(jobUid);
        if (waiting != null
                && reservations.values().stream().anyMatch(reservation -> reservation.isFor(waiting.gang()))) {
            budget.keptNoMore();
        }
        queue.remove(jobUid);
    }

    /** A job is gone, with all that was remembered of it. */
    public void forget(String jobUid) {
        removeGang(jobUid);
        removeHold(jobUid);
        backoff.forget(jobUid);
    }

    /** Sets who is under which quota. */
    public void put(QuotaBook quotas) {
        if (quotas != occupancy.accounting().book()) {
            occupancy.chargeTo(QuotaAccounting.none(quotas, nodes));
            queue.under(occupancy.accounting());
        }
    }

    /**
     * Decides about all who wait, as things are now.
     *
     * @return who gets places, in the order of their turns; about all others see {@link #refusal} and {@link #explain}
     */
    public List<Placed> pass(Instant now) {
        for (var job : backoff.jobs()) {
            var waiting = queue.of(job);
            if (waiting != null) {
                queue.put(waiting.gang().notOn(backoff.of(job, now)));
            }
        }
        if (occupancy.accounting() != charged) {
            // Of other accounts, or counted anew by other nodes: what comes back to them is to be found out again.
            charged = occupancy.accounting();
            reservations = Map.of();
        }
        budget.choose(queue, shapes, nodes, charged);
        var pass = new SchedulingCycle(nodes, shapes, occupancy, queue, reservations, now);
        pass.run();
        reservations = pass.reservations();
        last = pass;
        queues = null;
        return pass.placed();
    }

    /** Whether a pass is worth while though nothing has changed: the last one couldn't look at all. */
    public boolean isBehind() {
        return budget.isBehind(nodes);
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
        return queue.waiting().size();
    }

    /** How many gangs the last pass didn't look for room for, for want of memory. */
    public int leftOut() {
        return budget.leftOut();
    }

    /** How much memory it takes at most, in bytes, by the nodes, pods, grants and waiting gangs that there are. */
    public long mostBytes() {
        return Footprint.most(nodes, shapes, occupancy, queue, budget);
    }

    /** Why a job's gang wasn't placed by the last pass; of no meaning if it was, empty if it doesn't wait. */
    public Optional<PendingReason> refusal(String jobUid) {
        return Optional.ofNullable(queue.of(jobUid)).map(waiting -> last.refusal(waiting));
    }

    /**
     * For a person: why it wasn't placed, with the numbers as they were after the last pass, and what is to be
     * expected.
     */
    public String explain(String jobUid) {
        var waiting = queue.of(jobUid);
        var shortage = new Shortage(waiting.gang(), waiting.group(), last.refusal(waiting), nodes, last);
        return last.asIfNothingWereKeptFor(waiting.gang(), shortage::message) + turn(waiting) + expected(waiting);
    }

    /** What each quota's jobs use after the last pass' grants have become holds. */
    public List<Usage> usage() {
        var pending = new HashMap<String, Integer>();
        var admitted = new HashMap<String, Integer>();
        queue.waiting()
                .forEach(
                        waiting -> waiting.group().ask.quota().ifPresent(name -> pending.merge(name, 1, Integer::sum)));
        var accounting = occupancy.accounting();
        occupancy
                .namespacesOfHolds()
                .forEach(namespace ->
                        accounting.quotaOf(namespace).ifPresent(name -> admitted.merge(name, 1, Integer::sum)));
        return accounting.book().quotas().stream()
                .map(quota -> new Usage(
                        quota.name(),
                        pending.getOrDefault(quota.name(), 0),
                        admitted.getOrDefault(quota.name(), 0),
                        accounting.ledger().uses(quota)))
                .toList();
    }

    /** How each kind of device is used, by the name of its resource. */
    public List<DeviceUse> devices() {
        return nodes.devices();
    }

    private String turn(PendingQueue.Waiting waiting) {
        if (queues == null) {
            queues = new HashMap<>();
            queue.waiting()
                    .forEach(each -> queues.computeIfAbsent(each.group().ask.quota(), name -> new ArrayList<>())
                            .add(each.gang()));
            queues.values().forEach(queue -> queue.sort(Gang.BY_TURN));
        }
        var quota = waiting.group().ask.quota();
        var inTurn = queues.get(quota);
        int place = 1 + Collections.binarySearch(inTurn, waiting.gang(), Gang.BY_TURN);
        return "; place %d of %d in the queue%s"
                .formatted(
                        place,
                        inTurn.size(),
                        quota.map(name -> " of quota " + name).orElse(""));
    }

    private String expected(PendingQueue.Waiting waiting) {
        if (!waiting.group().inView) {
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
                last.forecast(waiting.group())
                        .map(time -> "; not before " + Shortage.at(time))
                        .orElse("");
            case NOT_LOOKED_AT, QUOTA_STOPPED, QUOTA_CONFLICT, NO_DOMAIN_EVER, NO_ROOM_EVER, NO_QUOTA_EVER, NO_FLAVOR ->
                "";
        };
    }
}
